"""Who waits for the carriage, and the planner's answer put through the guard (invariant 10). Pure."""

from __future__ import annotations

from dataclasses import replace

from towerd.bays.model import content, is_usable
from towerd.cabin.model import DoorState
from towerd.fsm.charts import ORDER
from towerd.fsm.commands import RequestPlan
from towerd.fsm.delivering import open_job
from towerd.fsm.inventory import FORK, is_disabled, is_off_limits
from towerd.fsm.obstacles import may_command
from towerd.fsm.state import Job, Tables
from towerd.fsm.turn import Turn
from towerd.jobs.transfer import minimum_s
from towerd.orders.model import Order, Vehicle
from towerd.places import CARRIAGE, Place, bay, cabin
from towerd.planner.decide import decide, guard
from towerd.planner.model import Decision, PlanSnapshot, Wish
from towerd.plc.snapshot import Snapshot

_PLAN_LATE_S = 1.0


def _free_cabins(turn: Turn, machine: Snapshot) -> tuple[Place, ...]:
    taken = {order.cabin for order in turn.tables.orders.values() if order.open and order.cabin is not None}
    return tuple(
        cabin(shown.number)
        for shown in machine.cabins
        if shown.number not in taken and shown.content == "empty" and shown.outer_door is DoorState.CLOSED
    )


def _free_bays(turn: Turn, machine: Snapshot) -> tuple[Place, ...]:
    positions = machine.identity.positions
    taken = {vehicle.place for vehicle in turn.tables.vehicles.values()}
    places = (bay(index // positions + 1, index % positions + 1) for index in range(len(machine.bay_words)))
    return tuple(
        place
        for place, word in zip(places, machine.bay_words, strict=True)
        if content(word) == "empty" and is_usable(word) and not is_off_limits(turn.tables, place) and place not in taken
    )


def is_stopped(tables: Tables, order: Order) -> bool:
    """Whether a technician has cancelled the order's last job, and nobody has resumed it yet."""
    last = next((job for job in reversed(tables.jobs.values()) if job.order == order.id), None)
    return last is not None and last.stopped_by is not None


def _targets(order: Order, vehicle: Vehicle, cabins: tuple[Place, ...]) -> tuple[Place, ...]:
    """Where an order's vehicle may go now; none where it stands in its cabin, or cannot be moved."""
    if vehicle.place.kind == "cabin" and order.cabin is None:
        # it stood there already when it was ordered: its cabin becomes the order's
        return (vehicle.place,)
    if vehicle.place.kind not in ("bay", "carriage"):
        return ()
    return cabins if order.cabin is None else (cabin(order.cabin),)


def _delivery_wishes(turn: Turn, machine: Snapshot) -> list[Wish]:
    due = [order for order in turn.tables.orders.values() if order.state in ("identified", "delivering", "staged")]
    cabins = _free_cabins(turn, machine) if due else ()
    wishes = []
    for order in due:
        vehicle = turn.tables.vehicles.get(order.vehicle or "")
        if vehicle is None or is_stopped(turn.tables, order) or is_disabled(turn.tables, vehicle.place):
            continue
        targets = _targets(order, vehicle, cabins)
        if not targets:
            continue
        waiting_s = order.since_at.timestamp()
        wishes.append(Wish(order.id, vehicle.id, vehicle.place, targets, waiting_s))
    return wishes


def _stranded(turn: Turn) -> list[Vehicle]:
    inside = [vehicle for vehicle in turn.tables.vehicles.values() if vehicle.place.kind in ("carriage", "cabin")]
    if not inside:
        return []
    wanted = {o.vehicle for o in turn.tables.orders.values() if o.open and not is_stopped(turn.tables, o)}
    # the carriage first, which has position 0, then the cabins
    return sorted((one for one in inside if one.id not in wanted), key=lambda one: one.place.position)


def _snapshot(turn: Turn, machine: Snapshot, version: int) -> PlanSnapshot:
    wishes = _delivery_wishes(turn, machine)
    if stranded := _stranded(turn):
        bays = _free_bays(turn, machine)
        wishes += [Wish(None, vehicle.id, vehicle.place, bays, 0.0) for vehicle in stranded]
    carried = [wish for wish in wishes if wish.source == CARRIAGE]
    if carried or machine.load.state != "empty":
        # a loaded carriage can fetch nothing: what is on it goes first, whoever waits longer
        wishes = carried
    start = (float(machine.lift.actual), machine.turntable.actual / 100.0)
    places = {place for wish in wishes for place in wish.targets}
    kinematics = turn.config.kinematics
    distance_s = {str(place): kinematics.travel_s(*start, place.station) for place in places}
    return PlanSnapshot(version, tuple(wishes), distance_s)


def _begin_job(turn: Turn, machine: Snapshot, decision: Decision) -> None:
    if decision.vehicle is None or decision.source is None or decision.target is None:
        return
    vehicle = turn.tables.vehicles[decision.vehicle]
    number = turn.tables.meta.job_seq + 1
    turn.set_meta(job_seq=number)
    start = (float(machine.lift.actual), machine.turntable.actual / 100.0)
    source = vehicle.place
    least_s = 0.0 if source.kind != "bay" else minimum_s(source, decision.target, start, turn.config.kinematics)
    job = Job(number, vehicle.id, source, decision.target, decision.order, "running", turn.now, round(least_s, 2))
    if decision.order is None:
        job = replace(job, purpose="put_back")
    turn.put("jobs", number, job)
    if vehicle.condition in ("available", "reserved"):
        # why a car is not offered (inspection, out of service) outlives its being moved
        turn.put_vehicle(vehicle, condition="moving")
    order = turn.tables.orders.get(decision.order or "")
    if order is not None and ORDER.allows(order.state, "deliver"):
        state = ORDER.next(order.state, "deliver")
        moved = turn.move_order(order, state, cabin=decision.target.position)  # type: ignore[arg-type]
        turn.tell("order_delivering", {"vehicle": vehicle.id, "cabin": moved.cabin, "from": str(source)}, moved)


def _ready_for_work(turn: Turn) -> bool:
    return open_job(turn) is None and FORK not in turn.tables.steps and may_command(turn.state)


def plan_decided(turn: Turn, decision: Decision) -> None:
    """Carry out the planner's decision if the guard lets it pass; else first come, first served."""
    machine = turn.snapshot
    turn.set(plan_pending_mono_s=None)
    if machine is None or not _ready_for_work(turn):
        return
    now = _snapshot(turn, machine, turn.volatile.plan_version)
    refused = guard(decision, now)
    _begin_job(turn, machine, decide(now, 1, 0) if refused else decision)


def request_plan(turn: Turn) -> None:
    """Ask what to do next when the carriage is free and somebody waits; do without an answer that comes too late."""
    machine, pending = turn.snapshot, turn.volatile.plan_pending_mono_s
    if machine is None or not _ready_for_work(turn):
        return
    if pending is not None:
        if turn.mono_s - pending > _PLAN_LATE_S:
            plan_decided(turn, decide(_snapshot(turn, machine, turn.volatile.plan_version), 1, 0))
        return
    version = turn.volatile.plan_version + 1
    snapshot = _snapshot(turn, machine, version)
    if any(wish.targets for wish in snapshot.wishes):
        turn.set(plan_version=version, plan_pending_mono_s=turn.mono_s)
        turn.ask(RequestPlan(snapshot))
