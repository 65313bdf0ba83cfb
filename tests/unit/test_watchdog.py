"""What the service manager hears."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from towerd.watchdog import SystemdWatchdog


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(5)
        yield listener


def _heard(manager: socket.socket) -> str:
    return manager.recv(4096).decode()


def test_messages(manager: socket.socket) -> None:
    watchdog = SystemdWatchdog({"NOTIFY_SOCKET": manager.getsockname()})
    watchdog.ready()
    assert _heard(manager) == "READY=1"
    watchdog.status("delivering\ncar-1")
    assert _heard(manager) == "STATUS=delivering car-1"
    before = time.monotonic_ns() // 1000
    watchdog.reloading()
    first, second = _heard(manager).split("\n")
    assert first == "RELOADING=1"
    assert before <= int(second.removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000
    watchdog.stopping()
    assert _heard(manager) == "STOPPING=1"
    watchdog.close()


def test_life_is_told_four_times_an_interval(manager: socket.socket) -> None:
    now_s = 0.0
    environment = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "4000000"}
    watchdog = SystemdWatchdog(environment, lambda: now_s)
    for tenth in range(25):
        now_s = tenth / 10
        watchdog.alive()
    watchdog.stopping()
    assert [_heard(manager) for _ in range(4)] == ["WATCHDOG=1"] * 3 + ["STOPPING=1"]
    watchdog.close()


def test_abstract_addresses() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0towerd-test-watchdog")
        watchdog = SystemdWatchdog({"NOTIFY_SOCKET": "@towerd-test-watchdog"})
        watchdog.ready()
        assert listener.recv(64) == b"READY=1"
        watchdog.close()


def test_without_a_manager_nothing_is_sent() -> None:
    watchdog = SystemdWatchdog({})
    watchdog.ready()
    watchdog.alive()
    watchdog.close()
    watchdog.close()


def test_a_manager_that_went_away_does_not_end_the_loop(
    manager: socket.socket, capsys: pytest.CaptureFixture[str]
) -> None:
    watchdog = SystemdWatchdog({"NOTIFY_SOCKET": manager.getsockname()})
    manager.close()
    watchdog.ready()
    captured = capsys.readouterr()
    assert "service manager not reached" in captured.out + captured.err
    watchdog.close()
