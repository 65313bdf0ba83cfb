"""Processes of an end-to-end test: each in a group of its own, its output in a log file, all of them ended in every case."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAUSE_S = 0.03
TAIL_LINES = 25


class LateError(AssertionError):
    """Something did not happen in time; the text says what, and what was there instead."""


def module(name: str, *arguments: object) -> list[str]:
    return [sys.executable, "-m", name, *map(str, arguments)]


def towerctl(*arguments: object) -> list[str]:
    return [sys.executable, "-c", "import towerd.__main__ as t; t.towerctl()", *map(str, arguments)]


class Running:
    """One process."""

    def __init__(self, name: str, command: list[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self.name, self.log = name, log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def tail(self) -> str:
        return f"--- {self.name}\n" + "\n".join(self.text().splitlines()[-TAIL_LINES:])

    def await_line(self, pattern: str, within_s: float = 20.0) -> re.Match[str]:
        ends_s = time.monotonic() + within_s
        while time.monotonic() < ends_s:
            if found := re.search(pattern, self.text()):
                return found
            if self.process.poll() is not None:
                raise LateError(f"{self.name} has ended with {self.process.returncode}\n{self.tail()}")
            time.sleep(PAUSE_S)
        raise LateError(f"{self.name} has not said {pattern} within {within_s:g} s\n{self.tail()}")

    def await_end(self, within_s: float = 15.0) -> int:
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise LateError(f"{self.name} has not ended within {within_s:g} s\n{self.tail()}") from None

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL to the process and to whoever is in its group."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def resident_mb(self) -> float:
        return resident_mb(self.pid)

    def children(self) -> list[int]:
        found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [int(pid) for pid in found]


def resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


class NotifySocket:
    """The service manager's end of sd_notify."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self.path = path
        self.messages: list[str] = []

    def drain(self) -> None:
        while select.select([self._socket], [], [], 0)[0]:
            self.messages.append(self._socket.recv(4096).decode())

    def wait(self, wanted: str, running: Running, since: int = 0, within_s: float = 20.0) -> str:
        """The first message from place `since` on that begins with `wanted`."""
        ends_s = time.monotonic() + within_s
        while True:
            self.drain()
            for message in self.messages[since:]:
                if message.startswith(wanted):
                    return message
            if running.process.poll() is not None:
                raise LateError(f"{running.name} has ended with {running.process.returncode}\n{running.tail()}")
            if time.monotonic() >= ends_s:
                raise LateError(f"no {wanted} from {running.name} within {within_s:g} s: {self.messages[since:]}")
            select.select([self._socket], [], [], 0.1)

    def close(self) -> None:
        self._socket.close()


def run(command: list[str], within_s: float = 30.0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=within_s, check=False)
