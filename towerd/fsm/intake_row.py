"""The rows about driving in: what a cabin cannot show by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from towerd.cabin.intake import INTAKE_ENDED, IntakeState, Owed
from towerd.orders.loan_facts import NOTHING_SAID, Findings


@dataclass(frozen=True, slots=True)
class Intake:
    """A car that is expected in a cabin, driven in and taken up (orders-if.md 6.4); the newest of each cabin is kept.

    `kind` says what it is expected for: `loan` or `stock`, the order of a dealer, whose id is `about`; or `vehicle`, a
    technician's word, and `about` is its id. `secured_epoch`: the occupancy epoch that the driver's answer counts for; with another one it is another car, or
    the same one that has been driven. `lost_s`: how long the cabin stood for want of the button alone. `found`: what the
    driver has said of a car that comes back; `asked_again`: something of it was missing or could not be.
    """

    cabin: int
    kind: Literal["loan", "vehicle", "stock"]
    about: str
    vehicle: str
    by: str
    state: IntakeState
    asked_at: datetime
    since_at: datetime
    reasons: tuple[str, ...] = ()
    secured_epoch: int | None = None
    lost_s: float = 0.0
    found: Findings = NOTHING_SAID
    asked_again: bool = False

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.state not in INTAKE_ENDED


@dataclass(frozen=True, slots=True)
class Owing:
    """What people have left undone at a cabin, with nobody near, since when, and whether they were called for it."""

    cabin: int
    what: Owed
    since_at: datetime
    paged: bool = False
