"""Rows of the tables about alarms, about pages that are owed, and about what was seen last. Values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

AlarmState = Literal["normal", "unacked_active", "acked_active", "unacked_cleared", "latched_unacked", "latched_acked"]
"""ISA-18.2's states A to F; `normal` is a row only while the alarm is silenced."""


@dataclass(frozen=True, slots=True)
class Silence:
    """That an alarm is not announced: shelved until `until_at`, or out of service until somebody puts it back (ISA-18.2).

    It silences and nothing else: what stops the machine stops it all the same.
    """

    kind: Literal["shelved", "out_of_service"]
    since_at: datetime
    until_at: datetime | None
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm of PLC or daemon that stands, waits to be acknowledged, or is silenced (ISA-18.2).

    `since_at`: when it left `normal`. `announced_at`: when it was last raised or announced anew; `raised_at`: raised only.
    `ack_by`: who has asked to acknowledge it since. `paged`: how many steps of the paging have begun since it was raised.
    """

    code: str
    state: AlarmState
    since_at: datetime
    announced_at: datetime | None = None
    raised_at: datetime | None = None
    ack_by: str | None = None
    paged: int = 0
    silence: Silence | None = None

    @property
    def unacked(self) -> bool:
        """Whether somebody still has to acknowledge it."""
        return self.state in ("unacked_active", "unacked_cleared", "latched_unacked")

    @property
    def stands(self) -> bool:
        """Whether it is active, or latched."""
        return self.state not in ("normal", "unacked_cleared")


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page that is owed: the step of the paging, what it tells of (raised, reannounced), failed attempts, and when the
    next may be made.
    """

    key: str
    code: str
    step: int
    what: str
    due_at: datetime
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What a door, a lock or a bay showed last: `outer:1` closed or open, `lock:3-4` locked or unlocked, `bay:3-4` empty
    or occupied; `boot` is the PLC's boot_id.
    """

    key: str
    value: str
