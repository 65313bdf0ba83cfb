"""What the carriage does next: the planner's answer put through the guard (invariant 10). Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from towerd.cabin.model import DoorState
from towerd.fsm.book import end_move, move_of, order_of
from towerd.fsm.charts import ORDER
from towerd.fsm.commands import RequestPlan
from towerd.fsm.delivering import open_job, running_job
from towerd.fsm.intake_book import is_taken_in
from towerd.fsm.inventory import FORK
from towerd.fsm.obstacles import may_command
from towerd.fsm.room import measured_in
from towerd.fsm.staging import ahead_wishes, free_now, put_down, wants
from towerd.fsm.state import Job, Move
from towerd.fsm.turn import Turn
from towerd.fsm.wishes import free_cabins, wishes_now
from towerd.jobs.transfer import minimum_s
from towerd.orders.model import Order
from towerd.places import CARRIAGE
from towerd.planner.decide import decide, guard, open_to
from towerd.planner.model import Decision, PlanSnapshot
from towerd.plc.snapshot import Snapshot

_PLAN_LATE_S = 1.0
# what becomes clear by itself does so within 10 s (plc-if.md 5.8)
_PATIENCE = timedelta(seconds=15)


def _snapshot(turn: Turn, machine: Snapshot, version: int) -> PlanSnapshot:
    forward = ahead_wishes(turn, machine)
    wishes = (*wishes_now(turn, machine), *forward)
    start = (float(machine.lift.actual), machine.turntable.actual / 100.0)
    # what goes no further than onto the carriage is there as soon as the carriage is
    ways = {str(place): place for wish in wishes for place in wish.targets if place != CARRIAGE}
    kinematics = turn.config.kinematics
    distance_s = {name: kinematics.travel_s(*start, place.station) for name, place in ways.items()}
    known = PlanSnapshot(version, wishes, distance_s, turn.now.timestamp(), len(machine.cabins))
    if not forward:
        return known
    return replace(known, free_cabins=free_now(turn, machine), wants=wants(turn, machine))


def _without_order(turn: Turn, job: Job, move: Move | None) -> Job:
    if move is not None:
        return replace(job, purpose=move.purpose, by=move.by)
    return replace(job, purpose="store" if is_taken_in(turn.tables, job.vehicle) else "put_back")


def _begin_job(turn: Turn, machine: Snapshot, decision: Decision) -> None:
    if decision.vehicle is None or decision.source is None or decision.target is None:
        return
    vehicle = turn.tables.vehicles[decision.vehicle]
    number = turn.tables.meta.job_seq + 1
    turn.set_meta(job_seq=number)
    start = (float(machine.lift.actual), machine.turntable.actual / 100.0)
    source = vehicle.place
    least_s = minimum_s(source, decision.target, start, turn.config.kinematics)
    job = Job(number, vehicle.id, source, decision.target, decision.order, "running", turn.now, round(least_s, 2))
    move, order = move_of(turn.tables, vehicle.id), turn.tables.orders.get(decision.order or "")
    if decision.order is None:
        job = _without_order(turn, job, move)
        _make_room(turn, vehicle.id)
    elif order is not None and order.state == "accepted":
        job = replace(job, purpose="stage")
    turn.put("jobs", number, job)
    if move is not None:
        _bind(turn, move, job)
    if source.kind == "cabin":
        vehicle = turn.put_vehicle(vehicle, measured=measured_in(machine.cabin(source.position)))
    if vehicle.condition in ("available", "reserved"):
        # why a car is not offered (inspection, out of service) outlives its being moved
        turn.put_vehicle(vehicle, condition="moving")
    if order is not None:
        _deliver(turn, order, job)


def _make_room(turn: Turn, vehicle: str) -> None:
    """A car that waits for its customer goes back for somebody who is there: nobody else's door opens for it meanwhile."""
    order = order_of(turn, vehicle)
    if order is not None and order.ahead:
        put_down(turn, order, "somebody_waits")


def _deliver(turn: Turn, order: Order, job: Job) -> None:
    cabin = job.target.position
    if order.state == "accepted":
        turn.put("orders", order.id, replace(order, cabin=cabin, brought_at=order.brought_at or turn.now))
        return
    if ORDER.allows(order.state, "deliver"):
        order = turn.move_order(order, ORDER.next(order.state, "deliver"), cabin=cabin)  # type: ignore[arg-type]
    elif order.cabin == cabin:
        return
    else:
        # its car was lost and found, or its cabin cannot be used: the customer is told of another
        order = replace(order, cabin=cabin)
        turn.put("orders", order.id, order)
    turn.tell("order_delivering", {"vehicle": job.vehicle, "cabin": cabin, "from": str(job.source)}, order)


def _bind(turn: Turn, move: Move, job: Job) -> None:
    if job.order is None:
        turn.put("moves", move.id, replace(move, job=job.id))
    else:
        # the customer is there, and the car is wanted nowhere else
        end_move(turn, move, "cancel", f"order {job.order} takes the car")


def _blocked_cabin(turn: Turn, machine: Snapshot, job: Job) -> bool:
    """Whether the job has waited long enough before a cabin that is not safe, or not seen empty, with the vehicle on the carriage."""
    since_at = job.waiting_since_at
    if job.target.kind != "cabin" or since_at is None or not turn.reached(since_at + _PATIENCE):
        return False
    shown = machine.cabin(job.target.position)
    carried = turn.tables.vehicles[job.vehicle].place == CARRIAGE and FORK not in turn.tables.steps
    fit = shown.clear and shown.outer_door is DoorState.CLOSED and shown.content == "empty"
    return carried and may_command(turn.state) and not fit


def join_customer(turn: Turn) -> None:
    """The customer has come while the car was brought forward: it is delivered now."""
    job = open_job(turn) if turn.snapshot is not None else None
    order = turn.tables.orders.get(job.order or "") if job is not None else None
    if job is not None and order is not None and ORDER.allows(order.state, "deliver"):
        _deliver(turn, order, job)


def redirect(turn: Turn) -> None:
    """A cabin that cannot be used stops neither the carriage nor the customer: the car goes to another that is free."""
    machine, job = turn.snapshot, running_job(turn)
    if machine is None or job is None or not _blocked_cabin(turn, machine, job):
        return
    move = move_of(turn.tables, job.vehicle)
    others = [one for one in free_cabins(turn, machine) if one != job.target and machine.cabin(one.position).clear]
    if not others or (move is not None and move.target is not None):
        return
    start = (float(machine.lift.actual), machine.turntable.actual / 100.0)
    more_s = turn.config.kinematics.travel_s(*start, others[0].station)
    changed = replace(job, target=others[0], minimum_s=round(job.minimum_s + more_s, 2))
    turn.put("jobs", job.id, changed)
    order = turn.tables.orders.get(job.order or "")
    if order is not None:
        _deliver(turn, order, changed)


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
    if not wishes_now(turn, machine) and not ahead_wishes(turn, machine):
        return
    version = turn.volatile.plan_version + 1
    snapshot = _snapshot(turn, machine, version)
    if open_to(snapshot):
        turn.set(plan_version=version, plan_pending_mono_s=turn.mono_s)
        turn.ask(RequestPlan(snapshot))
