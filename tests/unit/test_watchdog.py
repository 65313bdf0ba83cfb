"""What the service manager hears."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from structlog.testing import CapturingLogger

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
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = CapturingLogger()
    monkeypatch.setattr("towerd.watchdog._log", log)
    watchdog = SystemdWatchdog({"NOTIFY_SOCKET": manager.getsockname()})
    manager.close()
    watchdog.ready()
    watchdog.close()
    assert [call.args[0] for call in log.calls] == ["service manager not reached"]


def _filled(environment: dict[str, str]) -> SystemdWatchdog:
    """One whose manager does not read: nothing more fits into the socket's buffer."""
    watchdog = SystemdWatchdog({**environment, "WATCHDOG_USEC": "4000000"}, iter(range(10_000)).__next__)
    for _ in range(2_000):
        watchdog.alive()
    return watchdog


def _all_heard(manager: socket.socket) -> list[str]:
    manager.setblocking(False)
    heard = []
    with contextlib.suppress(BlockingIOError):
        while True:
            heard.append(_heard(manager))
    return heard


def test_that_the_manager_is_lost_and_back_is_logged_once_each(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = CapturingLogger()
    monkeypatch.setattr("towerd.watchdog._log", log)
    watchdog = _filled({"NOTIFY_SOCKET": manager.getsockname()})
    heard = len(_all_heard(manager))
    watchdog.alive()
    watchdog.alive()
    watchdog.close()
    assert heard < 2_000, "the buffer was full"
    assert [call.args[0] for call in log.calls] == ["service manager not reached", "service manager reached again"]


def test_what_changes_the_service_is_told_in_order_once_there_is_room(manager: socket.socket) -> None:
    watchdog = _filled({"NOTIFY_SOCKET": manager.getsockname()})
    watchdog.ready()
    watchdog.status("delivering car-1")
    watchdog.stopping()
    assert set(_all_heard(manager)) == {"WATCHDOG=1"}
    watchdog.alive()
    assert _all_heard(manager) == ["READY=1", "STOPPING=1", "WATCHDOG=1"]
    watchdog.close()


def test_the_last_words_wait_for_a_manager_that_is_slow(manager: socket.socket) -> None:
    watchdog = _filled({"NOTIFY_SOCKET": manager.getsockname()})
    watchdog.stopping()
    with ThreadPoolExecutor(1) as readers:
        heard = readers.submit(lambda: list(iter(lambda: _heard(manager), "STOPPING=1")))
        watchdog.close()
        assert set(heard.result(10)) == {"WATCHDOG=1"}
