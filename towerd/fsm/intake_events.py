"""What people at the kiosk ask for when they drive a car in."""

from __future__ import annotations

from dataclasses import dataclass, field

from towerd.fsm.reply import ReplyTo
from towerd.orders.readings import Reading


@dataclass(frozen=True, slots=True)
class DriveInRequested:
    """Somebody wants to drive a car in (orders-if.md 6.4).

    It is named by the `number` of its loan, or by `vehicle`, the id that its QR shows. `cabin`: the one wanted, None the
    first that is free. `staff`: a technician, who may bring a known vehicle that is out without a loan.
    """

    number: str | None
    vehicle: str | None
    cabin: int | None
    staff: bool
    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class CarSecured:
    """The driver says at the kiosk: engine off, handbrake on, gear in park, key in the car (6.5).

    `reading`: what was typed off the dashboard (6.4). `damage`: whether the car has come to harm; None: not answered.
    """

    cabin: int
    by: str
    reply: ReplyTo
    reading: Reading = field(default_factory=Reading)
    damage: bool | None = None


@dataclass(frozen=True, slots=True)
class DriveInCancelled:
    """Somebody gives up driving into this cabin."""

    cabin: int
    by: str
    reply: ReplyTo


IntakeEvent = DriveInRequested | CarSecured | DriveInCancelled
