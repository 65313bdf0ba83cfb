"""A whole bench over sets without photos."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.face_sets import GreyEngine, make_sets
from towerd.facebench import bench, report
from towerd.facebench.bench import EngineResult, Options, measure_engine
from towerd.facebench.rules import Rules, read_rules
from towerd.facebench.stages import Cost, Stage
from towerd.faceid.policy import MatchPolicy


def quiet(text: str) -> None:
    """Nobody listens."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    stages = (Stage("locate", 4.0, 3.0), Stage("encode", 20.0, 19.0))
    monkeypatch.setattr(bench, "cost_apart", lambda engine, picture, rounds: Cost(stages, 99.0))
    return make_sets(tmp_path)


def measured(folder: Path, **changes: object) -> EngineResult:
    return measure_engine(GreyEngine(), Options(folder, trials=2, **changes), quiet)  # type: ignore[arg-type]


def test_people_who_are_told_apart_are_all_found(folder: Path) -> None:
    result = measured(folder)
    found = result.verification
    assert found is not None
    assert (found.pictures, found.people) == (60, 20)
    assert (found.not_acquired.hits, found.not_acquired.trials) == (1, 61)
    assert found.accuracy == (1.0, 0.0)
    assert {name: point.tar.value for name, point in found.points.items()} == dict.fromkeys(
        ("FAR 1e-03", "FAR 1e-04", "FAR 1e-05", "accept_one", "accept"), 1.0
    )
    assert found.points["accept"].far.hits == 0
    assert result.identification is not None
    assert result.identification.waiting == 10
    whole = result.identification.whole
    assert (whole.strangers.hits, whole.wrong.hits, whole.to_code.hits, whole.alike.hits) == (0, 0, 0, 0)
    assert whole.to_code.trials == 2 * 10 * 2  # two galleries of ten people with two more pictures each


def test_the_webcam_set_is_judged_among_others(folder: Path) -> None:
    cam = measured(folder).webcam
    assert cam is not None
    assert (cam.people, cam.waiting) == (4, 24)
    assert (cam.points["accept_one"].tar.hits, cam.points["accept_one"].tar.trials) == (400, 400)
    assert cam.points["FAR 1e-04"].far.hits == 0
    assert (cam.whole.to_code.hits, cam.whole.to_code.trials) == (0, 4 * 2)
    assert (cam.whole.strangers.hits, cam.whole.strangers.trials) == (0, 4 * 4)


def test_recordings_are_told_by_species(folder: Path) -> None:
    result = measured(folder)
    assert [(one.name, one.attack, one.series) for one in result.species] == [
        ("nuaa/real", False, 8),
        ("nuaa/print", True, 4),
    ]
    assert all(one.windows is None and one.turned.hits == 0 for one in result.species)
    assert [name for name in result.missing if "video" in name] == ["video/real", "video/replay"]


def test_thresholds_of_one_run_are_scored_in_another_and_not_set_again(folder: Path) -> None:
    first = measured(folder)
    strict = Rules(MatchPolicy(accept=0.99, margin=0.0, accept_one=0.99), 0.999, {1e-4: 0.95}, {0.01: 0.995})
    again = measured(folder, rules={"opencv": strict})
    assert again.rules == strict
    assert again.verification is not None
    assert again.verification.points["FAR 1e-04"].tar.value == 0.0
    assert again.verification.points["FAR 1e-04"].threshold == 0.95
    assert again.identification is not None
    assert again.identification.open_sets[0].threshold == 0.995
    assert again.identification.whole.to_code.value == 1.0
    assert first.rules.far != strict.far


def test_a_look_alike_sends_both_to_the_code(folder: Path) -> None:
    result = measure_engine(GreyEngine(alike=7), Options(folder, trials=6), quiet)
    assert result.identification is not None
    assert result.identification.whole.alike.hits > 0
    assert result.identification.whole.to_code.hits > 0


