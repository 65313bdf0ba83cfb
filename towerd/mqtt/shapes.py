"""The form of everything that is published, as `examples.json` shows it (orders-if.md 2). Pure declarations.

`payloads.py` makes these bodies, and mypy holds it to them; the JSON Schemas are generated from them. Every field is there
in every message, null where unknown or not applicable. The publisher puts the envelope around a body: that is a message.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Annotated, Any, Literal, get_args

from pydantic import Field
from typing_extensions import TypedDict

from towerd.cabin.model import DoorState, Signal
from towerd.faults import Priority
from towerd.orders.claim_parts import Coordinate, Currency, Id, Money, PublicJwk, SlotShown, Text, Url, Word
from towerd.orders.model import Condition, LoanState, OrderKind, OrderState
from towerd.orders.reasons import REASONS
from towerd.plc.snapshot import KeySwitch, PackmlState
from towerd.view import Quality


def one_of(words: Iterable[str]) -> Any:
    """A text that is one of these words; what the code writes is not known to mypy word by word."""
    return Field(json_schema_extra={"enum": list(words)})


def names(kind: type[Enum]) -> list[str]:
    """The names of an enumeration as they are published."""
    return [one.name.lower() for one in kind]


At = Annotated[
    str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", json_schema_extra={"format": "date-time"})
]
"""UTC to the millisecond (2.1)."""
Door = Annotated[str, one_of(names(DoorState))]
Sign = Annotated[str, Field(pattern=rf"^({'|'.join(names(Signal))}|\d+)$")]
"""A sign that the PLC shows and this version has no word for is published by its number."""
KeyMode = Annotated[str, one_of(names(KeySwitch))]
Packml = Annotated[str, one_of(names(PackmlState))]
Reason = Annotated[str, one_of(REASONS)]
AlarmCode = Annotated[str, Field(pattern=r"^(PLC-\d{3}|TWR-\d{4})$")]
AlarmPriority = Annotated[str, one_of(get_args(Priority))]
AlarmShown = Annotated[
    str,
    one_of(
        (
            "unacked_active",
            "acked_active",
            "unacked_cleared",
            "latched_unacked",
            "latched_acked",
            "shelved",
            "out_of_service",
        )
    ),
]
"""ISA-18.2's states, without that in which there is nothing to show."""
AlarmWhat = Annotated[
    str,
    one_of(
        (
            "raised",
            "acknowledged",
            "cleared",
            "reannounced",
            "paged",
            "shelved",
            "unshelved",
            "out_of_service",
            "in_service",
        )
    ),
]
Counter = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(ge=0)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Code = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
"""A word for programs; its text stands in the handbooks."""


class Envelope(TypedDict):
    """What every JSON payload begins with (2.1)."""

    v: Literal[1]
    at: At
    boot: Counter
    seq: Counter
    simulated: bool


class KeyBody(TypedDict):
    """Topic `key`; `thumbprint` is that of RFC 7638."""

    jwk: PublicJwk
    thumbprint: Coordinate


class ActivityShown(TypedDict):
    """What the tower does now."""

    what: Code
    order: Id | None
    step: str | None
    since: At
    remaining_s: Seconds | None


class Identification(TypedDict):
    """What identification demands (6.1)."""

    engine: str
    liveness: list[str]
    face_alone: list[str]
    face_available: bool


class StateBody(TypedDict):
    """Topic `state`, and the result of the verb `state`."""

    mode: KeyMode | None
    packml: Packml | None
    stop_reason: str | None
    activity: ActivityShown
    can_deliver: bool
    why_not: list[Code | AlarmCode]
    identification: Identification
    alarms_active: int
    version: str


class TestDriveOffered(TypedDict):
    """What a test drive costs, in minor units."""

    __test__ = False  # type: ignore[misc]

    fee: Money
    deposit: Money
    currency: Currency


class PurchaseOffered(TypedDict):
    """What the vehicle costs, in minor units."""

    price: Money
    currency: Currency


class OffersShown(TypedDict):
    """What may be done with a vehicle; null: it is not offered."""

    test_drive: TestDriveOffered | None
    purchase: PurchaseOffered | None


