"""The units are valid, and leave the service little to do harm with. Needs systemd-analyze, no root and no running systemd."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from towerd.settings import MachineSettings

UNITS = Path(__file__).parents[2] / "systemd"
MOST_EXPOSURE = 2.0
"""systemd-analyze calls 0 to 2 safe. Left open: network, devices, and memory that is written and run."""

pytestmark = [
    pytest.mark.systemd,
    pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze"),
]


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_unit_is_valid(tmp_path: Path) -> None:
    text = (UNITS / "towerd.service").read_text(encoding="utf-8")
    # the program is not installed here; everything else is checked as it is
    (tmp_path / "towerd.service").write_text(text.replace("/opt/towerd/bin/towerd", sys.executable), encoding="utf-8")
    assert _said("systemd-analyze", "verify", "--man=no", str(tmp_path / "towerd.service")).strip() == ""


def test_exposure_is_small() -> None:
    threshold = str(int(MOST_EXPOSURE * 10))
    said = _said(
        "systemd-analyze",
        "security",
        "--offline=yes",
        f"--threshold={threshold}",
        "--no-pager",
        str(UNITS / "towerd.service"),
    )
    assert "Overall exposure level" in said


def test_accounts_and_folders_are_valid(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    for name in ("passwd", "group"):
        (tmp_path / "etc" / name).write_text("")
    said = _said("systemd-sysusers", "--dry-run", f"--root={tmp_path}", str(UNITS / "towerd.sysusers"))
    assert "towerd-hmi" in said


def test_stopping_is_given_the_time_that_a_motion_may_take() -> None:
    text = (UNITS / "towerd.service").read_text(encoding="utf-8")
    [stop_s] = [int(line.partition("=")[2]) for line in text.splitlines() if line.startswith("TimeoutStopSec=")]
    assert stop_s > MachineSettings().stop_grace_s
