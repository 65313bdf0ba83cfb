"""A frozen read model for the API, MQTT and the screens. Built from the state, it never leads back into it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from towerd.orders.model import Loan, Order, Vehicle
from towerd.orders.photos import PhotoSet

Quality = Literal["good", "stale", "unknown"]


@dataclass(frozen=True, slots=True)
class Activity:
    """What the tower is doing now."""

    what: str
    order: str | None
    step: str | None
    since_at: datetime
    remaining_s: float | None


@dataclass(frozen=True, slots=True)
class LiftView:
    """The carriage. `floor` None between floors. `rotation_deg` 0 to 360."""

    quality: Quality
    position_mm: int | None
    velocity_mm_s: int | None
    floor: int | None
    rotation_deg: float | None
    fork_mm: int | None
    loaded: bool | None
    vehicle: str | None


@dataclass(frozen=True, slots=True)
class CabinView:
    """A cabin. Doors by DoorState's lower-case names, the sign by Signal's."""

    number: int
    quality: Quality
    outer_door: str | None
    inner_door: str | None
    vehicle: str | None
    person: bool | None
    clear_confirmed: bool | None
    signal: str | None
    order: str | None
    tag: int | None = None
    occupied: bool | None = None


@dataclass(frozen=True, slots=True)
class IntakeView:
    """A car that is, or was last, driven into a cabin. `text` tells its driver what to do next. `button_lost_s`: how long
    the cabin stood for want of the button alone. `wanted`: what its driver still has to type (`odometer_km`, `charge_ratio`,
    `fuel_ratio`).
    """

    cabin: int
    vehicle: str
    kind: str
    state: str
    since_at: datetime
    text: str
    reasons: tuple[str, ...]
    button_lost_s: float
    wanted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwingView:
    """What people have left undone at a cabin; `please` asks whoever comes next, at whichever cabin."""

    cabin: int
    what: str
    since_at: datetime
    please: str
    paged: bool


@dataclass(frozen=True, slots=True)
class BayView:
    """A bay; `place` as 3-4."""

    place: str
    quality: Quality
    occupied: bool | None
    vehicle: str | None
    locked: bool | None
    disabled: bool | None
    fault: bool | None
    reserved_for: str | None


@dataclass(frozen=True, slots=True)
class HandView:
    """Work by hand: who commands and for how long still (in steps of 10 s, for each change is shown), the axis that jogs, whether the key is (or was) away from Auto,
    and what changed meanwhile that nobody has confirmed.
    """

    commander: str | None = None
    lease_left_s: float | None = None
    jogging: str | None = None
    key_away: bool = False
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobView:
    """A job; places as bay:3-4, cabin:1, carriage. `stopped_by`: its order waits for this technician's word.

    `minimum_s` is the mechanical minimum, `motion_s` how long an ended job has moved. `waits_for`: the codes of what a running job
    stands behind.
    """

    id: int
    purpose: str
    state: str
    vehicle: str
    source: str
    target: str
    order: str | None
    by: str | None
    started_at: datetime
    ended_at: datetime | None
    steps_left: int | None
    stopped_by: str | None
    minimum_s: float = 0.0
    motion_s: float | None = None
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A bay by books (`vehicle`), sensors (empty, occupied, disagree), technician and PLC.

    `accepted`: a technician's word stands against the sensors. `disabled`: the planner keeps off; `plc_disabled`: at the
    PLC's panel.
    """

    place: str
    vehicle: str | None
    sensors: str
    unknown: bool
    accepted: bool
    disabled: bool
    plc_disabled: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class AlarmView:
    """An alarm of the PLC (PLC-nnn) or of towerd (TWR-nnnn), by its ISA-18.2 state.

    `state`: unacked_active, acked_active, unacked_cleared, latched_unacked, latched_acked, shelved or out_of_service.
    `active`: it stands now, announced or not. `first_out`: the first of its kind since all was well. `stops`: abort, hold
    or no; silenced or not. `acked_by`, `silenced_by`: persons by account.
    """

    code: str
    name: str
    priority: str
    state: str
    since_at: datetime
    text: str
    cure: str = ""
    cause: str = ""
    active: bool = True
    stops: str = "no"
    first_out: bool = False
    acked_by: str | None = None
    shelved_until_at: datetime | None = None
    silenced_by: str | None = None
    silenced_because: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceView:
    """Wear of an axis, a lock or a door. Ratios are times over the mechanical minimum; `drift_ratio` 0.2: a fifth slower
    than after its service. `due`: no, soon, now.
    """

    device: str
    kind: str
    cycles: int
    cycles_since_service: int
    cycles_between_services: int | None
    serviced_at: datetime | None
    serviced_by: str | None
    due: str
    due_at: datetime | None
    samples: int
    reference_ratio: float | None
    recent_ratio: float | None
    drift_ratio: float | None
    tries_ratio: float


