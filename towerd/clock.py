"""Wall and monotonic time of this machine."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

_TIMEX_BYTES: Final = 256
_TIME_ERROR: Final = 5


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SystemClock:
    """`ports.Clock`. Wall time never reads earlier than the last commit (orders-if.md 4.4)."""

    def __init__(self, not_before: datetime | None = None, wall: Callable[[], datetime] = _utc_now) -> None:
        """`not_before` is the time of the journal's last event (aware UTC)."""
        self._wall = wall
        self._floor_at = not_before

    def now(self) -> datetime:
        """Aware UTC; where the machine's clock has gone back, the time of the last commit."""
        now = self._wall()
        return now if self._floor_at is None or now >= self._floor_at else self._floor_at

    def committed(self, at: datetime) -> None:
        """An event of this time is on the disk."""
        if self._floor_at is None or at > self._floor_at:
            self._floor_at = at

    def mono_s(self) -> float:
        """Monotonic seconds of this process."""
        return time.monotonic()


def is_synchronised() -> bool:
    """Whether the kernel's clock is disciplined (adjtimex, read only). False where the kernel does not say."""
    # modes 0: nothing is set; the structure is smaller than the buffer on every platform
    state: int = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return 0 <= state < _TIME_ERROR
