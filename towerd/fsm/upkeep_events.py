"""What technicians report of the tower's upkeep, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass

from towerd.fsm.reply import ReplyTo


@dataclass(frozen=True, slots=True)
class ServiceDone:
    """A device was serviced by `by`: its counts and references begin anew. `device` as the list shows it."""

    device: str
    by: str
    note: str
    reply: ReplyTo
