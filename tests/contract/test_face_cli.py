"""`towerd face` as somebody types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner, Result

from tests.support.face_sets import GreyEngine, make_sets
from tests.support.photos import PHOTOS_DIR, needs_photos, selfie
from towerd.cli import towerd_face
from towerd.cli.towerd import app
from towerd.faceid.config import EngineName
from towerd.faceid.engine import EngineError, FaceEngine
from towerd.faceid.opencv_engine import OpenCvEngine


def run(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["face", *map(str, arguments)])


def photo(name: str) -> Path:
    return PHOTOS_DIR / name


@needs_photos
@pytest.mark.parametrize(("other", "verdict", "code"), [("obama2.jpg", "same", 0), ("biden.jpg", "different", 1)])
def test_two_pictures_are_compared_by_each_engine(other: str, verdict: str, code: int) -> None:
    done = run("compare", photo("obama.jpg"), photo(other), "--json")
    told = json.loads(done.stdout)["engines"]
    assert [each["engine"] for each in told] == ["opencv", "face_recognition"]
    assert [each["verdict"] for each in told] == [verdict, verdict]
    assert done.exit_code == code


@needs_photos
def test_a_picture_without_a_face_is_named_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"no picture")
    done = run("compare", photo("obama.jpg"), tmp_path / "x.jpg", "--engine", "opencv")
    assert done.exit_code == 65
    assert "selfie_bad_image" in done.stdout
    assert "unusable" in done.stdout


@needs_photos
def test_a_selfie_is_shown_with_its_limits(tmp_path: Path) -> None:
    (tmp_path / "good.jpg").write_bytes(selfie("obama.jpg"))
    good = run("check", tmp_path / "good.jpg")
    assert good.exit_code == 0
    assert "sharpness" in good.stdout
    assert good.stdout.rstrip().endswith("good")
    bad = run("check", photo("obama.jpg"), "--json")  # 280 kB: more than a token may carry
    assert bad.exit_code == 1
    assert json.loads(bad.stdout)["reasons"] == ["selfie_bad_image"]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    done = run("check", tmp_path / "none.jpg")
    assert done.exit_code == 65
    assert "none.jpg" in done.stderr


def test_a_file_of_any_size_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    assert run("check", tmp_path / "huge").exit_code == 65


@needs_photos
def test_an_engine_that_is_not_installed_is_told_and_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def some(name: str) -> FaceEngine:
        if name == "opencv":
            return OpenCvEngine()
        raise EngineError("needs dlib")

    monkeypatch.setattr("towerd.faceid.engine.load_engine", some)
    done = run("compare", photo("obama.jpg"), photo("obama2.jpg"), "--json")
    assert [each["engine"] for each in json.loads(done.stdout)["engines"]] == ["opencv"]
    assert "face_recognition: needs dlib" in done.stderr
    assert run("check", photo("obama.jpg"), "--engine", "face_recognition").exit_code == 78


def test_without_any_engine_nothing_is_compared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def none(name: str) -> FaceEngine:
        raise EngineError("not here")

    monkeypatch.setattr("towerd.faceid.engine.load_engine", none)
    (tmp_path / "x.jpg").write_bytes(b"x")
    assert run("compare", tmp_path / "x.jpg", tmp_path / "x.jpg").exit_code == 78
    assert set(towerd_face.ENGINES) == set(get_args(EngineName))


def test_a_bench_needs_a_folder_and_thresholds_that_are_some(tmp_path: Path) -> None:
    assert run("bench", tmp_path / "none").exit_code == 65
    (tmp_path / "t.json").write_text("[]")
    done = run("bench", tmp_path, "--thresholds", tmp_path / "t.json")
    assert done.exit_code == 65
    assert "no thresholds of a bench" in done.stderr


@pytest.fixture
def sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def grey(name: EngineName) -> FaceEngine:
        return GreyEngine(name)

    monkeypatch.setattr("towerd.faceid.engine.load_engine", grey)
    monkeypatch.setattr("towerd.facebench.bench.cost_apart", lambda engine, picture, rounds: None)
    return make_sets(tmp_path / "sets")


def test_both_engines_stand_beside_each_other_and_their_thresholds_can_be_used_blind(
    sets: Path, tmp_path: Path
) -> None:
    done = run("bench", sets, "--json", tmp_path / "one.json", "--plots", tmp_path / "plots")
    assert done.exit_code == 0, done.stderr
    assert "face_recognition" in done.stdout.splitlines()[0]
    assert "not measured, video/real is missing" in done.stdout
    assert "opencv: pairs" in done.stderr
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {
        *("det.svg", "scores-opencv.svg", "scores-face_recognition.svg"),
    }
    first = json.loads((tmp_path / "one.json").read_text())
    blind = run("bench", sets, "--thresholds", tmp_path / "one.json", "--json", tmp_path / "two.json")
    assert blind.exit_code == 0, blind.stderr
    second = json.loads((tmp_path / "two.json").read_text())
    assert second["thresholds"] == first["thresholds"]
    assert second["about"]["thresholds_fixed_before"].endswith("one.json")


def test_liveness_networks_that_cannot_be_used_end_the_bench(sets: Path, tmp_path: Path) -> None:
    done = run("bench", sets, "--liveness-models", tmp_path)
    assert done.exit_code == 65
    assert "minifasnet" in done.stderr


def test_a_file_that_cannot_be_written_is_told(sets: Path, tmp_path: Path) -> None:
    assert run("bench", sets, "--engine", "opencv", "--json", tmp_path / "no" / "x.json").exit_code == 65
