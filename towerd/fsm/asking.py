"""When the questions of a turn are asked, and when they need not be. Pure.

After every event the same questions are asked (`reducer`). Where none of them had anything to do, none has until something
that they read has changed: a row, a field of the volatile state, the picture of the machine (`plc.news`), or the time. What they
read of the time is noted here: `reached` names the moment that is waited for, and whoever reads the time as such is asked anew
after each event. So no question says by itself what it depends on, and none can forget to.
"""

from __future__ import annotations

import math
from datetime import datetime

from towerd.fsm.config import CoreConfig
from towerd.fsm.draft import Draft
from towerd.fsm.events import Stamped
from towerd.fsm.rest import Rest
from towerd.fsm.state import State
from towerd.plc.news import says_news


class Asking(Draft):
    """A draft with the time of its event. `said`: somebody has said in this turn what is waited for."""

    def __init__(self, given: State, stamped: Stamped, config: CoreConfig) -> None:
        super().__init__(given)
        self.config = config
        self.said = False
        self._now = stamped.at
        self._mono_s = stamped.mono_s
        self._asked = False
        self._again = False
        self._until_at: datetime | None = None
        self._until_mono_s = math.inf

    @property
    def now(self) -> datetime:
        """The time of the event. A question that only compares it asks `reached`."""
        self._again = True
        return self._now

    @property
    def mono_s(self) -> float:
        """The event's time by this process's clock, s. A question that only compares it asks `reached_mono`."""
        self._again = True
        return self._mono_s

    def reached(self, at: datetime) -> bool:
        """Whether a moment has come."""
        if self._now >= at:
            return True
        if self._until_at is None or at < self._until_at:
            self._until_at = at
        return False

    def reached_mono(self, mono_s: float) -> bool:
        """Whether a moment of this process's clock has come, s."""
        if self._mono_s >= mono_s:
            return True
        self._until_mono_s = min(self._until_mono_s, mono_s)
        return False

    def rests(self) -> bool:
        """Whether the questions had nothing to do after the last event, and nothing that they read has changed in this one."""
        rest, before, machine = self._given.rest, self._given.volatile.snapshot, self.snapshot
        if rest is None or self.news or not rest.holds(self.config, self._now, self._mono_s):
            return False
        return machine is before or (machine is not None and before is not None and not says_news(before, machine))

    def begin_questions(self, *, all_of_them: bool) -> None:
        """From now on what is done, and what is read of the time, is the questions'."""
        # they see what was changed in this turn, or was said before them: not so the next time
        self._again = not all_of_them or self.said or self.tables is not self._given.tables
        self.news, self._until_at, self._until_mono_s = False, None, math.inf
        self._asked = True

    def found(self) -> State:
        """The state after the turn, with how long it rests if nothing happens."""
        rest = self._given.rest
        if self._asked:
            idle = not (self.news or self._again)
            rest = Rest(self.config, self._now, self._until_at, self._until_mono_s) if idle else None
        return State.after(self.tables, self.volatile, rest, self.touched_rows)
