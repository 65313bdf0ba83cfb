"""Which vehicle is where, by what the tower remembers and what the sensors say (plc-if.md 6.2, invariants 4 and 11). Pure."""

from __future__ import annotations

from dataclasses import replace

from towerd.bays.model import content
from towerd.faults import COMMAND_FAILED, INVENTORY_DISAGREES, PLACE_UNKNOWN
from towerd.fsm.book import begins_at, orders_of
from towerd.fsm.changes import expected
from towerd.fsm.charts import STEP
from towerd.fsm.hand import hand_settled
from towerd.fsm.latch import raise_fault
from towerd.fsm.state import BayRecord, Step, Tables
from towerd.fsm.turn import Turn
from towerd.jobs.settle import fork_place, settle
from towerd.jobs.transfer import content_of, fork_centred
from towerd.orders.calendar import usual_time
from towerd.orders.model import Condition, Vehicle
from towerd.places import CARRIAGE, UNKNOWN, Place, cabin
from towerd.plc.codes import FORK_CODES, Code
from towerd.plc.snapshot import Snapshot, Unit

FORK = "FORK"
"""The row of `steps` that holds a fork command until the sensors have said what came of it."""
"""The commands that take a vehicle from one place to another."""
_TRIES_IN_VAIN = 2
_DONE = 3


def vehicle_at(tables: Tables, place: Place) -> Vehicle | None:
    """The vehicle that is remembered at a place."""
    return next((vehicle for vehicle in tables.vehicles.values() if vehicle.place == place), None)


def rest_condition(turn: Turn, vehicle_id: str) -> Condition:
    """What a vehicle is that stands in its bay and is not moved: still to be looked at, an open order's, or anybody's.

    It is an order's once no drive of the usual length could end before that order begins.
    """
    vehicle = turn.tables.vehicles.get(vehicle_id)
    if vehicle is None:
        return "available"
    if vehicle.rests_as != "available":
        return vehicle.rests_as
    # when a car that is ordered now could serve somebody else
    free_at = turn.now + usual_time(vehicle, turn.config.rules)
    orders = orders_of(turn.tables, vehicle_id)
    bound = any(order.kind == "stock_in" or begins_at(order) < free_at for order in orders)
    return "reserved" if bound else "available"


def note_orders(turn: Turn, vehicle_id: str | None) -> None:
    """A vehicle that stands here for anybody, or for its next order, is what its orders make of it now."""
    vehicle = turn.tables.vehicles.get(vehicle_id or "")
    if vehicle is None or vehicle.condition not in ("available", "reserved"):
        return
    condition = rest_condition(turn, vehicle.id)
    if condition != vehicle.condition:
        turn.put_vehicle(vehicle, condition=condition)


def note_all_orders(turn: Turn) -> None:
    """`note_orders` of every vehicle that is promised: the time of an order comes by itself."""
    for name in sorted({order.vehicle for order in turn.tables.open_orders.values() if order.vehicle}):
        note_orders(turn, name)


def mark_unknown(turn: Turn, place: Place, reason: str) -> None:
    """No command touches the place, nor the vehicle remembered there, until a technician has decided."""
    key = str(place)
    known = turn.tables.bays.get(key)
    if known is None or not known.unknown:
        doubted = replace(known or BayRecord(place), unknown=True, reason=reason, accepted=None, since_at=turn.now)
        turn.put("bays", key, doubted)
    vehicle = vehicle_at(turn.tables, place)
    if vehicle is not None:
        turn.put_vehicle(vehicle, place=UNKNOWN, condition="unknown")
        turn.tell("vehicle_unknown", {"vehicle": vehicle.id, "place": key, "reason": reason})


def is_unknown(tables: Tables, place: Place) -> bool:
    """Whether the content of a place is in doubt."""
    record = tables.bays.get(str(place))
    return record is not None and record.unknown


def forget_unknown(turn: Turn, place: Place) -> None:
    """Somebody has said what is there: the place is known again. That it is disabled stays."""
    known = turn.tables.bays.get(str(place))
    if known is not None and known.disabled:
        turn.put("bays", str(place), BayRecord(place, reason=known.reason, disabled=True))
    else:
        turn.drop("bays", str(place))


def fork_steps(tables: Tables) -> list[Step]:
    """Fork commands that are open, or whose vehicle the sensors have not settled yet."""
    return [step for row, step in tables.steps.items() if row == FORK or (step.open and step.code in FORK_CODES)]


def is_worked_on(tables: Tables, place: Place) -> bool:
    """Whether a fork command that is open, or not settled yet, takes a vehicle from or to a place.

    The sensors may then show what the books say only once it is settled: no record may be made from what they show.
    """
    return any(place in (fork_place(step.args), CARRIAGE) for step in fork_steps(tables))


def accept_reading(turn: Turn, place: Place, *, occupied: bool) -> None:
    """A technician's word stands against the sensors, as long as they show just what they show now (5.11)."""
    machine = turn.snapshot
    shown = content_of(machine, place) if machine is not None else None
    if shown is not None and shown != ("occupied" if occupied else "empty"):
        known = turn.tables.bays.get(str(place)) or BayRecord(place)
        seen = replace(known, unknown=False, reason="seen by a technician", accepted=shown, since_at=None)
        turn.put("bays", str(place), seen)


def is_disabled(tables: Tables, place: Place) -> bool:
    """Whether a technician keeps the planner from a bay."""
    record = tables.bays.get(str(place))
    return record is not None and record.disabled


