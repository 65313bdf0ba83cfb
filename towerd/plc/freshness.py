"""Stale means unknown (plc-if.md 3.2): watches over the age of what was read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import ceil

STALE_S = 1.0
BEAT_S = 0.1
"""How often the PLC moves its heartbeat (3.2)."""
ROUNDING_S = 1e-6
"""A timer may run this much before its time: the loop's clock is coarse. Without it a wait for the rest never ends."""


class Freshness:
    """Calls `lost(reason)` once when nothing good was read for 1,000 ms, or reads have kept failing for as long.

    It uses the loop's clock and holds one timer, so that a hanging request does not hide the loss.
    """

    def __init__(self, lost: Callable[[str], None]) -> None:
        self._lost = lost
        self._timer: asyncio.TimerHandle | None = None
        self._good_at_s = 0.0
        self._failing_since_s: float | None = None
        self._beat: int | None = None
        self._beat_at_s = 0.0
        self.reason = ""

    def start(self) -> None:
        """Begin to watch, as if something good had been read just now."""
        self.stop()
        now_s = asyncio.get_running_loop().time()
        self._good_at_s = self._beat_at_s = now_s
        self._failing_since_s = self._beat = None
        self.reason = "no answer from the PLC"
        self._arm(now_s)

    def stop(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def good(self) -> None:
        """Something good was read."""
        self._good_at_s = asyncio.get_running_loop().time()

    def complete(self) -> None:
        """Everything was read and is good."""
        self.good()
        self._failing_since_s = None

    def failed(self, reason: str) -> None:
        """A read failed. `reason` is told should the values become stale."""
        self.reason = reason
        if self._failing_since_s is None:
            self._failing_since_s = asyncio.get_running_loop().time()

    def beat_stands(self, plc_heartbeat: int) -> bool:
        """Note the PLC's heartbeat; whether it has now been unchanged for 1,000 ms."""
        now_s = asyncio.get_running_loop().time()
        if plc_heartbeat != self._beat:
            self._beat, self._beat_at_s = plc_heartbeat, now_s
        return now_s - self._beat_at_s >= STALE_S - ROUNDING_S

    def next_look_s(self, looked_s: float, due_s: float) -> float:
        """When to look again after a look at `looked_s`: when it is due, unless the heartbeat has not moved since the one before.

        Then an odd number of its periods after this one: whoever looks at every second move of a heartbeat that goes to and
        fro between two values always sees the same.
        """
        if self._beat_at_s >= looked_s or due_s - looked_s < BEAT_S:
            return due_s
        passed = ceil((asyncio.get_running_loop().time() - looked_s) / BEAT_S - ROUNDING_S)
        return looked_s + (passed | 1) * BEAT_S

    def _arm(self, now_s: float) -> None:
        due_s = self._due_s()
        self._timer = asyncio.get_running_loop().call_at(max(due_s, now_s), self._look)

    def _due_s(self) -> float:
        since_s = self._good_at_s if self._failing_since_s is None else min(self._good_at_s, self._failing_since_s)
        return since_s + STALE_S

    def _look(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s < self._due_s() - ROUNDING_S:
            self._arm(now_s)
            return
        self._timer = None
        self._lost(f"no good values for {STALE_S:g} s: {self.reason}")
