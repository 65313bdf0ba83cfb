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

    def __init__(
        self,
        not_before: datetime | None = None,
        wall: Callable[[], datetime] = _utc_now,
        mono_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`not_before` is the time of the journal's last event (aware UTC)."""
        self._wall, self._mono_s = wall, mono_s
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
        return self._mono_s()

    def offset_s(self) -> float:
        """How far the machine's wall clock is ahead of the monotonic one: it moves where the wall clock is set."""
        return self._wall().timestamp() - self._mono_s()


JUMP_S: Final = 60.0
"""A step of the wall clock by more than this is a jump (orders-if.md 4.4)."""
SETTLED_S: Final = 10.0
"""How long after a jump the kernel has to say again that the clock is disciplined: at the jump itself it may not know yet."""


class ClockJudge:
    """Whether the wall clock may be believed (orders-if.md 4.4): once it is synchronised, or a technician has confirmed it,
    after the start and after each jump.
    """

    def __init__(self, clock: SystemClock, synchronised: Callable[[], bool], *, trusted: bool = False) -> None:
        """`trusted`: it is believed as it is, always."""
        self._clock, self._synchronised, self._trusted = clock, synchronised, trusted
        self._offset_s = clock.offset_s()
        self._jumped_mono_s: float | None = None

    def sure(self, confirmed_mono_s: float | None) -> bool:
        """Judge now; `confirmed_mono_s` is when somebody last confirmed the clock. To be asked often: jumps are seen here."""
        mono_s, offset_s = self._clock.mono_s(), self._clock.offset_s()
        if abs(offset_s - self._offset_s) > JUMP_S:
            self._jumped_mono_s = mono_s
        self._offset_s = offset_s
        jumped_mono_s = self._jumped_mono_s
        if self._trusted:
            return True
        if confirmed_mono_s is not None and (jumped_mono_s is None or confirmed_mono_s >= jumped_mono_s):
            return True
        settled = jumped_mono_s is None or mono_s - jumped_mono_s >= SETTLED_S
        return settled and self._synchronised()


def is_synchronised() -> bool:
    """Whether the kernel's clock is disciplined (adjtimex, read only). False where the kernel does not say."""
    # modes 0: nothing is set; the structure is smaller than the buffer on every platform
    state: int = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return 0 <= state < _TIME_ERROR
