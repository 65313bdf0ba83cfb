"""Jobs that cannot go on let the carriage go: others are served meanwhile, and the car is planned anew. Pure.

The planner then brings a car that is on the carriage to a bay that may be used, and fetches none that the fork may not
take; what a person or an order wants goes on by itself once it can.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from towerd.cabin.model import DoorState
from towerd.fsm.acting import wait_for
from towerd.fsm.book import end_move, move_of, order_of
from towerd.fsm.charts import JOB
from towerd.fsm.inventory import is_disabled
from towerd.fsm.room import has_room
from towerd.fsm.state import Job, Move
from towerd.fsm.turn import Turn
from towerd.fsm.wishes import bay_denies
from towerd.jobs.transfer import kept_at
from towerd.orders.model import Vehicle
from towerd.places import CARRIAGE, Place
from towerd.plc.snapshot import Snapshot

_NO_OTHER_BAY: Final = ("move", "identify")


def give_back(turn: Turn, job: Job, why: str) -> None:
    """End a job that cannot go on: the carriage is free for others."""
    turn.put("jobs", job.id, replace(job, state=JOB.next(job.state, "cancel"), ended_at=turn.now))  # type: ignore[arg-type]
    wait_for(turn, why)


def waits_for_people(job: Job, vehicle: Vehicle, machine: Snapshot) -> bool:
    """Whether the tower's own wish to store a car hangs on a cabin that somebody has to look into first."""
    if job.order is not None or job.by is not None or vehicle.place.kind != "cabin":
        return False
    shown = machine.cabin(vehicle.place.position)
    return shown.inner_door is DoorState.CLOSED and not shown.fork_may_enter


def _place_lost(turn: Turn, machine: Snapshot, job: Job, vehicle: Vehicle) -> tuple[Place, str] | None:
    """A place at either end of the job that the fork may not use any more, and why."""
    source, target = vehicle.place, job.target
    if source == target:
        return None
    if source != CARRIAGE:
        kept = kept_at(machine, source)
        why = "bay_disabled" if is_disabled(turn.tables, source) else kept.why if kept is not None else None
        if why is not None:
            return source, why
    if target.kind != "bay":
        return None
    denied = bay_denies(turn, machine, target)
    if denied is None and not has_room(turn, machine, target, vehicle):
        # it turned out to be another vehicle than was thought
        denied = "bay_too_small"
    return (target, denied) if denied is not None else None


def let_go(turn: Turn, machine: Snapshot, job: Job, vehicle: Vehicle) -> bool:
    """Give a job back whose bay may not be used any more, at whichever end; False where it may go on.

    What asked for it waits, but for a car on the carriage that was to go to this very bay: nothing else could move.
    """
    lost = _place_lost(turn, machine, job, vehicle)
    if lost is None:
        return False
    place, why = lost
    give_back(turn, job, why)
    data = {"job": job.id, "vehicle": vehicle.id, "at": str(vehicle.place), "place": str(place), "why": why}
    turn.tell("job_given_back", data, order_of(turn, vehicle.id), audit=False)
    _free_cabin(turn, vehicle)
    move = move_of(turn.tables, vehicle.id)
    if move is not None and move.job == job.id:
        _wait_or_end(turn, move, vehicle, f"{place} cannot be used: {why}")
    return True


def _free_cabin(turn: Turn, vehicle: Vehicle) -> None:
    """Nobody knows when the car may be fetched: its order's cabin serves others meanwhile."""
    order = order_of(turn, vehicle.id)
    if order is not None and order.cabin is not None and vehicle.place.kind == "bay":
        turn.put("orders", order.id, replace(order, cabin=None))


def _wait_or_end(turn: Turn, move: Move, vehicle: Vehicle, why: str) -> None:
    if vehicle.place == CARRIAGE and move.purpose in _NO_OTHER_BAY:
        end_move(turn, move, "cancel", why)
    else:
        turn.put("moves", move.id, replace(move, job=None))
