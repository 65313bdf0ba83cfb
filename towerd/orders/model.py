"""Vehicles, orders and loans as the journal keeps them (orders-if.md 4.4 and 5). Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from towerd.bays.sizes import Size
from towerd.places import OUT, Place

Condition = Literal["available", "reserved", "moving", "out", "inspection", "out_of_service", "unknown"]
OrderKind = Literal["test_drive", "collect", "stock_in", "stock_out"]
OrderState = Literal[
    "accepted",
    "awaiting_stock",
    "arrived",
    "identified",
    "delivering",
    "staged",
    "ready",
    "handed_over",
    "storing",
    "completed",
    "cancelled",
    "expired",
    "no_show",
    "failed",
]
LoanState = Literal["out", "due_soon", "overdue", "returning", "returned", "sold", "returned_elsewhere"]

ENDED: frozenset[str] = frozenset({"completed", "cancelled", "expired", "no_show", "failed"})
DUE: frozenset[str] = frozenset({"identified", "delivering", "staged"})
"""States in which the customer has been at the gate and the car is still to be offered."""
AT_THE_GATE: frozenset[str] = DUE | {"ready", "handed_over"}
"""States from the customer's coming until the car has left and the cabin is shut."""


@dataclass(frozen=True, slots=True)
class VehicleRecord:
    """What a dealer says of a vehicle (orders-if.md 4.4 `vehicle`). Money inside `offers` is in minor units."""

    id: str
    tag: int
    make: str
    model: str
    colour: str
    year: int
    trim: str
    propulsion: Literal["petrol", "diesel", "hybrid", "electric"]
    mass_kg: int
    length_mm: int
    width_mm: int
    height_mm: int
    image_url: str
    owner: str
    offers: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle that this tower knows. `out_of_service` holds the reasons that keep it from being ordered.

    `rests_as`: what it is again once it is known where it stands; that its place was in doubt makes no car available.
    `measured`: what the gauge said of it when it was last taken out of a cabin; a load on its roof is in no record.
    `kept_for`: what speaks against a release by the site's rule since it came back; None: the rule was not asked, or staff have
    spoken since. `lost_at`: since when nobody knows its place. `reported_at`: of when charge, fuel and odometer are.
    """

    record: VehicleRecord
    place: Place = OUT
    condition: Condition = "available"
    reasons: tuple[str, ...] = ()
    charge_ratio: float | None = None
    odometer_km: int | None = None
    rests_as: Condition = "available"
    measured: Size | None = None
    lost_at: datetime | None = None
    fuel_ratio: float | None = None
    reported_at: datetime | None = None
    kept_for: tuple[str, ...] | None = None

    @property
    def id(self) -> str:
        """The vehicle's id, as the platform names it."""
        return self.record.id


@dataclass(frozen=True, slots=True)
class Slot:
    """When the customer comes, aware UTC."""

    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True)
class Eta:
    """When the customer arrives, give or take `sd_s` (one standard deviation, s), as `source` said at `said_at`."""

    arrives_at: datetime
    sd_s: float
    source: str
    said_at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """How a customer is known where not even the alias may stand (orders-if.md 7.3, 7.4).

    `handle`: keyed with the tower's secret, the same for good; never kept beside the alias. `pseudonym`: made of name and order with a key of the customer's
    own. Each order has another, so that whoever has seen a row of one order finds nothing of the others without the key;
    None where no order is asked about.
    """

    handle: str
    pseudonym: str | None = None


@dataclass(frozen=True, slots=True)
class DriveCount:
    """When the test drives of somebody who was forgotten since began: all that the rule of five needs (7.3)."""

    handle: str
    begun_at: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """One order. `id` is the token's jti, `customer` the alias of its sub.

    `code_mac` is HMAC-SHA256 of the pick-up code, hex (7.1). `number` has four digits. `code_only`: no face serves.
    `failed_looks` counts looks of others while it waited. `identified_by` is set with the first decision for the order
    and stays for the record; `arrived_at` is when the customer was first known to be there; whether a decision still holds
    is never stored (invariant 7). `alike` names orders of other customers whose selfie was close to this one's: while one
    of them is open, a face alone is not enough (6.1). `wish` is what was asked for where the car still has to arrive, until
    `wait_until_at`; `late_told`: the customer has heard that it is not there although the slot has begun. `eta`: the newest word on
    when the customer comes. `pseudonym` names the customer in the audit log, as in `Known`.
    `brought_at`: when its car was brought forward, which is done once.
    """

    id: str
    kind: OrderKind
    issuer: str
    customer: str
    vehicle: str | None
    state: OrderState
    since_at: datetime
    accepted_at: datetime
    number: str
    code_mac: str
    code_only: bool
    slot: Slot | None = None
    reason: str | None = None
    cabin: int | None = None
    wrong_codes: int = 0
    code_locked_until_at: datetime | None = None
    failed_looks: int = 0
    alike: tuple[str, ...] = ()
    identified_by: str | None = None
    identified_at: datetime | None = None
    arrived_at: datetime | None = None
    liveness: str = "not_checked"
    score: float | None = None
    services: tuple[str, ...] = ()
    payload_sha256: str = ""
    terms: dict[str, Any] = field(default_factory=dict)
    ended_at: datetime | None = None
    wish: dict[str, str] = field(default_factory=dict)
    wait_until_at: datetime | None = None
    late_told: bool = False
    pseudonym: str | None = None
    eta: Eta | None = None
    brought_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether the order has not ended."""
        return self.state not in ENDED

    @property
    def has_come(self) -> bool:
        """Whether its customer has been known to be at the tower."""
        return self.arrived_at is not None or self.identified_at is not None

    @property
    def ahead(self) -> bool:
        """Whether its car is brought to a cabin before its customer has come, or waits in one and nobody is known to be there:
        not yet, or not any more.
        """
        return self.state == "staged" or (self.state == "accepted" and self.cabin is not None and not self.has_come)

    @property
    def waits_since_at(self) -> datetime:
        """Since when its customer waits at the tower, whatever its state has been since: never anew with another look.

        An older version did not note when the customer was first known to be there.
        """
        return self.arrived_at or self.identified_at or self.accepted_at


def open_of(orders: Mapping[str, Order]) -> dict[str, Order]:
    """Those that have not ended, in the same order."""
    return {name: order for name, order in orders.items() if order.state not in ENDED}


@dataclass(frozen=True, slots=True)
class Loan:
    """A vehicle that is with a customer; its id is the order's, and so is `pseudonym`. `…_out_…`: what was last known of it
    when it left.
    """

    id: str
    customer: str
    vehicle: str
    state: LoanState
    out_since_at: datetime
    due_back_at: datetime
    number: str
    reason: str | None = None
    ended_at: datetime | None = None
    odometer_out_km: int | None = None
    charge_out_ratio: float | None = None
    fuel_out_ratio: float | None = None
    pseudonym: str | None = None
