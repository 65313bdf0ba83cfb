"""What people do with alarms, and what came of a page, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass

from towerd.fsm.reply import ReplyTo


@dataclass(frozen=True, slots=True)
class AlarmAcknowledged:
    """Somebody has seen an alarm of PLC or daemon, by its code; `all`: every one (plc-if.md 8.1)."""

    code: str
    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class AlarmShelved:
    """Somebody wants no more of an alarm for a while."""

    code: str
    for_s: float
    reason: str
    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class AlarmTakenOut:
    """Maintenance has taken an alarm out of service until it is put back."""

    code: str
    reason: str
    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class AlarmPutBack:
    """A shelved alarm (`unshelved`) or one out of service is announced again."""

    code: str
    unshelved: bool
    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class PageEnded:
    """What came of one attempt to page: `ok`, or why not, in words without anything personal."""

    key: str
    ok: bool
    detail: str


AlarmEvent = AlarmAcknowledged | AlarmShelved | AlarmTakenOut | AlarmPutBack | PageEnded
