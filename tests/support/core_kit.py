"""A tower at rest and a core that knows it, with helpers that change one thing at a time.

`machine()` is the picture where nothing stands in the way: Execute, key at Auto, everything homed, closed, locked, clear
and empty, the carriage at cabin 1. Each `with_…` returns another picture. `state_of` makes a State around one, `turn_of`
a Turn, and `writes`/`packml_writes`/`told` read what the turn asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tests.support.values import AT, order, record, snapshot
from towerd.bays.model import BayBits
from towerd.cabin.model import CabinSensors, DoorState
from towerd.faceid.policy import MatchPolicy
from towerd.fsm.commands import Answer, AppendOutbox, Command, WriteMailbox, WritePackml
from towerd.fsm.config import CoreConfig
from towerd.fsm.events import BusChanged, Event, Stamped
from towerd.fsm.state import Job, State, Step, StepState, Tables, Volatile
from towerd.fsm.turn import Turn
from towerd.lift.kinematics import Kinematics
from towerd.lift.model import Load
from towerd.orders.model import Order, Vehicle
from towerd.places import Place, bay, cabin
from towerd.plc.codes import Args, Code
from towerd.plc.snapshot import Alarms, Capability, Interlock, Safety, Snapshot, Unit

FLOORS, POSITIONS = 3, 4
EMPTY_LOCKED = int(BayBits.LOCKED)
OCCUPIED_LOCKED = int(BayBits.OCCUPIED_A | BayBits.OCCUPIED_B | BayBits.LOCKED)
EMPTY_OPEN = 0
OCCUPIED_OPEN = int(BayBits.OCCUPIED_A | BayBits.OCCUPIED_B)
CLEAR = CabinSensors.LIGHT_CURTAIN_CLEAR | CabinSensors.CLEAR_CONFIRMED | CabinSensors.DOORWAY_CLEAR
BOTH_IN_CABIN = CabinSensors.VEHICLE_FRONT | CabinSensors.VEHICLE_REAR
SAFE = (
    Safety.ESTOP_CHAIN_OK
    | Safety.SHAFT_CLEAR
    | Safety.MAINS_OK
    | Safety.DRIVES_ENABLED
    | Safety.OVERSPEED_OK
    | Safety.ROPE_OK
    | Safety.GATES_CLOSED
)
KINEMATICS = Kinematics(positions=POSITIONS)
TAG = 4711
MONO_S = 1000.0
HOME_BAY = bay(2, 3)
CABIN_1 = cabin(1)
_NO_SENSORS = CabinSensors(0)
_NO_SAFETY = Safety(0)

_C = TypeVar("_C")


def machine(*, cabins: int = 2, session: int = 3) -> Snapshot:
    """Nothing stands in the way: 3 floors of 4 positions, all bays empty and locked, carriage empty at cabin 1."""
    base = snapshot(session)
    identity = replace(
        base.identity,
        floors=FLOORS,
        positions=POSITIONS,
        cabins=cabins,
        capabilities=base.identity.capabilities | Capability.CARRIAGE_TAG_READER,
    )
    return replace(
        base,
        identity=identity,
        system=replace(base.system, safety=SAFE),
        cabins=tuple(replace(base.cabins[0], number=number, sensors=CLEAR, signal=1) for number in (1, 2)[:cabins]),
        bay_words=(EMPTY_LOCKED,) * (FLOORS * POSITIONS),
        alarms=Alarms(frozenset(), frozenset(), None, 0),
    )


def with_system(picture: Snapshot, **values: Any) -> Snapshot:
    """Other fields of SYS: key_switch, packml_state, stop_reason, boot_id, packml_ack_seq …"""
    return replace(picture, system=replace(picture.system, **values))


def with_safety(picture: Snapshot, *, on: Safety = _NO_SAFETY, off: Safety = _NO_SAFETY) -> Snapshot:
    """Safety bits set and cleared."""
    return with_system(picture, safety=(picture.system.safety | on) & ~off)


def with_session(picture: Snapshot, session: int, taken_seq: int | None = None) -> Snapshot:
    """The same machine read under another session; `taken_seq` of every mailbox if given."""
    changed = replace(picture, session=session, system=replace(picture.system, pc_session_echo=session))
    for unit in Unit if taken_seq is not None else ():
        changed = with_mailbox(changed, unit, taken_seq=taken_seq)
    return changed


def with_mailbox(picture: Snapshot, unit: Unit, **values: Any) -> Snapshot:
    """Other words of one mailbox's status: active_seq, last_seq, last_result, taken_seq, fence_seq, reject_seq …"""
    return replace(picture, mailboxes={**picture.mailboxes, unit: replace(picture.mailboxes[unit], **values)})


