"""What commands that no signature holds for may take of the tower, however many come (orders-if.md 3.3). Pure.

Every one that is told is a commit, and every one that waits keeps the next from being opened. Who sends is not known before a
signature holds; where the answer is to go is: an address that a signature held for lately is proven, all others share a part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from towerd.orders.rates import Buckets

TOLD_A_MINUTE: Final = 600
TOLD_AT_ONCE: Final = 30
"""Commands that are dropped with an event of their own; the rest is answered `busy` and leaves none."""
PROVEN_S: Final = 600.0
PROVEN_MOST: Final = 64
"""Addresses remembered; then those that were proven longest ago are forgotten."""


@dataclass(slots=True)
class Floods:
    """What has come lately. Times are monotonic, in s."""

    _told: Buckets = field(default_factory=lambda: Buckets(TOLD_A_MINUTE, TOLD_AT_ONCE))
    _proven: dict[str, float] = field(default_factory=dict)

    def may_tell(self, mono_s: float) -> bool:
        """Whether one more dropped command gets an event of its own."""
        return self._told.take("", mono_s)

    def prove(self, address: str, mono_s: float) -> None:
        """A signature has held for a command whose answer goes to `address`."""
        self._proven.pop(address, None)
        self._proven[address] = mono_s
        while len(self._proven) > PROVEN_MOST:
            del self._proven[next(iter(self._proven))]

    def proven(self, address: str, mono_s: float) -> bool:
        """Whether commands from there may use all the room there is."""
        return mono_s - self._proven.get(address, float("-inf")) <= PROVEN_S
