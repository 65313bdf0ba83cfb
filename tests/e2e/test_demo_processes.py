"""A task that is done before anybody waits for it is no failure; whoever should run and has ended is one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from simulator.demo.processes import DemoError, Processes

pytestmark = pytest.mark.e2e
DONE = [sys.executable, "-c", "pass"]
FAILED = [sys.executable, "-c", "raise SystemExit(3)"]


def test_a_done_task_is_no_failure(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    task = processes.start("task", DONE, has_task=True)
    task.process.wait(15)
    processes.check()
    processes.await_end(task, 1)
    processes.stop()


@pytest.mark.parametrize(("command", "has_task"), [(DONE, False), (FAILED, True), (FAILED, False)])
def test_whoever_ends_otherwise_is_one(tmp_path: Path, command: list[str], *, has_task: bool) -> None:
    processes = Processes(tmp_path)
    running = processes.start("one", command, has_task=has_task)
    running.process.wait(15)
    with pytest.raises(DemoError, match="one has ended"):
        processes.check()
    processes.stop()
