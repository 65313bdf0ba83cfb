"""A port that is none is an error of whoever typed it: one line, exit 2, no traceback."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "arguments",
    [
        ("simulator", "--port", "70000"),
        ("simulator", "--port", "-1"),
        ("simulator", "--control-port", "70000"),
        ("simulator", "ctl", "0", "state"),
        ("simulator.broker", "--port", "70000"),
        ("simulator.camera", "--port", "70000"),
        ("simulator.camera", "--port", "-1"),
        ("simulator.platform", "--port", "0", "watch"),
    ],
)
def test_a_port_that_is_none_is_told(arguments: tuple[str, ...]) -> None:
    asked = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, timeout=60)  # noqa: PLW1510
    assert asked.returncode == 2, asked.stderr
    assert "port" in asked.stderr.lower()
    assert "Traceback" not in asked.stderr