def with_cabin(
    picture: Snapshot,
    number: int = 1,
    *,
    on: CabinSensors = _NO_SENSORS,
    off: CabinSensors = _NO_SENSORS,
    **values: Any,
) -> Snapshot:
    """Another cabin: sensor bits set and cleared, other fields (inner_door, outer_door, tag, occupancy_epoch …)."""
    shown = picture.cabin(number)
    changed = replace(shown, **{"sensors": (shown.sensors | on) & ~off, **values})
    return replace(picture, cabins=tuple(changed if each.number == number else each for each in picture.cabins))


def with_cabin_vehicle(picture: Snapshot, number: int = 1, tag: int = TAG) -> Snapshot:
    """A vehicle with this tag in the cabin, both sensors on."""
    return with_cabin(picture, number, on=BOTH_IN_CABIN, tag=tag)


def with_bay(picture: Snapshot, floor: int, position: int, word: int) -> Snapshot:
    """Another word for one bay: OCCUPIED_LOCKED, EMPTY_OPEN …"""
    index = (floor - 1) * picture.identity.positions + position - 1
    words = picture.bay_words
    return replace(picture, bay_words=(*words[:index], int(word), *words[index + 1 :]))


def with_load(picture: Snapshot, tag: int = TAG, **values: Any) -> Snapshot:
    """A vehicle centred on the carriage; `values` change fields of LOAD."""
    load = replace(Load(True, True, True, False, 1400, tag), **values)
    return replace(picture, load=load)


def with_axis(picture: Snapshot, axis: str, **values: Any) -> Snapshot:
    """Another lift, turntable or fork."""
    return replace(picture, **{axis: replace(getattr(picture, axis), **values)})


def unhomed(picture: Snapshot, *axes: str) -> Snapshot:
    """These axes have lost their reference (all, if none is named)."""
    for axis in axes or ("lift", "turntable", "fork"):
        picture = with_axis(picture, axis, status=type(picture.lift.status).POWERED)
    return picture


def standing_at(picture: Snapshot, place: Place) -> Snapshot:
    """The carriage at a bay's or a cabin's station."""
    floor, position = place.station
    return with_axis(with_axis(picture, "lift", station_floor=floor), "turntable", station_position=position)


def between_stations(picture: Snapshot) -> Snapshot:
    """The carriage somewhere in the shaft."""
    return with_axis(with_axis(picture, "lift", station_floor=None), "turntable", station_position=None)


def fork_out(picture: Snapshot) -> Snapshot:
    """The fork is not centred."""
    return with_system(picture, interlocks=picture.system.interlocks | Interlock.FORK_NOT_CENTRED)


def inner_door_open(picture: Snapshot, number: int = 1) -> Snapshot:
    """The inner door of a cabin stands open."""
    return with_cabin(picture, number, inner_door=DoorState.OPEN)


def config(**values: Any) -> CoreConfig:
    """The core's settings as a first tower has them, with others given."""
    base = CoreConfig(
        tower="tower-1", version="0.1.0", policy=MatchPolicy(accept=0.5, margin=0.1), kinematics=KINEMATICS
    )
    return replace(base, **values)


