"""Telling the service manager that the daemon lives (sd_notify), without a library: one datagram a message."""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

import structlog

_SHARE: Final = 4
"""WATCHDOG=1 goes out four times as often as the manager asks, so that one late turn of the loop is no death."""
_LAST_WORDS_S: Final = 1.0
"""How long the end of the process may wait for a manager that is slow to read."""
_OWED_MOST: Final = 8

_log = structlog.get_logger(__name__)


class SystemdWatchdog:
    """`ports.Watchdog` over NOTIFY_SOCKET; silent where no manager asked to be told.

    What changes the state of the service (ready, reloading, stopping) is told in order, later where it cannot be told at
    once. Signs of life and lines for people are not kept: the next one says more.
    """

    def __init__(
        self, environment: Mapping[str, str] = os.environ, mono_s: Callable[[], float] = time.monotonic
    ) -> None:
        """Reads NOTIFY_SOCKET and WATCHDOG_USEC. Raises OSError where the named socket cannot be reached."""
        self._mono_s = mono_s
        self._every_s = int(environment.get("WATCHDOG_USEC", "0")) / 1e6 / _SHARE
        self._last_mono_s = float("-inf")
        self._owed: deque[str] = deque(maxlen=_OWED_MOST)
        self._reached = True
        self._socket: socket.socket | None = None
        address = environment.get("NOTIFY_SOCKET", "")
        if address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)
            # @ stands for the zero byte of an abstract address
            self._socket.connect("\0" + address[1:] if address.startswith("@") else address)

    def _sent(self, message: str) -> bool:
        """Whether the manager has the message; that it cannot be reached, and can again, is logged once each."""
        if self._socket is None:
            return True
        try:
            self._socket.send(message.encode())
        except OSError as error:
            # the manager that does not hear of us restarts us; the loop must not end for it
            if self._reached:
                _log.warning("service manager not reached", message=message.partition("\n")[0], error=str(error))
            self._reached = False
            return False
        if not self._reached:
            _log.warning("service manager reached again", message=message.partition("\n")[0])
        self._reached = True
        return True

    def _tell_owed(self) -> bool:
        while self._owed:
            if not self._sent(self._owed[0]):
                return False
            self._owed.popleft()
        return True

    def _tell(self, message: str, *, kept: bool) -> None:
        if kept:
            self._owed.append(message)
        if self._tell_owed() and not kept:
            self._sent(message)

    def ready(self) -> None:
        """Start-up, or a reload, is complete."""
        self._tell("READY=1", kept=True)

    def alive(self) -> None:
        """The engine loop turns. Cheap: most calls send nothing."""
        self._tell_owed()
        now_s = self._mono_s()
        if self._every_s and now_s - self._last_mono_s >= self._every_s:
            self._last_mono_s = now_s
            self._tell("WATCHDOG=1", kept=False)

    def status(self, text: str) -> None:
        """One line for people; shown by `systemctl status`."""
        self._tell(f"STATUS={' '.join(text.split())}", kept=False)

    def reloading(self) -> None:
        """SIGHUP is being served; `ready` ends it."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}", kept=True)

    def stopping(self) -> None:
        """The process is about to end."""
        self._tell("STOPPING=1", kept=True)

    def close(self) -> None:
        """Tell what is still owed, as long as it takes but no longer than a second, and close the socket."""
        if self._socket is not None:
            self._socket.settimeout(_LAST_WORDS_S)
            self._tell_owed()
            self._socket.close()
            self._socket = None
