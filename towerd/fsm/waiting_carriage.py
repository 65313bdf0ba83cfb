"""Why the carriage does not come for a vehicle that could go somewhere: what it waits for itself, or is kept by. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from towerd.cabin.model import DoorState
from towerd.fsm.commanding import shaft_free
from towerd.fsm.delivering import open_job
from towerd.fsm.inventory import FORK, vehicle_at
from towerd.fsm.obstacles import may_command, obstacles
from towerd.fsm.state import Job
from towerd.fsm.turn import Turn
from towerd.fsm.waiting_words import Words, words_for
from towerd.fsm.wishes import stays
from towerd.jobs.model import Wait
from towerd.jobs.transfer import Transfer, bring_fork_in, fork_centred, kept_at, next_action
from towerd.orders.model import Vehicle
from towerd.places import CARRIAGE
from towerd.plc.snapshot import Snapshot

CARRIAGE_FIRST: Final = Words("carriage_awaited", "It waits for the carriage", "It passes by itself.", "machine")
WordsOf = Callable[[Vehicle], Words | None]
"""What another vehicle waits for: one that stands on the carriage, and that nothing takes from there."""


def job_words(turn: Turn, machine: Snapshot, job: Job) -> Words | None:
    """What an open job waits for; None where the machine works for it, or an obstacle says it."""
    if job.state == "held":
        return Words("job_held", f"A technician holds job {job.id}", f"towerctl job resume {job.id}")
    if not may_command(turn.state):
        return None
    if FORK in turn.tables.steps:
        return _fork_out(turn, machine)
    vehicle = turn.tables.vehicles[job.vehicle]
    if vehicle.place.kind in ("out", "unknown") or not shaft_free(turn):
        return None
    found = next_action(machine, Transfer(vehicle.record.tag, vehicle.place, job.target), turn.config.kinematics)
    return words_for(found.why) if isinstance(found, Wait) else None


def unrecorded(turn: Turn, machine: Snapshot) -> Words | None:
    """A carriage that carries nobody knows what: nothing is fetched then."""
    known = vehicle_at(turn.tables, CARRIAGE) is not None or open_job(turn) is not None or FORK in turn.tables.steps
    if machine.load.state == "empty" or known:
        return None
    text = f"The sensors of the carriage say {machine.load.state}, and no car is recorded there"
    cure = "Look which car it is: towerctl bay set carriage VEHICLE --reason …; one that is in no book: towerctl put-back carriage."
    return Words("carriage_unrecorded", text, cure)


def _stands_still(turn: Turn) -> Words | None:
    if may_command(turn.state):
        return None
    first = obstacles(turn.state)[0]
    return Words("machine_stopped", f"Nothing moves: {first.text}", first.cure)


def cannot_be_taken(turn: Turn, machine: Snapshot, vehicle: Vehicle) -> Words | None:
    """Why the carriage goes for no vehicle like this one; None where it does, or need not."""
    place = vehicle.place
    if place == CARRIAGE or (place.kind == "cabin" and stays(turn, vehicle)):
        # an ordered car is handed over where it stands
        return None
    if place.kind == "cabin" and not machine.cabin(place.position).fork_may_enter:
        shut = machine.cabin(place.position).outer_door is DoorState.CLOSED
        return words_for(f"cabin{place.position}_not_clear" if shut else f"outer_door{place.position}_not_closed")
    kept = kept_at(machine, place)
    return words_for(kept.why) if kept is not None else None


def _fork_out(turn: Turn, machine: Snapshot) -> Words | None:
    if FORK not in turn.tables.steps or fork_centred(machine):
        return None
    coming = bring_fork_in(machine, turn.config.kinematics)
    return words_for(coming.why) if isinstance(coming, Wait) else None


def _behind(turn: Turn, machine: Snapshot, vehicle: Vehicle, words_of: WordsOf) -> Words | None:
    """What keeps the carriage with another vehicle, in words about that one."""
    job = open_job(turn)
    if job is not None:
        other, words = job.vehicle, job_words(turn, machine, job)
    else:
        carried = vehicle_at(turn.tables, CARRIAGE)
        if carried is None or carried.id == vehicle.id:
            return None
        other, words = carried.id, words_of(carried)
    if words is None or words.asks == "machine":
        return None
    return replace(words, text=f"The carriage is with {other}: {words.text}")


def carriage_words(turn: Turn, machine: Snapshot, vehicle: Vehicle, words_of: WordsOf) -> Words:
    """Why a vehicle that could go somewhere is not fetched now; what does not pass by itself has its cure."""
    return (
        _stands_still(turn)
        or cannot_be_taken(turn, machine, vehicle)
        or _fork_out(turn, machine)
        or unrecorded(turn, machine)
        or _behind(turn, machine, vehicle, words_of)
        or CARRIAGE_FIRST
    )
