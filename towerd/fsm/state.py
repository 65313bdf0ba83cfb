"""The state of the core: tables, which the journal keeps, and what lives only as long as the process."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

from towerd.faceid.liveness import Ask
from towerd.fsm.alarm_rows import AlarmRow, PageRow, Seen
from towerd.fsm.intake_row import Intake, Owing
from towerd.fsm.kept_rows import AnswerRow, AuditMark, CustomerRow, ErasureRow, FaceRow
from towerd.fsm.reply import NOWHERE, JogStep, ReplyTo
from towerd.fsm.rest import Rest
from towerd.fsm.watched import AxisRun, AxisSample, DoneAgain, Run
from towerd.orders.model import DriveCount, Loan, Order, Vehicle, open_of
from towerd.orders.photos import PhotoSet, Shot
from towerd.places import Place
from towerd.plc.snapshot import Snapshot, Unit
from towerd.upkeep.model import Wear

Touched = Mapping[str, Collection[str | int]]
"""By table, the keys of the rows that were put or dropped in a turn, those of new rows in the order in which they came."""
JobState = Literal["running", "held", "done", "cancelled"]
MovePurpose = Literal["fetch", "move", "bring", "put_back", "store", "identify"]
JobPurpose = Literal["deliver", "stage"] | MovePurpose
MoveState = Literal["asked", "arrived", "ready", "left", "done", "cancelled"]
StepState = Literal[
    "written", "running", "unsure", "fencing", "settling", "done", "failed", "aborted", "rejected", "lost"
]


@dataclass(frozen=True, slots=True)
class BayRecord:
    """What the tower remembers of a bay beside the vehicle in it. `unknown`: no command touches it (plc-if.md 6.2).

    `accepted`: what the sensors show although a technician has seen otherwise; it counts as long as they show just this.
    `disabled`: a technician keeps the planner from it. `since_at`: since when it is unknown.
    """

    place: Place
    unknown: bool = False
    reason: str | None = None
    accepted: str | None = None
    disabled: bool = False
    since_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A vehicle on its way: from `source` to `target`. What comes next is derived from the machine, never stored.

    `purpose`: why it is moved. `by`: the person who asked for it by name, None where an order did. `steps_left`: how many
    more commands a technician lets it give before it is held again; None: as many as it takes. `stopped_by`: the technician
    who cancelled it; its order is not planned again before somebody resumes it. `waited_s`: how long it could not move, up to
    `waiting_since_at`, since when it cannot.
    """

    id: int
    vehicle: str
    source: Place
    target: Place
    order: str | None
    state: JobState
    started_at: datetime
    minimum_s: float = 0.0
    purpose: JobPurpose = "deliver"
    by: str | None = None
    steps_left: int | None = None
    stopped_by: str | None = None
    waited_s: float = 0.0
    waiting_since_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A move that a person asked for, until a day after its end. How far it is, its vehicle's place and its jobs tell.

    `source` is where the vehicle stood when it was asked for, `target` where it is to go (None: the best that is free; a
    fetched car's cabin once it is there). `job` is the newest that worked for it. `reason`: why a car that an order needs
    is fetched all the same. `tag`: what was read of one that is to be identified, 0 where nothing could be. `why`: how it
    ended, where not as asked. `since_at`: when its state changed last.
    """

    id: int
    purpose: MovePurpose
    vehicle: str
    source: Place
    target: Place | None
    by: str
    asked_at: datetime
    state: MoveState = "asked"
    job: int | None = None
    reason: str | None = None
    tag: int | None = None
    why: str | None = None
    since_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.state not in ("done", "cancelled")


@dataclass(frozen=True, slots=True)
class Step:
    """One mailbox command, from before it leaves until its end is known (plc-if.md 5 and 6).

    `by`: the technician who gave it by hand, None where towerd gave it by itself.
    """

    unit: Unit
    seq: int
    session: int
    boot_id: int
    code: int
    args: tuple[int, int, int, int]
    limit_ds: int
    job: int | None
    state: StepState
    written_at: datetime
    fence_seq: int | None = None
    fence_session: int | None = None
    result: int | None = None
    error: int | None = None
    reject_code: int | None = None
    ended_at: datetime | None = None
    by: str | None = None

    @property
    def open(self) -> bool:
        """Whether its end is not known yet."""
        return self.state in ("written", "running", "unsure", "fencing")


@dataclass(frozen=True, slots=True)
class PlaceBefore:
    """What the books and the sensors said of a place when the key left Auto."""

    place: Place
    vehicle: str | None
    shown: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A latched fault of the daemon's own catalogue (`faults.py`); keeps its first cause, and the newest other one."""

    number: int
    since_at: datetime
    cause: str
    unit: str | None = None
    vehicle: str | None = None
    count: int = 1
    last_cause: str | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """How many floors, positions of each and cabins the tower has."""

    floors: int = 0
    positions: int = 0
    cabins: int = 0


@dataclass(frozen=True, slots=True)
class Meta:
    """Single values that survive the process.

    `first_fault`: the first of the daemon's own faults since none of them stood or waited to be acknowledged (first-out).
    `alarm_activations`: when the last alarms were raised, as many as it takes to tell a flood. `outbox_done_seq`: the last message
    that the broker has, or that was dropped. `audit_cut_seq`: the last row of the audit log that need not be kept,
    `audit_done_seq` the last that is gone. `size`: as the PLC last said; of all that it names nothing else is known before the PLC is there.
    """

    boot: int = 0
    event_seq: int = 0
    outbox_done_seq: int = 0
    audit_seq: int = 0
    audit_hash: str = ""
    audit_cut_seq: int = 0
    audit_done_seq: int = 0
    job_seq: int = 0
    layout_crc: int | None = None
    first_fault: str | None = None
    alarm_activations: tuple[datetime, ...] = ()
    page_seq: int = 0
    last_number: int = 0
    mqtt_hold: bool = False
    person_holds: bool = False
    button_lost_s: float = 0.0
    simulated: bool = False
    size: Size | None = None


@dataclass(frozen=True)
class Tables:
    """What the journal keeps. Each field but `meta` is a table by primary key; rows are replaced, never changed.

    Without slots, as `Volatile`: a turn copies both, and a copy by `__dict__` costs next to nothing.
    """

    meta: Meta = field(default_factory=Meta)
    vehicles: dict[str, Vehicle] = field(default_factory=dict)
    bays: dict[str, BayRecord] = field(default_factory=dict)
    before: dict[str, PlaceBefore] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    loans: dict[str, Loan] = field(default_factory=dict)
    intakes: dict[int, Intake] = field(default_factory=dict)
    owing: dict[int, Owing] = field(default_factory=dict)
    jobs: dict[int, Job] = field(default_factory=dict)
    moves: dict[int, Move] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    wear: dict[str, Wear] = field(default_factory=dict)
    faults: dict[int, Fault] = field(default_factory=dict)
    alarms: dict[str, AlarmRow] = field(default_factory=dict)
    pages: dict[str, PageRow] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    answers: dict[str, AnswerRow] = field(default_factory=dict)
    faces: dict[str, FaceRow] = field(default_factory=dict)
    photos: dict[str, PhotoSet] = field(default_factory=dict)
    marks: dict[int, AuditMark] = field(default_factory=dict)
    customers: dict[str, CustomerRow] = field(default_factory=dict)
    erasures: dict[str, ErasureRow] = field(default_factory=dict)
    drives: dict[str, DriveCount] = field(default_factory=dict)

    @cached_property
    def open_orders(self) -> dict[str, Order]:
        """Those of `orders` that have not ended, in the same order: an order is remembered for a day after its end.

        Derived, never kept; a turn that changes an order brings it along (`draft.py`).
        """
        return open_of(self.orders)


@dataclass(frozen=True, slots=True)
class IdentityDecision:
    """That the person at the gate is the one of an order; counts for 300 s of this process's clock (invariant 7)."""

    order: str
    by: Literal["face", "code", "papers"]
    decided_mono_s: float
    liveness: str
    score: float | None


@dataclass(frozen=True, slots=True)
class Vouched:
    """That one named person has seen a customer's papers; it counts once another says so too (orders-if.md 6.3)."""

    by: str
    technician: bool
    saw: str
    mono_s: float


@dataclass(frozen=True, slots=True)
class TagReading:
    """That the tag of an order's vehicle was read in a cabin behind its closed inner door, and under which epoch."""

    cabin: int
    tag: int
    epoch: int


@dataclass(frozen=True, slots=True)
class FaceClaim:
    """Whose number was typed at the kiosk; until then a face is compared with that order alone."""

    order: str
    until_mono_s: float


@dataclass(frozen=True, slots=True)
class CabinAsked:
    """Somebody with a car has asked for a cabin (None: any) while none was free."""

    cabin: int | None
    at: datetime
    mono_s: float


@dataclass(frozen=True, slots=True)
class FaceAsked:
    """What the face of `track` in view is asked to do now; `made` of `turns` turns are done."""

    track: int
    ask: Ask
    made: int
    turns: int


@dataclass(frozen=True, slots=True)
class PackmlRequest:
    """A PackML command under way, until the PLC has answered its number (4.3)."""

    command: int
    seq: int
    session: int
    sent_mono_s: float
    reply: ReplyTo = NOWHERE


@dataclass(frozen=True, slots=True)
class Lease:
    """Who commands by hand, and until when if nothing more is heard (this process's monotonic clock)."""

    holder: str
    until_mono_s: float


@dataclass(frozen=True, slots=True)
class Jog:
    """An axis that a technician drives by hand (plc-if.md 7); it stops unless it is heard of again by `until_mono_s`."""

    axis: int
    direction: int
    by: str
    until_mono_s: float


@dataclass(frozen=True)
class Volatile:
    """What dies with the process: the picture of the machine, decisions about people, links, what was asked for."""

    snapshot: Snapshot | None = None
    started_at: datetime | None = None
    alarm_ack_seq: int = 0
    alarm_timer_at: datetime | None = None
    paging: tuple[str, ...] = ()
    plc_reason: str = "not connected yet"
    reconciled_session: int | None = None
    packml: PackmlRequest | None = None
    packml_refusal: str | None = None
    packml_sent: PackmlRequest | None = None
    lease: Lease | None = None
    hand_replies: dict[str, ReplyTo] = field(default_factory=dict)
    jog: Jog | None = None
    jog_step: JogStep | None = None
    decisions: dict[str, IdentityDecision] = field(default_factory=dict)
    vouched: dict[str, Vouched] = field(default_factory=dict)
    readings: dict[str, TagReading] = field(default_factory=dict)
    written_mono_s: dict[str, float] = field(default_factory=dict)
    touched_mono_s: dict[str, float] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    retry_after_mono_s: dict[str, float] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    done_again: dict[str, DoneAgain] = field(default_factory=dict)
    axis_runs: dict[str, AxisRun] = field(default_factory=dict)
    axis_samples: tuple[AxisSample, ...] = ()
    held_units: frozenset[Unit] = frozenset()
    asked: FaceAsked | None = None
    claim: FaceClaim | None = None
    cabin_asked: CabinAsked | None = None
    face_available: bool = False
    face_reason: str = "starting"
    bus_connected: bool = False
    clock_sure: bool = False
    clock_confirmed_mono_s: float | None = None
    plan_version: int = 0
    plan_pending_mono_s: float | None = None
    watching: dict[str, str] = field(default_factory=dict)
    photographing: dict[int, Shot] = field(default_factory=dict)
    stopping: bool = False
    look_allowed_mono_s: float = 0.0
    failed_looks_in_row: int = 0
    code_allowed_mono_s: float = 0.0
    failed_codes_in_row: int = 0
    started_session: int | None = None
    stop_holds: bool = False
    places_checked: bool = False
    doing: str = "starting"
    obstacles_since_at: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """Everything the core knows. `rest` and `touched` are no knowledge of its own: without the one a turn asks more, without
    the other whoever wants to know what a turn has changed looks through more, and both find the same.
    """

    tables: Tables = field(default_factory=Tables)
    volatile: Volatile = field(default_factory=Volatile)
    rest: Rest | None = field(default=None, init=False, compare=False, repr=False)
    touched: Touched | None = field(default=None, init=False, compare=False, repr=False)

    @classmethod
    def after(cls, tables: Tables, volatile: Volatile, rest: Rest | None, touched: Touched) -> State:
        """The state after a turn, with what that has found."""
        found = cls(tables, volatile)
        object.__setattr__(found, "rest", rest)
        object.__setattr__(found, "touched", touched)
        return found
