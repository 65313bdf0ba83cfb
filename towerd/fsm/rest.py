"""That nothing was to be done, and how long that holds. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from towerd.fsm.config import CoreConfig


@dataclass(frozen=True, slots=True)
class Rest:
    """All questions were asked `since_at` under `config`, and none had anything to do.

    Unless something happens, that stays so until one of two moments: `until_at` (None: for ever), `until_mono_s`.
    """

    config: CoreConfig
    since_at: datetime
    until_at: datetime | None
    until_mono_s: float

    def holds(self, config: CoreConfig, now: datetime, mono_s: float) -> bool:
        """Whether neither moment has come. A clock that was put back makes it end: what had come then has not come now."""
        if config is not self.config or now < self.since_at or mono_s >= self.until_mono_s:
            return False
        return self.until_at is None or now < self.until_at
