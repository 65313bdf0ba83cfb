"""The demo, which is the first end-to-end test: every part a process of its own, real connections, real time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECOND_ENGINE = "TOWERD_BOTH_ENGINES"
MARK = "TOWERD_DEMO_TEST_FOLDER"
RUN_LIMIT_S = 120.0

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def command(folder: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "simulator.demo", "--json", "--folder", str(folder), *options]


def marked(folder: Path) -> dict[str, str]:
    """An environment that every process of a demo inherits, and can be known by."""
    return {**os.environ, MARK: str(folder)}


def processes_of(folder: Path) -> list[str]:
    """Command lines of all processes that the mark was handed down to."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={folder}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


@pytest.fixture(params=["opencv", "face_recognition"], scope="module")
def summary(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    engine = request.param
    if engine != "opencv" and not os.environ.get(SECOND_ENGINE):
        pytest.skip(f"{SECOND_ENGINE}=1 runs the demo with {engine} as well")
    folder = tmp_path_factory.mktemp("demo")
    picture = folder.parent / f"{engine}.svg"
    done = subprocess.run(
        command(folder, "--engine", engine, "--picture", str(picture)),
        cwd=ROOT,
        env=marked(folder),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert processes_of(folder) == []
    found: dict[str, Any] = json.loads(done.stdout)
    found["told"], found["picture"], found["asked_engine"] = done.stderr, picture.read_text(encoding="utf-8"), engine
    return found


def test_two_customers_get_their_cars(summary: dict[str, Any]) -> None:
    first, second = summary["orders"]
    assert (first["state"], second["state"]) == ("completed", "completed")
    assert (first["loan"], second["loan"], summary["loans"]) == ("out", "out", 2)
    assert summary["plant"]["gone"] == sorted((first["vehicle"], second["vehicle"]))
    assert summary["run_s"] < RUN_LIMIT_S


def test_one_shows_the_face_and_one_types_the_code(summary: dict[str, Any]) -> None:
    first, second = summary["orders"]
    assert (first["identified_by"], first["code_only"]) == ("face", False)
    assert (second["identified_by"], second["code_only"], second["score"]) == ("code", True, None)
    assert summary["looks_refused"] >= 1
    assert summary["engine"] == summary["asked_engine"]


def test_the_cars_are_photographed_before_they_leave(summary: dict[str, Any]) -> None:
    first, second = (order["photos"] for order in summary["orders"])
    assert (len(first), len(second)) == (1, 1)
    assert first != second


def test_a_photo_that_is_held_up_is_refused(summary: dict[str, Any]) -> None:
    assert summary["challenges_failed"] >= 1
    lines = summary["told"].splitlines()
    scenes = [number for number, line in enumerate(lines) if "before the camera: " in line]
    held_up = next(n for n, number in enumerate(scenes) if "a photo of" in lines[number])
    while_held_up = lines[scenes[held_up] : scenes[held_up + 1]]
    told = [line for line in while_held_up if "face refused: not_sure, challenge" in line]
    assert told
    assert all("after 0 of 3" in line for line in told)


def test_what_was_checked_is_said_everywhere(summary: dict[str, Any]) -> None:
    assert summary["liveness"] == ["challenge"]
    assert [order["liveness"] for order in summary["orders"]] == ["challenge", "not_checked"]
    assert summary["simulated"] is True
    assert all(line.startswith("SIMULATED ") for line in summary["told"].splitlines())
    assert "SIMULATED" in summary["picture"]


def test_nothing_was_done_twice_or_in_vain(summary: dict[str, Any]) -> None:
    plant = summary["plant"]
    assert plant["commands_executed"] > 20
    assert (plant["executed_twice"], plant["commands_failed"], plant["collisions"]) == (0, 0, [])
    assert summary["event_gaps"] == 0


def test_motion_is_near_the_mechanical_minimum(summary: dict[str, Any]) -> None:
    for order in summary["orders"]:
        # the daemon's own work counts eight times as much at this speed-up
        assert 1.0 <= order["motion_ratio"] < 2.0, order
        assert all(seconds >= 0 for seconds in order["phases_s"].values()), order


def _started(run: subprocess.Popen[str], folder: Path) -> None:
    ends_s = time.monotonic() + 60
    while not any("towerd run" in line for line in processes_of(folder)):
        assert run.poll() is None, run.communicate()[1]
        assert time.monotonic() < ends_s, "towerd was not started within 60 s"
        time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_behind_when_the_demo_is_ended(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "demo"
    with subprocess.Popen(
        command(folder), cwd=ROOT, env=marked(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        _started(run, folder)
        run.send_signal(number)
        run.wait(60)
    assert run.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 130)
    ends_s = time.monotonic() + 30
    while left := processes_of(folder):
        assert time.monotonic() < ends_s, left
        time.sleep(0.1)


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("keep me", encoding="utf-8")
    done = subprocess.run(command(tmp_path), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "holds something else than a demo" in done.stderr
    assert precious.read_text(encoding="utf-8") == "keep me"
