"""The rows that the shop keeps. Fields hold what SQLite holds: texts, numbers, truths, none; times as RFC 3339 in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: which one, and by which columns it is found."""

    TABLE: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class AccountRow(Row):
    """A made-up customer."""

    TABLE: ClassVar[str] = "accounts"
    KEY: ClassVar[tuple[str, ...]] = ("customer",)

    customer: str
    name: str
    member: bool
    credit_score: int | None
    licence_until: str | None
    identity_checked: bool
    lat_deg: float
    lon_deg: float
    erased_at: str | None = None


@dataclass(frozen=True, slots=True)
class OrderRow(Row):
    """An order, of a customer or of a dealer, and the loan that may have come of it.

    `reasons`: separated by spaces. `plan`: JSON. `back_for`: a `stock_in` that brings back the car of that loan of
    another tower. `wait_until`: of an order that may wait for its car; `late`: that car is not there although its slot has begun.
    `arrives_at`: when the customer comes, as the tower has been told.
    """

    TABLE: ClassVar[str] = "orders"
    KEY: ClassVar[tuple[str, ...]] = ("order_id",)

    order_id: str
    tower: str
    customer: str
    kind: str
    vehicle: str | None
    make: str
    model: str
    colour: str
    asked_at: str
    slot_from: str | None = None
    slot_until: str | None = None
    code: str | None = None
    number: str | None = None
    face_consent: bool = False
    code_only: bool | None = None
    state: str = "asked"
    since: str | None = None
    reasons: str = ""
    loan_state: str | None = None
    out_since: str | None = None
    due_back: str | None = None
    price: int | None = None
    currency: str | None = None
    plan: str | None = None
    back_for: str | None = None
    wait_until: str | None = None
    late: bool = False
    arrives_at: str | None = None


@dataclass(frozen=True, slots=True)
class LetterRow(Row):
    """A command to a tower that is sent until it is answered (orders-if.md 3.4).

    `claims` (JSON) is what is still to be signed, with neither selfie nor code; `token` what was signed, always the
    same, sealed to the tower; it goes once `answer` (JSON) is there. `about`: the order it is about.
    """

    TABLE: ClassVar[str] = "letters"
    KEY: ClassVar[tuple[str, ...]] = ("letter",)

    letter: str
    tower: str
    verb: str
    about: str | None
    queued_at: str
    claims: str | None = None
    token: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class HeardRow(Row):
    """How far a tower's events have been taken in."""

    TABLE: ClassVar[str] = "heard"
    KEY: ClassVar[tuple[str, ...]] = ("tower",)

    tower: str
    event_seq: int
    gaps: int = 0


@dataclass(frozen=True, slots=True)
class HappenedRow(Row):
    """One event of a tower about an order."""

    TABLE: ClassVar[str] = "happened"
    KEY: ClassVar[tuple[str, ...]] = ("tower", "event_seq")

    tower: str
    event_seq: int
    at: str
    order_id: str
    type: str


@dataclass(frozen=True, slots=True)
class VehicleRow(Row):
    """A vehicle in the dealers' books: its `record` (JSON, with tag), what towers have told of it last, and its dashboard.

    `energy_ratio`: of its charge where it is electric, else of its fuel. None: it has not been driven.
    """

    TABLE: ClassVar[str] = "vehicles"
    KEY: ClassVar[tuple[str, ...]] = ("vehicle",)

    vehicle: str
    owner: str
    record: str
    condition: str = "unknown"
    reasons: str = ""
    odometer_km: int | None = None
    energy_ratio: float | None = None


ROWS: tuple[type[Row], ...] = (AccountRow, OrderRow, LetterRow, HeardRow, HappenedRow, VehicleRow)
