"""The first answers to `cmd/state`, by req_id (orders-if.md 3.3). Pure.

They die with the process: the verb changes nothing, so a later life gives its own first answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

KEPT: Final = timedelta(seconds=60)
"""How long past the request's `expires_at`."""
AHEAD: Final = timedelta(seconds=60)
"""The furthest that `expires_at` may lie ahead (3.1); while the clock is unsure nobody looks at it."""
MOST: Final = 10_000
State = Mapping[str, Any]


@dataclass(slots=True)
class StateAnswers:
    """What was answered, and until when it is kept."""

    _kept: dict[str, tuple[datetime, State]] = field(default_factory=dict)

    def first(self, req_id: str, expires_at: datetime, now: datetime, state: Callable[[], State]) -> State | None:
        """The first answer to `req_id`: as it was, or `state` now. None where as many are kept as may be: `busy`. Times are aware UTC."""
        known = self._kept.get(req_id)
        if known is not None and known[0] > now:
            return known[1]
        if len(self._kept) >= MOST:
            self._kept = {one: kept for one, kept in self._kept.items() if kept[0] > now}
        if len(self._kept) >= MOST:
            return None
        answer = state()
        self._kept[req_id] = (min(expires_at, now + AHEAD) + KEPT, answer)
        return answer
