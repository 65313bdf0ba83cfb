"""What a decision about orders looks at, and what it answers. Pure values; the core owns the tables behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import InitVar, dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from towerd.errors import Refusal
from towerd.orders.model import DriveCount, Known, Loan, Order, Vehicle, open_of


class AnswerLike(Protocol):
    """A first answer as the tables keep it (orders-if.md 3.3, 4.3)."""

    @property
    def payload_sha256(self) -> str:
        """Hash of the token's payload."""

    @property
    def issuer(self) -> str:
        """Who signed it."""

    @property
    def ok(self) -> bool:
        """Whether it was accepted."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it was refused."""

    @property
    def result(self) -> dict[str, Any] | None:
        """What was answered."""

    @property
    def until_at(self) -> datetime:
        """Until when it is kept."""


@dataclass(frozen=True, slots=True)
class OrderBook:
    """What decisions about orders read. `drives`: what is counted of those who were forgotten, by handle.

    `kept`: vehicles that somebody keeps from being brought to a customer, for as long as it lasts. `open_orders` are those of
    `orders` that have not ended; `known_open` where somebody has looked already.
    """

    vehicles: Mapping[str, Vehicle]
    orders: Mapping[str, Order]
    loans: Mapping[str, Loan]
    answers: Mapping[str, AnswerLike] = field(default_factory=dict)
    drives: Mapping[str, DriveCount] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    known_open: InitVar[Mapping[str, Order] | None] = None
    open_orders: Mapping[str, Order] = field(init=False)

    def __post_init__(self, known_open: Mapping[str, Order] | None) -> None:
        object.__setattr__(self, "open_orders", open_of(self.orders) if known_open is None else known_open)


@dataclass(frozen=True, slots=True)
class Request:
    """A verified token with the request that carried it. `claims` is the payload without selfie and code.

    `face` is what became of the selfie, `req_id` and `expires_at` are the request's own (3.1). `known`: whom `sub` stands for,
    where the kind asks for it. `limited`: its sender hands in too many orders. `late`: now is not the token's time.
    """

    claims: Mapping[str, Any]
    payload_sha256: str
    code_mac: str | None = None
    face: Literal["enrolled", "none", "unavailable", "refused"] = "none"
    face_reasons: tuple[str, ...] = ()
    req_id: str = ""
    expires_at: datetime | None = None
    known: Known | None = None
    limited: bool = False
    late: bool = False

    @property
    def handle(self) -> str:
        """Under what the customer's drives are counted; empty where nobody said."""
        return self.known.handle if self.known is not None else ""

    @property
    def pseudonym(self) -> str | None:
        """What names the customer in the audit log."""
        return self.known.pseudonym if self.known is not None else None


@dataclass(frozen=True, slots=True)
class Largest:
    """What the tower takes at most (plc-if.md, ID)."""

    length_mm: int
    width_mm: int
    height_mm: int
    mass_kg: int


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds beside the tables. `now` is aware UTC. `ready_s`: seconds to hand over each vehicle, where known.

    `bays_free`: empty bays with room for a vehicle that nobody counts on, and `largest`; None where nobody sees the machine.
    `number_step` and `last_number` give the next number; the step has no factor 2 or 5, so that all 10,000 are met.
    `out_of_service`: the tower takes no orders. `clock_sure` as in 4.4.
    """

    now: datetime
    ready_s: Mapping[str, float] = field(default_factory=dict)
    last_number: int = 0
    number_step: int = 3947
    clock_sure: bool = True
    out_of_service: bool = False
    bays_free: Callable[[Vehicle], int] | None = None
    largest: Largest | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer to keep under `key` (`jti:…`, `req:…`) until `until_at`."""

    key: str
    payload_sha256: str
    issuer: str
    ok: bool
    reasons: tuple[str, ...]
    result: dict[str, Any] | None
    until_at: datetime


@dataclass(frozen=True, slots=True)
class Repeated:
    """The first answer, given again; nothing else changes."""

    ok: bool
    reasons: tuple[str, ...]
    result: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class OrderAccepted:
    """A new order; its vehicle becomes `reserved`. `last_number` is to be kept for the next. `arrives`: the vehicle that is
    announced by it.
    """

    order: Order
    last_number: int
    result: dict[str, Any]
    arrives: Vehicle | None = None


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    """The order as it ends; its vehicle, if it was reserved for it, is free again."""

    order: Order
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class MotionAsked:
    """`hold` or `resume` from an operator far away."""

    verb: Literal["hold", "resume"]
    customer: str
    reason: str | None
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LoanEnded:
    """The loan as it ends otherwise than here; its vehicle's stay ends with it. `data`: what the event tells of
    it beside the facts that are told of every loan that ends.
    """

    loan: Loan
    data: dict[str, Any]
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ConditionAsked:
    """What staff say of a vehicle, with `reasons` where it is out of service."""

    vehicle: str
    condition: Literal["out_of_service", "available", "inspection"]
    reasons: tuple[str, ...]
    note: str | None
    by: str
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class VehicleReported:
    """A vehicle with what was reported of it."""

    vehicle: Vehicle
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FaceWithdrawn:
    """The order as only its code serves it from now on; its face is to be destroyed at once."""

    order: Order
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EtaNoted:
    """The order with when its customer is expected."""

    order: Order
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ErasureAsked:
    """A customer is to be forgotten; `request` is the token's id. The core knows what an order or loan still needs."""

    customer: str
    handle: str
    request: str
    result: dict[str, Any]


Outcome = (
    OrderAccepted
    | OrderCancelled
    | LoanEnded
    | ConditionAsked
    | VehicleReported
    | FaceWithdrawn
    | EtaNoted
    | MotionAsked
    | ErasureAsked
    | Repeated
    | Refusal
)


def answer_of(outcome: Outcome) -> tuple[bool, tuple[str, ...], dict[str, Any] | None]:
    """`ok`, `reasons` and `result` of the answer to an outcome (`examples.json` answers)."""
    if isinstance(outcome, Refusal):
        return False, outcome.reasons, None
    if isinstance(outcome, Repeated):
        return outcome.ok, outcome.reasons, outcome.result
    return True, (), outcome.result
