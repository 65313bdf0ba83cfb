"""What a look at the machine says comes next."""

from __future__ import annotations

from dataclasses import dataclass

from towerd.plc.codes import MailboxCommand
from towerd.plc.snapshot import Unit


@dataclass(frozen=True, slots=True)
class Act:
    """Write this command to this mailbox. `minimum_s` is the least time the mechanics need for it."""

    unit: Unit
    command: MailboxCommand
    minimum_s: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be done now; `why` says what is waited for."""

    why: str


@dataclass(frozen=True, slots=True)
class Halt:
    """Something is wrong: a fault of `faults.py`, with what was seen."""

    fault: int
    cause: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """Nothing is left to do."""


Next = Act | Wait | Halt | Arrived
