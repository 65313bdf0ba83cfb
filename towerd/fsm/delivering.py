"""Jobs and hand-overs: what the machine does next for the orders that are due. Pure.

Everything here is asked anew at each turn from the state; nothing is a stored sequence. So after a restart, a hold or a
failed step the same questions lead on from where things stand.
"""

from __future__ import annotations

from dataclasses import replace

from towerd.cabin.handover import Gate, gate_denies, stage, wanted_signal
from towerd.cabin.model import Cabin, DoorState
from towerd.faults import WRONG_VEHICLE
from towerd.fsm.acting import STILL, close_outer, open_outer, show_sign, try_act, wait_for
from towerd.fsm.book import fetch_at, fetched_in
from towerd.fsm.charts import JOB, ORDER
from towerd.fsm.commanding import shaft_free
from towerd.fsm.decision import decision_holds, forget_decision
from towerd.fsm.driving_in import drive_in
from towerd.fsm.handing_over import end_stay, hand_over
from towerd.fsm.inventory import FORK, rest_condition, vehicle_at
from towerd.fsm.latch import raise_fault
from towerd.fsm.letting_go import give_back, let_go, waits_for_people
from towerd.fsm.obstacles import may_command
from towerd.fsm.order_ends import door_works, release
from towerd.fsm.photos import photographed
from towerd.fsm.state import Job, Step, TagReading
from towerd.fsm.timing import motion_s, tell_done
from towerd.fsm.turn import Turn
from towerd.jobs.model import Act, Halt, Wait
from towerd.jobs.transfer import Transfer, bring_fork_in, close_up, fork_centred, next_action
from towerd.orders.model import AT_THE_GATE, DUE, Order
from towerd.places import CARRIAGE, cabin
from towerd.plc.codes import Code
from towerd.plc.snapshot import Interlock, Snapshot, cabin_unit

_UNTIDY = (
    Interlock.FORK_NOT_CENTRED
    | Interlock.INNER_DOOR1_NOT_CLOSED
    | Interlock.INNER_DOOR2_NOT_CLOSED
    | Interlock.BAYS_NOT_LOCKED
)


def open_job(turn: Turn) -> Job | None:
    """The job the carriage belongs to, running or held: one begins only where none is open, so it is the newest or none."""
    newest = next(reversed(turn.tables.jobs.values()), None)
    return newest if newest is not None and newest.state in ("running", "held") else None


def running_job(turn: Turn) -> Job | None:
    """The job the carriage works on."""
    job = open_job(turn)
    return job if job is not None and job.state == "running" else None


def _job_arrived(turn: Turn, job: Job) -> None:
    done = replace(job, state=JOB.next(job.state, "arrive"), ended_at=turn.now)  # type: ignore[arg-type]
    turn.put("jobs", job.id, done)
    tell_done(turn, done)
    if job.order is None and job.target.kind == "bay":
        vehicle = turn.tables.vehicles[job.vehicle]
        if vehicle.condition == "moving":
            turn.put_vehicle(vehicle, condition=rest_condition(turn, vehicle.id))


def _bring_fork_in(turn: Turn, job: Job | None) -> None:
    # what a fork command did is told by the sensors once the fork is in; whatever is on it comes along (HOME 2)
    machine = turn.snapshot
    if machine is None or fork_centred(machine):
        return
    coming = bring_fork_in(machine, turn.config.kinematics)
    if isinstance(coming, Wait):
        wait_for(turn, coming.why)
    else:
        try_act(turn, coming, job.id if job else None)


def _tidy_up(turn: Turn, machine: Snapshot) -> None:
    """Without a job nothing is left out or open towards the shaft: fork in, bays locked, inner doors closed."""
    match close_up(machine, turn.config.kinematics):
        case Act() as act:
            try_act(turn, act, None)
        case Wait(why):
            wait_for(turn, why)
        case _:
            # what the interlocks still show passes by itself, or is the PLC's to say
            pass


def run_job(turn: Turn) -> None:
    """Do the one thing that comes next for the running job, if it may be done now."""
    job, machine = open_job(turn), turn.snapshot
    owed = FORK in turn.tables.steps
    # the cheap questions first: most snapshots find the carriage at work, or without any
    if machine is None or not (job or owed or machine.system.interlocks & _UNTIDY):
        return
    if not shaft_free(turn) or not may_command(turn.state):
        return
    if job is not None and job.state == "held":
        wait_for(turn, f"job {job.id} is held")
    elif owed:
        _bring_fork_in(turn, job)
    elif job is None:
        _tidy_up(turn, machine)
    else:
        _next_for(turn, job, machine)


