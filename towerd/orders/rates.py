"""How many orders a sender may hand in: a bucket that fills with time for each issuer, customer and dealer (orders-if.md 4.5,
`rate_limited`). Pure: whoever asks says what time it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

MINUTE_S: Final = 60.0
_MANY: Final = 1000


@dataclass(slots=True)
class Buckets:
    """One bucket a key. It gains `a_minute`, holds `most` and is full at first; what is full again is forgotten."""

    a_minute: float
    most: float
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)
    _forget_from: int = _MANY

    def __len__(self) -> int:
        """Of how many keys something is remembered."""
        return len(self._left)

    def _now(self, key: str, mono_s: float) -> float:
        left, at_mono_s = self._left.get(key, (self.most, mono_s))
        return min(self.most, left + (mono_s - at_mono_s) * self.a_minute / MINUTE_S)

    def take(self, key: str, mono_s: float) -> bool:
        """Take one, at that monotonic time in s; whether there was one."""
        left = self._now(key, mono_s)
        if left < 1:
            return False
        if len(self._left) >= self._forget_from:
            self._left = {one: at for one, at in self._left.items() if self._now(one, mono_s) < self.most}
            self._forget_from = max(_MANY, 2 * len(self._left))
        self._left[key] = (left - 1, mono_s)
        return True


class OrderRates:
    """How many orders an issuer, a customer and a dealer may hand in within a minute, whatever becomes of them."""

    def __init__(
        self, by_issuer_a_minute: int = 2400, by_customer_a_minute: int = 6, by_dealer_a_minute: int = 30
    ) -> None:
        self._issuers = Buckets(by_issuer_a_minute, by_issuer_a_minute)
        self._customers = Buckets(by_customer_a_minute, by_customer_a_minute)
        self._dealers = Buckets(by_dealer_a_minute, by_dealer_a_minute)

    def take(self, issuer: str, sender: str, mono_s: float, *, dealer: bool = False) -> bool:
        """Whether one more order of theirs may be looked at, at that monotonic time in s.

        `sender` is a token's `sub`; `dealer`: of a kind that dealers send, who announce a truckful of cars at once.
        """
        own = self._dealers if dealer else self._customers
        # the sender first: what one of them sends too often costs the others of the same issuer nothing
        return own.take(sender, mono_s) and self._issuers.take(issuer, mono_s)