def vehicle(vehicle_id: str = "car-1", place: Place = HOME_BAY, tag: int = TAG, **values: Any) -> Vehicle:
    """A vehicle that the tower knows, in a bay."""
    return Vehicle(record(vehicle_id, tag), place, **values)


def order_in(state: str, order_id: str = "ord-1", **values: Any) -> Order:
    """An order of car-1 in this state, to be handed over in cabin 1."""
    return replace(order(order_id), **{"state": state, "cabin": 1, **values})


def job(number: int = 1, source: Place = HOME_BAY, target: Place = CABIN_1, **values: Any) -> Job:
    """The running transfer of car-1 for ord-1."""
    return replace(Job(number, "car-1", source, target, "ord-1", "running", AT), **values)


def step_row(
    unit: Unit = Unit.CARRIAGE,
    state: StepState = "written",
    code: int = Code.LIFT_TO,
    args: Args = (2, 3, 0, 0),
    **values: Any,
) -> Step:
    """A mailbox command: seq 5 of session 3, PLC boot 2 (those of `machine()`)."""
    base = Step(
        unit, seq=5, session=3, boot_id=2, code=code, args=args, limit_ds=300, job=1, state=state, written_at=AT
    )
    return replace(base, **values)


def tables_of(
    *,
    vehicles: Iterable[Vehicle] = (),
    orders: Iterable[Order] = (),
    jobs: Iterable[Job] = (),
    steps: Iterable[Step] = (),
    **values: Any,
) -> Tables:
    """Tables by their primary keys; other tables as they are given."""
    rows: dict[str, Any] = {
        "vehicles": {row.id: row for row in vehicles},
        "orders": {row.id: row for row in orders},
        "jobs": {row.id: row for row in jobs},
        "steps": {row.unit: row for row in steps},
    }
    return Tables(**(rows | values))


def state_of(picture: Snapshot | None = None, tables: Tables | None = None, **volatile: Any) -> State:
    """A core that sees this picture, reconciled with it unless `reconciled_session` says otherwise."""
    seen: dict[str, Any] = {"snapshot": picture, "reconciled_session": picture.session if picture else None}
    return State(tables or Tables(), Volatile(**(seen | volatile)))


def turn_of(
    state: State,
    mono_s: float = MONO_S,
    settings: CoreConfig | None = None,
    event: Event | None = None,
    at: datetime | None = None,
) -> Turn:
    """A turn of that state; wall time runs with `mono_s` from `values.AT`."""
    now = at or AT + timedelta(seconds=mono_s - MONO_S)
    return Turn(state, Stamped(now, mono_s, event or BusChanged(True)), settings or config())


def later(turn: Turn, mono_s: float, at: datetime | None = None) -> Turn:
    """A turn that goes on where that one stands, at another time; what was asked for so far is kept."""
    gone_on = turn_of(turn.state, mono_s, turn.config, at=at)
    gone_on.commands.extend(turn.commands)
    return gone_on


def asked(turn: Turn, kind: type[_C]) -> list[_C]:
    """The commands of one kind that a turn asked for, in order."""
    return [command for command in turn.commands if isinstance(command, kind)]


def writes(turn: Turn) -> list[WriteMailbox]:
    """Mailbox writes."""
    return asked(turn, WriteMailbox)


def packml_writes(turn: Turn) -> list[WritePackml]:
    """PackML commands."""
    return asked(turn, WritePackml)


def answers(turn: Turn) -> list[Answer]:
    """Answers to who asked."""
    return asked(turn, Answer)


def told(turn: Turn) -> list[str]:
    """The types of the events that the world was told; alarms as `code what`."""
    return [
        row.body["type"] if row.topic == "event" else f"{row.body['code']} {row.body['what']}"
        for row in asked(turn, AppendOutbox)
    ]


def commands_of(commands: Iterable[Command], kind: type[_C]) -> list[_C]:
    """The commands of one kind among those that `step` returned."""
    return [command for command in commands if isinstance(command, kind)]
