"""What technicians do to jobs: hold, resume, step by step, cancel, declare finished. Pure.

A held job gives no further command and lets no other begin. One that a technician has cancelled leaves its order waiting:
the vehicle is put back like any that nobody wants, and the order is planned again once somebody resumes the job.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from towerd.fsm.book import end_move, move_of
from towerd.fsm.charts import JOB, MOVE
from towerd.fsm.delivering import open_job
from towerd.fsm.hand import Denied, await_end, refuse
from towerd.fsm.inventory import FORK, forget_unknown, rest_condition, vehicle_at
from towerd.fsm.lease import lease_denies, renew
from towerd.fsm.manual import link_denies, send_by_hand
from towerd.fsm.manual_events import JobCommanded, JobFinished
from towerd.fsm.obstacles import may_command
from towerd.fsm.outside_by_hand import back_denies
from towerd.fsm.state import Job
from towerd.fsm.turn import Turn
from towerd.jobs.model import Act, Halt, Wait
from towerd.jobs.transfer import Transfer, content_of, next_action
from towerd.places import CARRIAGE, Place
from towerd.plc.codes import Code
from towerd.plc.snapshot import KeySwitch

_OPEN = ("running", "held")
_LOOK = "towerctl job list shows the jobs."
_STILL: Final = (Code.SIGNAL, Code.NOP)


def _put(turn: Turn, job: Job, **values: Any) -> Job:
    changed = replace(job, **values)
    turn.put("jobs", job.id, changed)
    return changed


def _over(job: Job) -> Denied:
    return Denied("job_over", f"job {job.id} is {job.state}", _LOOK)


def _hold(turn: Turn, job: Job, event: JobCommanded) -> Denied | None:
    if job.state != "running":
        return _over(job)
    _put(turn, job, state=JOB.next(job.state, "hold"), steps_left=None)
    return None


def _resume(turn: Turn, job: Job, event: JobCommanded) -> Denied | None:
    if job.stopped_by is not None:
        _put(turn, job, stopped_by=None)
        return None
    if job.state != "held":
        return _over(job)
    order = turn.tables.orders.get(job.order or "")
    if job.order is not None and (order is None or not order.open):
        # nobody waits for the car any more: it goes back like any that nobody wants
        _put(turn, job, state=JOB.next(job.state, "cancel"), ended_at=turn.now)
        return None
    _put(turn, job, state=JOB.next(job.state, "resume"), steps_left=None)
    return None


def _cancel(turn: Turn, job: Job, event: JobCommanded) -> Denied | None:
    if job.state not in _OPEN:
        return _over(job)
    order = turn.tables.orders.get(job.order or "")
    stopped_by = event.by if order is not None and order.open else None
    _put(turn, job, state=JOB.next(job.state, "cancel"), ended_at=turn.now, steps_left=None, stopped_by=stopped_by)
    move = move_of(turn.tables, job.vehicle)
    if move is not None and move.job == job.id and MOVE.allows(move.state, "cancel"):
        # a person asked for it, and a person takes it back; an order is not a technician's to end
        end_move(turn, move, "cancel", f"job {job.id} cancelled by {event.by}")
    vehicle = turn.tables.vehicles[job.vehicle]
    if vehicle.condition == "moving" and vehicle.place.kind == "bay":
        turn.put_vehicle(vehicle, condition=rest_condition(turn, vehicle.id))
    return None


def _step(turn: Turn, job: Job, event: JobCommanded) -> Denied | None:
    """In Auto one command, then held; in Manual the command goes out at once, under the enabling switch."""
    machine = turn.snapshot
    if job.state not in _OPEN or machine is None:
        return _over(job)
    if machine.system.key_switch is KeySwitch.AUTO:
        resumed = JOB.next("held", "resume") if job.state == "held" else job.state
        _put(turn, job, state=resumed, steps_left=1)
        return None
    if job.state == "running":
        job = _put(turn, job, state=JOB.next(job.state, "hold"), steps_left=None)
    return _step_by_hand(turn, job, event)


def _step_by_hand(turn: Turn, job: Job, event: JobCommanded) -> Denied | None:
    machine, vehicle = turn.snapshot, turn.tables.vehicles[job.vehicle]
    if machine is None or vehicle.place.kind in ("out", "unknown"):
        return Denied("vehicle_unknown", f"{vehicle.id} is {vehicle.place}", "towerctl bay set says where it stands.")
    match next_action(machine, Transfer(vehicle.record.tag, vehicle.place, job.target), turn.config.kinematics):
        case Act() as act:
            denied = send_by_hand(turn, act, event.by, job.id)
            if denied is None:
                await_end(turn, act.unit, event.reply)
            return denied
        case Wait(why):
            return Denied("waits", f"the job waits: {why}", "towerctl why; single commands lead on as well.")
        case Halt(_fault, cause):
            return Denied("wrong", cause, "Look at the vehicle and its tag before anything moves.")
        case _:
            _put(turn, job, state=JOB.next(job.state, "finish"), ended_at=turn.now)
            return None


_VERBS: Final[dict[str, Callable[[Turn, Job, JobCommanded], Denied | None]]] = {
    "hold": _hold,
    "resume": _resume,
    "step": _step,
    "cancel": _cancel,
}


def _known(turn: Turn, number: int, by: str) -> Job | Denied:
    denied = link_denies(turn) or lease_denies(turn, by)
    if denied is not None:
        return denied
    job = turn.tables.jobs.get(number)
    return job if job is not None else Denied("no_such_job", f"there is no job {number}", _LOOK)


def job_commanded(turn: Turn, event: JobCommanded) -> None:
    """Hold, resume, step or cancel a job."""
    job = _known(turn, event.job, event.by)
    if isinstance(job, Denied):
        refuse(turn, event.reply, job)
        return
    denied = _VERBS[event.verb](turn, job, event)
    if denied is not None:
        refuse(turn, event.reply, denied)
        return
    renew(turn, event.by)
    turn.tell("manual_intervention", {"job": job.id, "verb": event.verb, "by": event.by})
    if event.reply not in turn.volatile.hand_replies.values():
        turn.answer(event.reply, True, (), {"job": job.id, "state": turn.tables.jobs[job.id].state})


def moving_denies(turn: Turn) -> Denied | None:
    """Why nobody may say now what stands where: a command is not over, or a job may give the next one at any moment."""
    steps, job = turn.tables.steps, open_job(turn)
    if FORK in steps or any(step.open and step.code not in _STILL for step in steps.values()):
        cure = "Wait for its end, or: towerctl cancel. A fork that is out: towerctl home fork."
        return Denied("moving", "the machine still works, or its last fork command is not settled", cure)
    if job is not None and job.state == "running" and may_command(turn.state):
        cure = f"towerctl job hold {job.id}, then ask again; towerctl job resume {job.id} goes on."
        return Denied("job_runs", f"job {job.id} runs by itself: {job.vehicle} to {job.target}", cure)
    return None


def _finish_denies(turn: Turn, job: Job, place: Place) -> Denied | None:
    machine = turn.snapshot
    if job.state not in _OPEN or machine is None:
        return _over(job)
    moving = moving_denies(turn)
    if moving is not None:
        return moving
    if place.kind not in ("bay", "cabin", "carriage"):
        return Denied("no_place", f"{place} is no place in the tower", "Name a bay, a cabin or the carriage.")
    back = back_denies(turn, job.vehicle, place)
    if back is not None:
        return back
    held_by = vehicle_at(turn.tables, place)
    if held_by is not None and held_by.id != job.vehicle:
        return Denied("place_taken", f"by the books {held_by.id} is at {place}", "towerctl bay set puts it right.")
    try:
        seen = content_of(machine, place)
    except IndexError:
        return Denied("no_place", f"there is no {place}", "Name a bay, a cabin or the carriage.")
    if seen != "occupied" or (place != CARRIAGE and machine.load.state != "empty"):
        text = f"the sensors say: {place} {seen}, carriage {machine.load.state}"
        return Denied("sensors_disagree", text, "Look again. With a bad sensor: towerctl bay set --override first.")
    return None


def job_finished(turn: Turn, event: JobFinished) -> None:
    """The vehicle stands where the technician says, and the sensors agree: the job is done, its order goes on from there."""
    job = _known(turn, event.job, event.by)
    denied = job if isinstance(job, Denied) else _finish_denies(turn, job, event.place)
    if isinstance(job, Denied) or denied is not None:
        refuse(turn, event.reply, denied or _over(job))  # type: ignore[arg-type]
        return
    renew(turn, event.by)
    vehicle = turn.tables.vehicles[job.vehicle]
    condition = vehicle.condition
    if condition in ("moving", "unknown") and event.place.kind == "bay":
        condition = rest_condition(turn, vehicle.id)
    turn.put_vehicle(vehicle, place=event.place, condition=condition)
    forget_unknown(turn, event.place)
    _put(turn, job, state=JOB.next(job.state, "finish"), ended_at=turn.now, steps_left=None)
    told = {"job": job.id, "verb": "finish", "place": str(event.place), "reason": event.reason, "by": event.by}
    turn.tell("manual_intervention", told)
    turn.set(places_checked=False)
    turn.answer(event.reply, True, (), told)