@dataclass(frozen=True, slots=True)
class ChallengeView:
    """What the person at the gate is asked to do now, in words; `made` of `turns` turns of the head are done."""

    prompt: str
    ask: str
    made: int
    turns: int


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that stops motion or delivery now: its code, what it is, what to do, since when and why if known."""

    code: str
    text: str
    cure: str
    since_at: datetime | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an order, a move, a job, a car that is driven in or a place waits for: a code, which one, for what, what to do.

    `asks`: `help` is owed by somebody who has to be called, `customer` is on the way or at the car, and what the `machine`
    has to do passes by itself.
    """

    code: str
    what: str
    text: str
    cure: str
    asks: Literal["help", "customer", "machine"]
    since_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A line of the catalogue."""

    vehicle: Vehicle
    orderable_from_at: datetime | None
    ready_in_s: float | None


@dataclass(frozen=True, slots=True)
class MoveView:
    """A move that a person has asked for. Places as bay:3-4, cabin:1, carriage; `target` None: the best that is free.

    `state`: waiting, moving, arrived (held in its cabin), ready (its door is open) or left; done or cancelled for an hour
    where it ended otherwise than it was asked for. `next`: what comes next, or is waited for, or why it is over. `job`: the newest job that works for it.
    """

    id: int
    purpose: str
    state: str
    vehicle: str
    source: str
    target: str | None
    job: int | None
    by: str
    reason: str | None
    asked_at: datetime
    next: str


@dataclass(frozen=True, slots=True)
class StockRow:
    """A bay whose tag is to be read, or was: `tag` None not yet, 0 it could not be read."""

    move: int
    bay: str
    state: str
    vehicle: str
    tag: int | None
    why: str | None


@dataclass(frozen=True, slots=True)
class View:
    """Everything there is to show. `at` is when it was built (aware UTC)."""

    at: datetime
    boot: int
    simulated: bool
    version: str
    plc_good: bool
    plc_reason: str
    mode: str | None
    packml: str | None
    stop_reason: str | None
    activity: Activity
    can_deliver: bool
    why_not: tuple[str, ...]
    obstacles: tuple[Obstacle, ...]
    engine: str
    liveness: tuple[str, ...]
    face_alone: tuple[str, ...]
    face_available: bool
    face_reason: str
    floors: int
    positions: int
    lift: LiftView
    waiting: tuple[Waiting, ...] = ()
    cabins: tuple[CabinView, ...] = ()
    intakes: tuple[IntakeView, ...] = ()
    owing: tuple[OwingView, ...] = ()
    button_lost_s: float = 0.0
    bays: tuple[BayView, ...] = ()
    orders: tuple[Order, ...] = ()
    loans: tuple[Loan, ...] = ()
    offers: tuple[Offer, ...] = ()
    vehicles: tuple[Vehicle, ...] = ()
    moves: tuple[MoveView, ...] = ()
    stock_take: tuple[StockRow, ...] = ()
    alarms: tuple[AlarmView, ...] = ()
    devices: tuple[DeviceView, ...] = ()
    alarm_flood: bool = False
    audit_seq: int = 0
    photos: tuple[PhotoSet, ...] = ()
    challenge: ChallengeView | None = None
    order_ready_in_s: dict[str, float] = field(default_factory=dict)
    bus_connected: bool = False
    hand: HandView = field(default_factory=HandView)
    jobs: tuple[JobView, ...] = ()
    places: tuple[PlaceView, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def needs_help(self) -> bool:
        """Whether something waits that goes on only once somebody has done something about it."""
        return any(row.asks == "help" for row in self.waiting)