def _next_for(turn: Turn, job: Job, machine: Snapshot) -> None:
    vehicle, carried = turn.tables.vehicles[job.vehicle], vehicle_at(turn.tables, CARRIAGE)
    # a technician has let the tower go on without it, or has found another on the carriage, which goes first: the carriage
    # is free for others, and who waits for the vehicle is planned anew
    in_the_way = carried if carried is not None and carried.id != vehicle.id else None
    elsewhere = vehicle if vehicle.place.kind in ("out", "unknown") else in_the_way
    if elsewhere is not None:
        give_back(turn, job, f"{elsewhere.id} is {elsewhere.place}")
        return
    if waits_for_people(job, vehicle, machine):
        # nothing was moved yet: whoever waits elsewhere is served meanwhile, and the car is fetched once it may be
        give_back(turn, job, f"{vehicle.place} has to be confirmed clear")
        return
    if let_go(turn, machine, job, vehicle):
        return
    match next_action(machine, Transfer(vehicle.record.tag, vehicle.place, job.target), turn.config.kinematics):
        case Act() as act:
            try_act(turn, act, job.id)
            _count_step(turn, job)
        case Wait(why):
            wait_for(turn, why)
        case Halt(fault, cause):
            raise_fault(turn, fault, cause)
        case _:
            _job_arrived(turn, job)


def _count_step(turn: Turn, job: Job) -> None:
    """A job that a technician leads step by step is held again after the commands it was allowed."""
    sent = any(step.open and step.job == job.id for step in turn.tables.steps.values())
    if job.steps_left is None or not sent:
        return
    left = job.steps_left - 1
    state = JOB.next(job.state, "hold") if left <= 0 else job.state
    turn.put("jobs", job.id, replace(job, state=state, steps_left=left or None))  # type: ignore[arg-type]


def _cabin_order(turn: Turn, number: int) -> Order | None:
    bound = [one for one in turn.tables.open_orders.values() if one.cabin == number and one.state in AT_THE_GATE]
    if len(bound) < 2:
        return bound[0] if bound else None
    # should two claim it, the cabin is the one's whose car stands there
    return next((one for one in bound if _stands_in(turn, one, number)), bound[0])


def _stands_in(turn: Turn, order: Order, number: int) -> bool:
    vehicle = turn.tables.vehicles.get(order.vehicle or "")
    return vehicle is not None and vehicle.place == cabin(number)


def _car_is_ready(turn: Turn, order: Order, number: int) -> bool:
    job = open_job(turn)
    return _stands_in(turn, order, number) and (job is None or job.vehicle != order.vehicle)


def _reading(turn: Turn, order: Order, shown: Cabin, tag: int) -> TagReading | None:
    """The reading of the car's tag that the gate stands on (invariant 7): the first one behind the closed inner door.

    Where somebody entered or left since, it counts no more, and neither does what was decided about the person: the
    tag is read anew, and the customer is asked again.
    """
    known = turn.volatile.readings.get(order.id)
    if known is not None and (known.cabin, known.epoch) == (shown.number, shown.occupancy_epoch):
        return known
    if known is not None:
        forget_decision(turn, order)
        data = {"cabin": shown.number, "epoch_read": known.epoch, "epoch": shown.occupancy_epoch}
        turn.tell("cabin_changed", data, order)
        return known
    if shown.inner_door is not DoorState.CLOSED or shown.tag != tag:
        return None
    read = TagReading(shown.number, tag, shown.occupancy_epoch)
    turn.set(readings={**turn.volatile.readings, order.id: read})
    return read


def _stage(turn: Turn, order: Order, trigger: str, shown: Cabin) -> None:
    """The car waits in the cabin for its customer to be identified."""
    staged = turn.move_order(order, ORDER.next(order.state, trigger))  # type: ignore[arg-type]
    turn.tell("order_staged", {"cabin": shown.number}, staged)


def _is_seen(turn: Turn, order: Order, shown: Cabin) -> bool:
    """Whether the cameras have looked at a car that is lent, or will not; asks them as soon as it stands in the cabin."""
    lent = order.kind == "test_drive" and order.state in DUE and _stands_in(turn, order, shown.number)
    return not lent or photographed(turn, shown, order.id, order.vehicle or "", "out")


def _open_gate(turn: Turn, order: Order, shown: Cabin) -> None:
    tag = turn.tables.vehicles[order.vehicle or ""].record.tag
    read = _reading(turn, order, shown, tag)
    gate = Gate(tag, read.tag if read else 0, read.epoch if read else 0, decision_holds(turn, order))
    denied = gate_denies(shown, gate)
    if denied is None:
        if _is_seen(turn, order, shown):
            open_outer(turn, shown)
        else:
            wait_for(turn, f"cabin {shown.number}: the cameras look at the car")
        return
    if denied.wrong_vehicle:
        raise_fault(turn, WRONG_VEHICLE, f"cabin {shown.number}: {denied.why}")
    elif not gate.identified and order.state in ("identified", "delivering"):
        _stage(turn, order, "await_customer", shown)
    if shown.outer_door is not DoorState.CLOSED and shown.nobody:
        # a door that an abort left open without its customer, or that was opened from inside, whatever car stands there
        close_outer(turn, shown)
    wait_for(turn, denied.why)


def _shut_again(turn: Turn, order: Order, shown: Cabin) -> None:
    """The car stands behind a door that was opened for somebody who is not known any more: nobody else may have it.

    The door closes once nobody is there; until it is closed the car may still leave, and the order is `ready`.
    """
    if shown.outer_door is DoorState.CLOSED:
        _stage(turn, order, "shut", shown)
    elif not decision_holds(turn, order):
        wait_for(turn, f"cabin {shown.number}: the customer is to identify again; the door closes when nobody is there")
        if shown.nobody and shown.outer_door in STILL:
            close_outer(turn, shown)


