"""What technicians do by hand, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from towerd.fsm.reply import NOWHERE, ReplyTo
from towerd.places import Place
from towerd.plc.snapshot import Unit

HandVerb = Literal["home", "goto", "get", "put", "unlock", "lock", "inner_door", "outer_door", "signal"]
JobVerb = Literal["hold", "resume", "step", "cancel"]


@dataclass(frozen=True, slots=True)
class HandAction:
    """One command by hand. `value`: the axis of home (0, 1, 2, 9), 1 open and 0 close for doors, the sign of signal.

    `override` is arg3 of LIFT_TO and FORK commands: the sensors that are left out of the question (plc-if.md 5.11).
    """

    verb: HandVerb
    place: Place | None = None
    value: int = 0
    override: int = 0


@dataclass(frozen=True, slots=True)
class LeaseTaken:
    """A technician wants to be the one who commands; `force` takes it from another."""

    by: str
    force: bool
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class LeaseReleased:
    """A technician has done."""

    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class ManualRequested:
    """A technician asks for one command. `wait`: the answer comes when it has ended, else when it is written."""

    action: HandAction
    by: str
    reply: ReplyTo
    wait: bool = True


@dataclass(frozen=True, slots=True)
class ManualCancelled:
    """A technician stops the command that runs in a mailbox (plc-if.md 5.7)."""

    unit: Unit
    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class JogRequested:
    """A technician holds a jog key down, or asks for one step (plc-if.md 7); `direction` 0 lets go.

    `received_mono_s`: when it came in, on the process's monotonic clock; what had to wait is too old to move anything.
    """

    axis: int
    direction: int
    speed_pct: int
    step: int
    received_mono_s: float
    by: str
    reply: ReplyTo = NOWHERE


@dataclass(frozen=True, slots=True)
class JobCommanded:
    """A technician holds, resumes, steps or cancels a job."""

    job: int
    verb: JobVerb
    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class JobFinished:
    """A technician declares a job finished by hand, and says where its vehicle stands now."""

    job: int
    place: Place
    reason: str
    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class PlaceSet:
    """A technician has looked and says what stands in a place; `vehicle` None: nothing.

    `override`: the sensors of the place say otherwise, and they are wrong; or the car is out by the books, and is back.
    Place `out`: nobody knew where the car is, and it is outside.
    """

    place: Place
    vehicle: str | None
    reason: str
    by: str
    reply: ReplyTo
    override: bool = False


@dataclass(frozen=True, slots=True)
class BayServiceChanged:
    """A technician takes a bay out of the planner's hands, or gives it back."""

    place: Place
    disabled: bool
    reason: str
    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class ChangesConfirmed:
    """A technician has read what changed while the key was away from Auto."""

    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class ConditionSet:
    """A technician puts a vehicle out of service, has it looked at, or releases it (orders-if.md 5.3)."""

    vehicle: str
    condition: Literal["out_of_service", "available", "inspection"]
    reasons: tuple[str, ...]
    note: str
    by: str
    reply: ReplyTo


ManualEvent = (
    LeaseTaken
    | LeaseReleased
    | ManualRequested
    | ManualCancelled
    | JogRequested
    | JobCommanded
    | JobFinished
    | PlaceSet
    | BayServiceChanged
    | ChangesConfirmed
    | ConditionSet
)
