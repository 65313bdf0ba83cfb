"""`towerd face calibrate` as somebody types it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support.faces import jpeg
from tests.unit.test_facebench_recorder import Named, seen
from towerd.cli.towerd import app
from towerd.faceid.engine import FaceEngine
from towerd.faceid.thresholds import default_policy

USED = default_policy("opencv").accept


def run(*arguments: str | Path, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ["face", "calibrate", *map(str, arguments)], input=typed)


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def named(name: str) -> FaceEngine:
        return Named()

    monkeypatch.setattr("towerd.faceid.engine.load_engine", named)
    for person in range(2):
        for number in range(3):
            path = tmp_path / "people" / f"person-{person}" / f"{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(jpeg(seen(person, number)))
    return tmp_path / "people"


def test_it_proposes_and_writes_after_it_was_allowed_to(people: Path, tmp_path: Path) -> None:
    file = tmp_path / "face.toml"
    done = run("--from", people, "--write", file, typed="y\ny\n")
    assert done.exit_code == 0, done.output
    assert "Only people who know what this is for and have agreed" in done.stderr
    assert "similarity of different people: 9 pairs" in done.stdout
    assert f"accept = {USED:.2f}" in done.stdout
    assert "do not suffice to show 1e-05" in done.stdout
    assert tomllib.loads(file.read_text())["face"]["accept"] == USED
    assert sorted(path.name for path in tmp_path.iterdir()) == ["face.toml", "people"]  # nothing else is kept


@pytest.mark.parametrize(("typed", "asked"), [("n\n", "agreed"), ("y\nn\n", "Write this")])
def test_nothing_is_written_where_that_is_not_wanted(people: Path, tmp_path: Path, typed: str, asked: str) -> None:
    done = run("--from", people, "--write", tmp_path / "face.toml", typed=typed)
    assert done.exit_code == 1
    assert asked in done.stderr
    assert not (tmp_path / "face.toml").exists()


def test_for_a_script_it_is_json(people: Path) -> None:
    told = json.loads(run("--from", people, "--yes", "--json").stdout)
    assert told["accept"]["value"] == USED
    assert told["accept"]["far"]["trials"] == 9
    assert told["shown"] is False


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("FRAMES", 2), ("FRAME_GAP_S", 0.0), ("LIMIT_S", 1.5)):
        monkeypatch.setattr(f"towerd.facebench.recorder.{name}", value)


@pytest.mark.usefixtures("people", "quick")
def test_people_come_to_the_camera_twice(tmp_path: Path) -> None:
    # this camera always shows the same picture, so everybody is alike and no threshold is high enough
    source = tmp_path / "camera.jpg"
    source.write_bytes(jpeg(seen(0)))
    done = run("--camera", source, "--people", 2, typed="y\n\n\n\n\n")
    assert done.exit_code == 0, done.output
    assert "Person 2 of 2, visit 2 of 2" in done.stderr
    assert "accept = 1.00" in done.stdout


@pytest.mark.usefixtures("people", "quick")
def test_a_camera_that_shows_nobody_is_told_and_tried_again(tmp_path: Path) -> None:
    done = run("--camera", tmp_path / "none.jpg", "--people", 2, "--yes", typed="\ny\nn\n")
    assert done.exit_code == 1
    assert done.stderr.count("not recorded: within 1.5 s: camera_absent") == 2


def test_what_is_asked_for_must_make_sense(people: Path, tmp_path: Path) -> None:
    assert run("--yes").exit_code == 2
    assert run("--from", people, "--camera", "0", "--yes").exit_code == 2
    (tmp_path / "there.toml").write_text("")
    assert run("--from", people, "--yes", "--write", tmp_path / "there.toml").exit_code == 2
    assert run("--from", tmp_path / "none", "--yes").exit_code == 65
    assert run("--from", people, "--yes", "--write", tmp_path / "no" / "x.toml").exit_code == 65