def _is_taken(turn: Turn, step: Step) -> bool:
    """Whether the PLC may have carried out a command: it was not refused, nor looked up in vain in a PLC that was on all the time."""
    machine = turn.snapshot
    missed = step.state == "lost" and machine is not None and machine.system.boot_id == step.boot_id
    return step.state != "rejected" and not missed


def _opening(turn: Turn, shown: Cabin) -> Step | None:
    """The tower's own command to open the outer door, if it was the last to this cabin: a technician's hand hands nothing over,
    nor does a command that the PLC has not taken.
    """
    step = turn.tables.steps.get(cabin_unit(shown.number))
    opens = step is not None and step.code == Code.OUTER_DOOR and step.args[0] == 1 and step.by is None
    return step if step is not None and opens and _is_taken(turn, step) else None


def opened_in(turn: Turn, shown: Cabin) -> bool:
    """Whether the open outer door is one that was opened by command, seen to its end."""
    step = _opening(turn, shown)
    return step is not None and step.state == "done" and shown.outer_door is DoorState.OPEN


def _opened_for(turn: Turn, order: Order, shown: Cabin) -> bool:
    """Whether the door was opened for this order's customer: quite, or the car is gone through one not seen to be quite open.

    Who it was opened for is known; a car that is gone is with them, whatever an end switch of the door says.
    """
    if not (ORDER.allows(order.state, "open") and _stands_in(turn, order, shown.number)):
        return False
    left = stage(shown) == "left" and shown.outer_door is not DoorState.CLOSED and _opening(turn, shown) is not None
    return opened_in(turn, shown) or left


def _hand_over(turn: Turn, order: Order, shown: Cabin) -> None:
    where = stage(shown)
    if order.state == "ready":
        if where == "left":
            hand_over(turn, order)
        else:
            _shut_again(turn, order, shown)
    elif order.state == "handed_over":
        _see_off(turn, order, shown)
    elif _opened_for(turn, order, shown):
        ready = turn.move_order(order, ORDER.next(order.state, "open"))  # type: ignore[arg-type]
        turn.tell("order_ready", _ready_data(turn, ready), ready)
        if where == "left" and not opened_in(turn, shown):
            hand_over(turn, ready)
    elif _car_is_ready(turn, order, shown.number) and shown.outer_door in STILL and not door_works(turn, shown.number):
        _open_gate(turn, order, shown)


def _ready_data(turn: Turn, order: Order) -> dict[str, object]:
    jobs = [job for job in turn.tables.jobs.values() if job.order == order.id and job.ended_at is not None]
    moved_s = sum(motion_s(job) or 0.0 for job in jobs)
    minimum_s = sum(job.minimum_s for job in jobs)
    return {"cabin": order.cabin, "motion_s": round(moved_s, 2), "minimum_s": round(minimum_s, 2)}


def _see_off(turn: Turn, order: Order, shown: Cabin) -> None:
    if shown.outer_door is DoorState.CLOSED:
        if shown.deserted:
            done = turn.move_order(order, ORDER.next(order.state, "complete"))  # type: ignore[arg-type]
            release(turn, done)
            turn.tell("order_completed", turn.car(order.vehicle), done)
            end_stay(turn, done)
        return
    if shown.deserted and shown.outer_door in STILL:
        close_outer(turn, shown)


def _show_sign(turn: Turn, shown: Cabin, order: Order | None) -> None:
    fetched = fetched_in(turn.tables, shown.number) if turn.tables.moves else None
    states = {row.state for row in (order, fetched) if row is not None}
    left = bool(states & {"handed_over", "left"})
    wanted = wanted_signal(shown, handing_over="ready" in states, left=left)
    show_sign(turn, shown, wanted)


def _open_for_nobody(shown: Cabin) -> bool:
    return shown.outer_door in STILL and shown.outer_door is not DoorState.CLOSED and shown.nobody


def _door_in_use(turn: Turn, order: Order | None, number: int) -> bool:
    """Whether somebody else sees to this cabin's outer door: a hand-over, or a technician's fetch."""
    if fetch_at(turn.tables, number) is not None:
        return True
    return order is not None and (order.state in ("ready", "handed_over") or _stands_in(turn, order, number))


def run_cabins(turn: Turn) -> None:
    """Hand over or take in, in each cabin, what is due there. What is seen counts at once, whether commands may leave or not."""
    machine = turn.snapshot
    if machine is None or turn.volatile.reconciled_session != machine.session:
        return
    for shown in machine.cabins:
        if drive_in(turn, shown):
            continue
        order = _cabin_order(turn, shown.number)
        if order is not None:
            _is_seen(turn, order, shown)
            _hand_over(turn, order, shown)
            order = _cabin_order(turn, shown.number)
        if _open_for_nobody(shown) and not _door_in_use(turn, order, shown.number):
            # opened for nobody who is known here, by hand or from inside: no door stays open to the street for ever
            close_outer(turn, shown)
        _show_sign(turn, shown, order)
