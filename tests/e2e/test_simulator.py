"""The simulator as others start it in CI: a process, its line, its ports, a scenario and faults of the command line."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from simulator.control import ask

pytestmark = pytest.mark.e2e
SCENARIO = """
[[step]]
when = "fault gate_open"
act = "press_exit"
with = { cabin = 2 }
"""


def wait_for(port: int, question: str, count: int) -> list[dict[str, Any]]:
    """The answer once it has `count` entries; the test's time-out ends the wait."""
    while True:
        found: list[dict[str, Any]] = ask(port, {"do": question})[question]
        if len(found) >= count:
            return found
        time.sleep(0.05)


def test_a_process_plays_its_scenario_and_ends_well(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(SCENARIO)
    options = ["--port", "0", "--control-port", "0", "--cabins", "2", "--scenario", str(path)]
    command = [sys.executable, "-m", "simulator", *options, "--fault", "gate_open@0.3s+0.2s"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.fullmatch(r"simulator ready host=\S+ port=\d+ control=(\d+)\n", process.stdout.readline())
            assert found is not None
            history = wait_for(int(found[1]), "history", 3)
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert [one["what"] for one in history] == ["inject gate_open", "act press_exit cabin=2", "clear gate_open"]
    assert history[0]["at_ms"] == 300
    assert history[2]["at_ms"] == 500
