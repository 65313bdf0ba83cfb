"""The demo's processes: each in a group of its own, its output in a log file, and all of them ended in every case."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LOOK_EVERY_S = 0.02
_TERM_LIMIT_S = 8.0
_TAIL_LINES = 15


class DemoError(Exception):
    """The demo cannot go on; the text says why."""


@dataclass(slots=True)
class Running:
    """A process that should run until the demo ends, or one with a task, which may end well before it is waited for."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    has_task: bool = False

    def text(self) -> str:
        """What it has said so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def tail(self) -> str:
        """The end of what it has said."""
        return "\n".join(self.text().splitlines()[-_TAIL_LINES:])


def module(name: str, *arguments: object) -> list[str]:
    """The command line that runs a module in this very Python."""
    return [sys.executable, "-m", name, *map(str, arguments)]


def towerctl(*arguments: object) -> list[str]:
    """The command line of `towerctl`: the installed command, or its entry point where it is not installed."""
    beside = Path(sys.executable).with_name("towerctl")
    entry = [str(beside)] if beside.exists() else [sys.executable, "-c", "import towerd.__main__ as t; t.towerctl()"]
    return [*entry, *map(str, arguments)]


class Processes:
    """Starts processes, and ends them in the opposite order."""

    def __init__(self, logs: Path) -> None:
        """`logs` is the folder of the log files. Raises OSError."""
        logs.mkdir(parents=True, exist_ok=True)
        self._logs = logs
        self._running: list[Running] = []

    def start(self, name: str, command: list[str], *, has_task: bool = False) -> Running:
        """Start a process in a session, and so in a group, of its own. Raises OSError.

        `has_task`: it is to end by itself, see `await_end`.
        """
        log = self._logs / f"{name}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603 - our own modules
                module("simulator.demo.leash", *command),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        running = Running(name, process, log, has_task)
        self._running.append(running)
        return running

    def await_line(self, running: Running, pattern: str, within_s: float) -> re.Match[str]:
        """Wait until its output holds `pattern`. Raises DemoError where it ends before, or says nothing in time."""
        ends_s = time.monotonic() + within_s
        while time.monotonic() < ends_s:
            found = re.search(pattern, running.text())
            if found:
                return found
            self.check()
            time.sleep(_LOOK_EVERY_S)
        raise DemoError(f"{running.name} did not start within {within_s:g} s")

    def await_end(self, running: Running, within_s: float) -> None:
        """Wait for one that has a task and ends. Raises DemoError where it fails or takes too long."""
        try:
            code = running.process.wait(within_s)
        except subprocess.TimeoutExpired as error:
            raise DemoError(f"{running.name} has not ended within {within_s:g} s") from error
        if code:
            raise DemoError(f"{running.name} has ended with {code}")
        self._running.remove(running)

    def check(self) -> None:
        """Raises DemoError where one of them has ended, but for one whose task is done."""
        for running in self._running:
            code = running.process.poll()
            if code is not None and not (running.has_task and code == 0):
                raise DemoError(f"{running.name} has ended with {code}")

    def tails(self) -> str:
        """The end of every log, for whoever has to find out what happened."""
        return "\n\n".join(f"--- {running.name} ({running.log})\n{running.tail()}" for running in self._running)

    def stop(self) -> None:
        """End all of them, the last one first: SIGTERM, and SIGKILL for whoever stays. Safe to call twice."""
        while self._running:
            running = self._running.pop()
            _signal(running, signal.SIGTERM)
            try:
                running.process.wait(_TERM_LIMIT_S)
            except subprocess.TimeoutExpired:
                _signal(running, signal.SIGKILL)
                running.process.wait()
            # whoever was left in the group goes too
            _signal(running, signal.SIGKILL)


def _signal(running: Running, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(running.process.pid, number)


def run(command: list[str], within_s: float) -> subprocess.CompletedProcess[str]:
    """Run a command to its end. Raises DemoError where it takes too long."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=within_s, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise DemoError(f"{' '.join(command[1:4])} has not ended within {within_s:g} s") from error


def run_json(command: list[str], within_s: float) -> dict[str, Any]:
    """The JSON object that a command prints. Raises DemoError where it prints none."""
    done = run(command, within_s)
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        said = (done.stderr or done.stdout).strip() or "nothing"
        raise DemoError(f"{' '.join(command[1:4])} ended with {done.returncode} and said: {said}") from error
    return answer
