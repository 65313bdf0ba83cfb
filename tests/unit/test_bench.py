"""The benchmarks' runner: ratios are shown, a limit that is not held is an error."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from bench import __main__ as runner
from bench.ratio import Ratio, per_second


def test_a_ratio_says_whether_it_is_good() -> None:
    fast, slow = (Ratio("x", value, 100, "a second", "plain", least=0.5) for value in (60, 40))
    assert str(fast) == "x: 60 a second, 0.60 times plain (100) (at least 0.5)"
    assert str(slow).endswith("TOO SLOW")
    assert Ratio("x", 1, 100, "s", "plain").good
    assert per_second(lambda _number: None, 10) > 0


def test_exit_codes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(runner, "names", lambda: ["fast", "slow", "talk"])
    monkeypatch.setattr(sys, "argv", ["bench"])
    ratios = {"fast": Ratio("f", 2, 1, "s", "p", least=1), "slow": Ratio("s", 1, 2, "s", "p", least=1)}
    for name, ratio in ratios.items():
        monkeypatch.setitem(sys.modules, f"bench.bench_{name}", SimpleNamespace(run=lambda ratio=ratio: [ratio]))
    monkeypatch.setitem(sys.modules, "bench.bench_talk", SimpleNamespace(main=lambda: print(sys.argv)))
    assert runner.main(["fast", "talk"]) == 0
    assert "['bench_talk']" in capsys.readouterr().out
    assert runner.main([]) == 1
    assert runner.main(["none"]) == 2