class CatalogueVehicle(TypedDict):
    """The vehicle record without tag, condition, from when it can be ordered, and seconds to deliver."""

    id: Id
    make: Text
    model: Text
    colour: Text
    year: int
    trim: Text
    propulsion: Literal["petrol", "diesel", "hybrid", "electric"]
    mass_kg: Word
    length_mm: Word
    width_mm: Word
    height_mm: Word
    image_url: Url
    owner: Id
    offers: OffersShown
    condition: Condition
    orderable_from: At | None
    ready_in_s: Seconds | None


class CatalogueBody(TypedDict):
    """Topic `catalogue`."""

    vehicles: list[CatalogueVehicle]


class LiftBody(TypedDict):
    """Topic `lift`."""

    quality: Quality
    position_mm: int | None
    velocity_mm_s: int | None
    floor: int | None
    rotation_deg: float | None
    fork_mm: int | None
    loaded: bool | None
    vehicle: Id | None


class CabinBody(TypedDict):
    """Topic `cabin/{n}`."""

    quality: Quality
    outer_door: Door | None
    inner_door: Door | None
    vehicle: Id | None
    person: bool | None
    clear_confirmed: bool | None
    signal: Sign | None
    order: Id | None


class BayBody(TypedDict):
    """Topic `bay/{floor}-{position}`."""

    quality: Quality
    occupied: bool | None
    vehicle: Id | None
    locked: bool | None
    disabled: bool | None
    fault: bool | None
    reserved_for: Id | None


class OrderBody(TypedDict):
    """Topic `order/{id}`: neither customer, number nor code (2.1)."""

    id: Id
    kind: OrderKind
    state: OrderState
    since: At
    reason: str | None
    vehicle: Id | None
    slot: SlotShown | None
    cabin: int | None
    ready_in_s: Seconds | None


class LoanBody(TypedDict):
    """Topic `loan/{id}`."""

    id: Id
    state: LoanState
    vehicle: Id
    out_since: At
    due_back: At
    overdue_s: Annotated[int, Field(ge=0)]
    reason: str | None


class AlarmBody(TypedDict):
    """An alarm that stands, waits to be acknowledged, or is silenced."""

    code: AlarmCode
    name: str
    priority: AlarmPriority
    state: AlarmShown
    since: At
    shelved_until: At | None
    text: str


class AlarmsBody(TypedDict):
    """Topic `alarm/active`."""

    alarms: list[AlarmBody]


class AlarmEventBody(TypedDict):
    """Topic `alarm/event`."""

    event_seq: Counter
    code: AlarmCode
    what: AlarmWhat
    by: str | None
    reason: str | None


class EventBody(TypedDict):
    """Topic `event`; which fields `data` has, depends on `type`."""

    event_seq: Counter
    audit_seq: int | None
    audit_hash: Hash | None
    type: str
    order: Id | None
    customer: Id | None
    data: dict[str, Any]


class OrderAnswered(TypedDict):
    """The result of an order that is accepted (4.5)."""

    order: Id
    state: OrderState
    vehicle: Id | None
    slot: SlotShown | None
    number: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    code_only: bool
    ready_in_s: Seconds | None


class VerbAnswered(TypedDict):
    """The result of any other verb."""

    order: Id | None
    state: str


class StateMessage(Envelope, StateBody):
    """A message of the topic `state`."""


class StateAnswered(TypedDict):
    """The result of the verb `state`: the whole message of the topic."""

    state: StateMessage


class AnswerBody(TypedDict):
    """An answer (3.2); `req_id` null where the request could not be read."""

    req_id: Id | None
    ok: bool
    reasons: list[Reason]
    result: OrderAnswered | VerbAnswered | StateAnswered | None


BODIES: dict[str, Any] = {
    "key": KeyBody,
    "state": StateBody,
    "catalogue": CatalogueBody,
    "lift": LiftBody,
    "cabin": CabinBody,
    "bay": BayBody,
    "order": OrderBody,
    "loan": LoanBody,
    "alarm_active": AlarmsBody,
    "alarm_event": AlarmEventBody,
    "event": EventBody,
    "answer": AnswerBody,
}
"""What is published, by the name of its schema."""
