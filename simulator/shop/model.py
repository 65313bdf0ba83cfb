"""What the shop shows and is told, as frozen values. Money is in integer minor units, times are aware UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

ORDER_ENDED: Final = frozenset({"completed", "cancelled", "expired", "no_show", "failed", "refused"})
WITH_CUSTOMER: Final = frozenset({"out", "due_soon", "overdue"})
"""States of a loan whose car is with its customer (orders-if.md 5.2)."""
CONDITION_REASONS: Final = ("damage", "cleaning", "charge_low", "service_due", "recalled")
"""Why a vehicle is out of service (orders-if.md 5.3)."""
STAND_IN = "Stand-in of an order platform: the accounts are made up, no money moves, the towers may be simulated."
"""To be shown on every page."""


class ShopError(Exception):
    """What was asked of the shop cannot be; the text says why, for the person who asked."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a customer or a tower is."""

    lat_deg: float
    lon_deg: float


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was refused: the contract's word (orders-if.md 4.5), and what it means for a customer."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Account:
    """A made-up customer. `customer` is the pseudonym that all towers know; name and position stay in the shop."""

    customer: str
    name: str
    member: bool
    credit_score: int | None
    licence_until: date | None
    identity_checked: bool
    position: Position


@dataclass(frozen=True, slots=True)
class Standing:
    """What counts for one customer over all towers. `against`: what a test drive would be refused for now."""

    drives_60_days: int
    drives_limit: int
    cars_out: int
    against: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Tower:
    """A tower as the shop knows it. Not `reachable`: everything about it is unknown (orders-if.md 2.2)."""

    tower: str
    name: str
    position: Position
    reachable: bool
    can_deliver: bool
    why_not: tuple[str, ...]
    simulated: bool
    said_at: datetime | None


@dataclass(frozen=True, slots=True)
class Slot:
    """When a customer comes."""

    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What is told of a vehicle to whoever may want it."""

    id: str
    make: str
    model: str
    colour: str
    year: int
    trim: str
    propulsion: str
    image_url: str
    owner: str
    mass_kg: int
    length_mm: int
    width_mm: int
    height_mm: int

    @property
    def kind(self) -> tuple[str, str, str]:
        """Make, model and colour: what a car is chosen by."""
        return self.make, self.model, self.colour


@dataclass(frozen=True, slots=True)
class Offer:
    """A vehicle that one tower offers. `orderable_from` None: now. A price None: not offered.

    `drive_fee` falls due only where `Window.fee_due` says so. `distance_km` is from the customer, None where nobody
    is logged in. `awaited`: the car still has to arrive, or to become free (`DriveWish.wait_until`); `vehicle` is then one
    of its kind.
    """

    vehicle: Vehicle
    tower: str
    tower_name: str
    distance_km: float | None
    condition: str
    orderable_from: datetime | None
    ready_in_s: float | None
    drive_fee: int | None
    drive_deposit: int | None
    purchase_price: int | None
    currency: str
    awaited: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """Which offers are wanted; None: any."""

    make: str | None = None
    model: str | None = None
    colour: str | None = None
    propulsion: str | None = None
    tower: str | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """Something that may be added to an order: shown and passed on."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class DriveWish:
    """A test drive as a customer puts it together. Either `vehicle`, or make, model and colour.

    `tower` None: the nearest that has it. `slot` None: now, the customer is at the tower. `wait_until`: the car may still
    have to arrive. `selfie`: any picture file's bytes; it leaves the shop only with `face_consent`, and is kept nowhere here.
    """

    vehicle: str | None = None
    make: str | None = None
    model: str | None = None
    colour: str | None = None
    tower: str | None = None
    slot: Slot | None = None
    wait_until: datetime | None = None
    selfie: bytes | None = None
    face_consent: bool = False
    terms_accepted: bool = False
    deposit_paid: bool = False
    fee_paid: bool = False
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """One instalment."""

    on: date
    amount: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How a car is paid: `down` now, the rest in `dues`, one a month, without interest. Their sum is `price`."""

    price: int
    currency: str
    down: int
    dues: tuple[Due, ...]

    @property
    def in_full(self) -> bool:
        """Whether nothing is left to pay."""
        return not self.dues


@dataclass(frozen=True, slots=True)
class CollectWish:
    """A bought car to be collected: as a `DriveWish`, but bought."""

    plan: Plan
    vehicle: str | None = None
    make: str | None = None
    model: str | None = None
    colour: str | None = None
    tower: str | None = None
    slot: Slot | None = None
    wait_until: datetime | None = None
    selfie: bytes | None = None
    face_consent: bool = False
    terms_accepted: bool = False
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loan:
    """A car that is, or was, with its customer (orders-if.md 5.2)."""

    state: str
    out_since: datetime | None
    due_back: datetime | None
    overdue_s: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What a car's dashboard reads; `energy_ratio`: of its charge where it is electric, else of its fuel."""

    odometer_km: int
    energy_ratio: float


@dataclass(frozen=True, slots=True)
class Order:
    """An order as its customer, or its dealer, sees it.

    `state`: those of orders-if.md 5.1, or `asked` (no answer yet, the shop goes on asking) or `refused`. `text` says in
    plain words how it stands. `wait_until`: until when a car that still has to arrive is waited for; `late`: its tower has
    told that it is not there although the slot has begun. `arrives_at`: when the customer comes, as its tower has been told.
    `qr` is what the app's QR code holds: number and code. `may`: what can be done now, from `cancel`, `buy`,
    `return_elsewhere`, `withdraw_consent`, `on_my_way`, `book_another`.
    """

    order: str
    kind: str
    customer: str
    tower: str
    tower_name: str
    vehicle: str | None
    make: str
    model: str
    colour: str
    asked_at: datetime
    slot: Slot | None
    state: str
    since: datetime | None
    text: str
    reasons: tuple[Reason, ...] = ()
    number: str | None = None
    code: str | None = None
    qr: str | None = None
    code_only: bool | None = None
    face_consent: bool = False
    ready_in_s: float | None = None
    cabin: int | None = None
    loan: Loan | None = None
    plan: Plan | None = None
    wait_until: datetime | None = None
    late: bool = False
    arrives_at: datetime | None = None
    may: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of something that was sent. `answered` False: no answer yet, the shop goes on asking."""

    ok: bool
    answered: bool
    reasons: tuple[Reason, ...] = ()
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class StockRow:
    """A vehicle of a dealer. `tower` and `place` None: in no tower that the shop knows of. `with_customer`: on a loan."""

    vehicle: Vehicle
    tag: int | None
    tower: str | None
    place: str | None
    condition: str
    reasons: tuple[str, ...]
    with_customer: bool
    odometer_km: int | None = None
    record: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that a tower told of an order or a vehicle, for a list of what has happened."""

    at: datetime
    tower: str
    text: str
