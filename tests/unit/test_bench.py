"""The benchmarks' runner: figures are shown beside their baseline, and a missed target is told. No time is measured here."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import pytest

from bench import __main__ as runner
from bench.figure import Figure, Target, per_second, scratch


def figure(value: float, target: Target | None = None) -> Figure:
    return Figure("x", value, 100.0, "ms", "plain", target)


@pytest.mark.parametrize(
    ("target", "value", "good"),
    [
        (None, 1.0, True),
        (Target("at least", 50), 50.0, True),
        (Target("at least", 50), 49.0, False),
        (Target("at most", 50), 50.0, True),
        (Target("at most", 50), 51.0, False),
        (Target("at most", 1.5, of_ratio=True), 150.0, True),
        (Target("at most", 1.5, of_ratio=True), 151.0, False),
        (Target("at least", 0.5, of_ratio=True), 49.0, False),
    ],
)
def test_a_figure_says_whether_it_is_good(target: Target | None, value: float, good: bool) -> None:
    assert figure(value, target).good is good


def test_a_figure_in_words_and_as_json() -> None:
    assert figure(1).target_text == ""
    assert figure(1, Target("at least", 20_000)).target_text == "at least 20,000 ms"
    assert figure(1, Target("at most", 1.5, of_ratio=True)).target_text == "at most 1.5 times"
    assert figure(12.3456, Target("at most", 50)).as_json() == {
        "name": "x",
        "value": 12.35,
        "baseline": 100.0,
        "ratio": 0.1235,
        "unit": "ms",
        "target": "at most 50 ms",
    }


def test_counts_calls() -> None:
    calls: list[int] = []
    assert per_second(calls.append, 10) > 0
    assert calls == list(range(10))


def test_scratch_leaves_nothing() -> None:
    with scratch() as folder:
        (folder / "file").write_text("x", encoding="utf-8")
    assert not folder.exists()


@pytest.fixture
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "names", lambda: ["fast", "slow"])
    limit = Target("at least", 50)
    for name, value in (("fast", 60.0), ("slow", 40.0)):
        module = SimpleNamespace(run=lambda value=value: iter([figure(value, limit)]))
        monkeypatch.setitem(sys.modules, f"bench.bench_{name}", module)


@pytest.mark.usefixtures("benchmarks")
def test_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main(["fast"]) == 0
    assert "missed" not in capsys.readouterr().out
    assert runner.main([]) == 1
    assert "missed" in capsys.readouterr().out
    assert runner.main(["none"]) == 2
    assert "there are fast, slow" in capsys.readouterr().err


@pytest.mark.usefixtures("benchmarks")
def test_json_is_one_line_a_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main(["--json"]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["value"] for line in lines] == [60.0, 40.0]
    assert set(lines[0]) == {"name", "value", "baseline", "ratio", "unit", "target"}