def test_what_is_missing_is_said_and_the_rest_is_measured(tmp_path: Path) -> None:
    result = measured(tmp_path)
    assert result.verification is result.identification is result.webcam is result.cost is None
    assert set(result.missing) > {"lfw/img", *bench.SPECIES}
    assert report.plots([result]) == {}
    assert report.side_by_side([result]) == [("vectors", "grey")]


def test_pairs_may_be_missing_and_webcams_may_stand_alone(folder: Path) -> None:
    (folder / "lfw" / "pairs.txt").unlink()
    result = measured(folder)
    assert result.verification is not None
    assert result.verification.accuracy is None
    assert "LFW accuracy over the folds" not in dict(report.rows(result))
    (folder / "lfw").rename(folder / "away")
    cam = measured(folder).webcam
    assert cam is not None
    assert cam.waiting == 4


def test_a_quick_run_takes_a_part(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "_QUICK_PEOPLE", 10)
    monkeypatch.setattr(bench, "_QUICK_SERIES", 2)
    result = measured(folder, quick=True)
    assert result.verification is not None
    assert result.verification.people == 10
    assert [one.series for one in result.species] == [2, 2]
    assert result.verification.accuracy is not None


def test_a_quick_run_may_hold_no_pair_of_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "_QUICK_PEOPLE", 10)
    (folder / "lfw" / "pairs.txt").write_text("1\t1\nPerson_01\t1\t2\nPerson_01\t1\tPerson_03\t1\n")
    found = measured(folder, quick=True).verification
    assert found is not None
    assert found.accuracy is None


def test_the_same_seed_gives_the_same_figures(folder: Path) -> None:
    one, other = (report.plain(measured(folder, seed=5)) for _ in range(2))
    assert one == other


def test_figures_stand_beside_each_other_and_as_json(folder: Path) -> None:
    one = measured(folder)
    other = replace(one, engine="face_recognition", webcam=None)
    table = report.side_by_side([one, other])
    assert all(len(row) == 3 for row in table)
    told = dict((row[0], row[1:]) for row in table)
    assert told["LFW failure to acquire"][0].startswith("1.64 % [")
    assert told["webcam people, waiting"] == ("4, 24", "-")
    assert told["1280x720, one thread: locate and encode"][0] == "CPU 22.0 ms"
    assert told["nuaa/print: passive check, windows accepted (APCER)"][0] == "-"
    data = json.loads(json.dumps(report.as_json([one, other], {"seed": 1})))
    assert read_rules(data)["opencv"] == one.rules
    assert data["engines"]["opencv"]["verification"]["not_acquired"]["value"] == pytest.approx(1 / 61)


def test_a_share_that_is_not_known_is_not_shown_as_a_number(folder: Path) -> None:
    one = measured(folder)
    assert one.identification is not None
    unknown = replace(one.identification.open_sets[0], fpir=float("nan"))
    sets = (unknown, *one.identification.open_sets[1:])
    rows = dict(report.rows(replace(one, identification=replace(one.identification, open_sets=sets))))
    assert rows["1:N FNIR at FPIR 1 %"].endswith("measured FPIR -")


def test_plots_are_drawn_of_each_engine_and_of_all(folder: Path) -> None:
    one = measured(folder)
    files = report.plots([one, replace(one, engine="face_recognition")])
    assert sorted(files) == ["det.svg", "scores-face_recognition.svg", "scores-opencv.svg"]
    assert all(text.startswith("<svg") for text in files.values())


def test_what_is_no_file_of_thresholds_is_told() -> None:
    for data in ([], {"opencv": {"alike": 0.4}}, {"opencv": 3}, 7):
        with pytest.raises(ValueError, match="no thresholds"):
            read_rules(data)


def test_a_rate_of_nothing_is_not_shown_as_a_number() -> None:
    from towerd.facebench.stats import Rate

    assert report.ratio(Rate(0, 0, 0, 0, 1)) == "-"
    assert report.ratio(Rate(1, 100_000, 10, 0.0, 0.01)) == "0.0010 % [0.00 %, 1.00 %] (1/100000, 10 people)"
    assert report.plain(Rate(0, 0, 0, 0.0, 1.0))["value"] is None