def ask_sensors(turn: Turn, step: Step) -> None:
    """Keep an ended fork command until the sensors have said what came of it."""
    turn.put("steps", FORK, replace(step, state=STEP.next(step.state, "ask_sensors")))  # type: ignore[arg-type]
    turn.set(written_mono_s={**turn.volatile.written_mono_s, FORK: turn.mono_s})


def settle_fork(turn: Turn) -> None:
    """Once the fork is in, let the sensors say where the vehicle is; in doubt for longer than a moment: unknown.

    Where the PLC says done and the sensors that nothing has moved, they have that moment too: they are read after its end.
    """
    step, machine = turn.tables.steps.get(FORK), turn.snapshot
    if step is None or machine is None or not fork_centred(machine):
        return
    carriage = turn.tables.steps.get(Unit.CARRIAGE)
    if carriage is not None and carriage.open:
        return
    outcome = settle(step.code, step.args, machine)
    in_vain = outcome == "before" and step.result == _DONE
    since_mono_s = turn.volatile.written_mono_s.get(FORK, turn.mono_s)
    if (outcome == "unknown" or in_vain) and turn.mono_s - since_mono_s < turn.config.unseen_s:
        turn.set(written_mono_s={**turn.volatile.written_mono_s, FORK: since_mono_s})
        return
    turn.drop("steps", FORK)
    place = fork_place(step.args)
    if step.by is not None:
        hand_settled(turn, step, f"{Code(step.code).name} {place}", outcome)
    if outcome == "unknown":
        cause = f"sensors of {place} and carriage agree neither with before nor with after"
        mark_unknown(turn, place, cause)
        mark_unknown(turn, CARRIAGE, cause)
        raise_fault(turn, PLACE_UNKNOWN, cause)
        return
    _moved(turn, step, place, after=outcome == "after")
    if step.by is None and (in_vain or outcome == "after"):
        _count_in_vain(turn, f"{Code(step.code).name} {place}", in_vain=in_vain)


def _count_in_vain(turn: Turn, what: str, *, in_vain: bool) -> None:
    """A PLC that says done while the sensors say that nothing has moved is not asked for ever, whatever it does meanwhile.

    Counted for each place by itself, until the very same has worked there or a technician resets the fault.
    """
    before = turn.volatile.refusals.get(what, 0)
    count = before + 1 if in_vain else 0
    if count >= _TRIES_IN_VAIN:
        cause = f"{what}: the PLC says done, the sensors say that nothing has moved, {count} times"
        raise_fault(turn, COMMAND_FAILED, cause)
        count = 0
    if count != before:
        turn.set(refusals={**turn.volatile.refusals, what: count})


def _moved(turn: Turn, step: Step, place: Place, *, after: bool) -> None:
    source, target = (place, CARRIAGE) if step.code == Code.FORK_GET else (CARRIAGE, place)
    vehicle = vehicle_at(turn.tables, source)
    if after and vehicle is not None:
        turn.put_vehicle(vehicle, place=target)
        if step.by is None:
            expected(turn, source, None)
            expected(turn, target, vehicle.id)
    if step.args[3]:
        # a sensor that was left out goes on showing what it shows
        accept_reading(turn, source, occupied=not after)
        accept_reading(turn, target, occupied=after)


def bay_places(machine: Snapshot) -> list[tuple[Place, str]]:
    """Every bay with what its two sensors say together."""
    return [(place, content(word)) for place, word in machine.bays()]


def _check_cabins(turn: Turn, machine: Snapshot) -> None:
    # a car may leave a cabin by its hand-over only; what drove in by itself has no record yet and is left alone
    leaving = {order.cabin for order in turn.tables.open_orders.values() if order.state == "ready"}
    leaving |= {move.target.position for move in turn.tables.moves.values() if move.state == "ready" and move.target}
    for shown in machine.cabins:
        place = cabin(shown.number)
        if shown.number not in leaving and shown.content == "empty" and vehicle_at(turn.tables, place) is not None:
            cause = f"the vehicle has left {place} without a hand-over"
            raise_fault(turn, INVENTORY_DISAGREES, cause)
            mark_unknown(turn, place, cause)


def _is_accepted(turn: Turn, place: Place, shown: str) -> bool:
    known = turn.tables.bays.get(str(place))
    if known is None or known.accepted is None:
        return False
    if known.accepted == shown:
        return True
    forget_unknown(turn, place)
    return False


def check_places(turn: Turn) -> None:
    """Compare bays, carriage and cabins with the inventory; what disagrees is unknown (invariant 11)."""
    machine = turn.snapshot
    if machine is None or FORK in turn.tables.steps:
        return
    _check_cabins(turn, machine)
    seen = [*bay_places(machine), (CARRIAGE, content_of(machine, CARRIAGE))]
    remembered = {vehicle.place for vehicle in turn.tables.vehicles.values()}
    for place, shown in seen:
        if _is_accepted(turn, place, shown):
            continue
        if shown == ("occupied" if place in remembered else "empty"):
            if place == CARRIAGE and is_unknown(turn.tables, place):
                # the fork, or a hand, has emptied it; of a bay that shows empty a technician says so
                forget_unknown(turn, place)
            continue
        if place in remembered:
            cause = f"{place} should hold a vehicle and shows {shown}"
            raise_fault(turn, INVENTORY_DISAGREES, cause)
            mark_unknown(turn, place, cause)
        else:
            cause = f"{place} shows {shown} without a record"
            if place == CARRIAGE and not is_unknown(turn.tables, place):
                # with it nothing else is fetched
                raise_fault(turn, INVENTORY_DISAGREES, cause)
            mark_unknown(turn, place, cause)
