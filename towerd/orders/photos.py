"""Photos of a car before its loan and after it: what is kept of them, and for how long (orders-if.md 5.3, 5.4). Pure.

The pictures lie sealed in the journal under a key of the loan's own, outside of it; here stand their hashes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from towerd.orders.eligibility import LOAN_ENDED
from towerd.orders.model import Loan, Order, Vehicle

When = Literal["out", "back"]

NO_CAMERA: Final = "no_camera"
NOT_TAKEN: Final = "not_taken"


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """The photos of one moment. `loan` is the order's id too, `epoch` the occupancy epoch that they were taken under.

    `sha256s`: of each picture as JPEG, one a camera that served; `reason`: why there are fewer than there should be, or
    empty. `sealed_sha256`: of what is kept of them, None: nothing is. `destroy_at`: when the loan's key is due.
    """

    loan: str
    when: When
    vehicle: str
    cabin: int
    epoch: int
    taken_at: datetime
    sha256s: tuple[str, ...] = ()
    reason: str = ""
    sealed_sha256: str | None = None
    destroy_at: datetime | None = None

    @property
    def key(self) -> str:
        """Under what it is kept."""
        return photo_key(self.loan, self.when)


@dataclass(frozen=True, slots=True)
class Shot:
    """What a cabin's cameras are asked for: photos of a vehicle for a loan, under the occupancy epoch of this stay."""

    loan: str
    when: When
    epoch: int
    vehicle: str


def photo_key(loan: str, when: When) -> str:
    """Under what the photos of a loan are kept: no order bears such an id."""
    return f"photos:{loan}:{when}"


def photo_facts(sets: Mapping[str, PhotoSet], loan: str, when: When, *, camera: bool) -> dict[str, Any]:
    """What is told of the photos of one moment: `photos_…` their hashes, `no_photos_…` why some are missing, or null."""
    found = sets.get(photo_key(loan, when))
    if found is None:
        return {f"photos_{when}": [], f"no_photos_{when}": NOT_TAKEN if camera else NO_CAMERA}
    return {f"photos_{when}": list(found.sha256s), f"no_photos_{when}": found.reason or None}


def still_needed(loan: Loan | None, order: Order | None, vehicles: Mapping[str, Vehicle]) -> bool:
    """Whether photos serve their purpose still: until the order has ended without a loan, or else until the car that came
    back is released, or is this tower's no more.
    """
    if loan is None:
        return order is not None and order.open
    if loan.state not in LOAN_ENDED:
        return True
    vehicle = vehicles.get(loan.vehicle)
    return vehicle is not None and loan.state == "returned" and vehicle.rests_as != "available"
