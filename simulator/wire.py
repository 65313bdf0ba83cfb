"""What becomes of requests and replies between PLC and PC. Chance is drawn from the seed, never from a clock."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

Disturbance = Literal["delay", "late", "drop", "double", "cut", "torn", "unit", "exception"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one request and its reply."""

    request_delay_s: float = 0.0
    reply_delay_s: float = 0.0
    copies: int = 1
    truncated: bool = False
    unit: int | None = None

    @property
    def arrives(self) -> bool:
        """Whether the asker gets a reply that it can use."""
        return self.copies > 0 and not self.truncated and self.unit is None

    def mangled(self, frame: bytes) -> bytes:
        """The bytes of a reply as they come: whole, half, twice or not at all."""
        return (frame[: len(frame) // 2] if self.truncated else frame) * self.copies


UNDISTURBED = Fate()


class Wire:
    """The way between PLC and PC. `cut`: no connection. `silent`: connected, and nobody answers or listens."""

    def __init__(self, seed: int = 1) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - deterministic on purpose, nothing secret
        self._kinds: dict[Disturbance, tuple[float, float]] = {}
        self.cut = False
        self.silent = False

    def disturb(self, kind: Disturbance, ratio: float, value: float) -> None:
        """Let `ratio` of the requests, 0 to 1, meet this; `value` is its delay in s, unit or code."""
        self._kinds[kind] = (ratio, value)

    def calm(self, kind: Disturbance) -> None:
        """No more of this."""
        self._kinds.pop(kind, None)

    def draw(self, kind: Disturbance) -> float | None:
        """The value of a disturbance when the next request meets it, else None."""
        if kind not in self._kinds:
            return None
        ratio, value = self._kinds[kind]
        return value if self._rng.random() < ratio else None

    def fate(self) -> Fate:
        """What becomes of the next request."""
        if not self._kinds:
            return UNDISTURBED
        unit = self.draw("unit")
        copies = 0 if self.draw("drop") is not None else 1
        return Fate(
            request_delay_s=self.draw("late") or 0.0,
            reply_delay_s=self.draw("delay") or 0.0,
            copies=copies if self.draw("double") is None else 2 * copies,
            truncated=self.draw("cut") is not None,
            unit=None if unit is None else int(unit),
        )
