"""What names a vehicle when its row goes: bound to the record that it turned out to be, or ended. Pure.

Whoever drops a vehicle does it here, so that no move, job or open cabin names a car that is in no book. Orders and loans are
not looked at: a car of theirs is dropped by their own end.
"""

from __future__ import annotations

from dataclasses import replace

from towerd.fsm.book import end_move, move_of
from towerd.fsm.charts import INTAKE, JOB, MOVE
from towerd.fsm.intake_book import intake_of
from towerd.fsm.intake_row import Intake
from towerd.fsm.state import Move
from towerd.fsm.turn import Turn


def _end_move(turn: Turn, move: Move, why: str) -> None:
    # the car of a fetch has left already: nothing is taken back
    end_move(turn, move, "cancel" if MOVE.allows(move.state, "cancel") else "finish", why)


def rebind(turn: Turn, old: str, new: str, *, jobs: bool = True) -> None:
    """What was to be done with one vehicle is to be done with another, and the first is forgotten where it was found."""
    move = move_of(turn.tables, old)
    if move is not None and move_of(turn.tables, new) is not None:
        _end_move(turn, move, f"it is {new}, and another move for that is open")
    elif move is not None:
        turn.put("moves", move.id, replace(move, vehicle=new))
    for job in tuple(turn.tables.jobs.values()):
        if jobs and job.vehicle == old and job.state in ("running", "held") and job.order is None:
            turn.put("jobs", job.id, replace(job, vehicle=new))


def _rebind_intake(turn: Turn, old: str, new: str) -> None:
    row = intake_of(turn.tables, old)
    if row is not None and intake_of(turn.tables, new) is None:
        about = new if row.kind == "vehicle" else row.about
        turn.put("intakes", row.cabin, replace(row, vehicle=new, about=about))


def _end_intake(turn: Turn, row: Intake) -> None:
    """Whoever has driven in is asked to drive out again; what was taken in has left its cabin in another way."""
    if row.state == "turned_away":
        return
    trigger, reason = ("lose", "vehicle_gone") if row.state == "storing" else ("turn_away", "vehicle_elsewhere")
    state = INTAKE.next(row.state, trigger)
    turn.put("intakes", row.cabin, replace(row, state=state, since_at=turn.now, reasons=(reason,)))  # type: ignore[arg-type]


def forget_vehicle(turn: Turn, vehicle: str, *, now: str | None = None) -> None:
    """Drop a vehicle's row; what names it goes on with `now`, the record that it turned out to be, or ends."""
    if now is not None:
        rebind(turn, vehicle, now)
        _rebind_intake(turn, vehicle, now)
    move, row = move_of(turn.tables, vehicle), intake_of(turn.tables, vehicle)
    if move is not None:
        _end_move(turn, move, f"{vehicle} is forgotten")
    for job in tuple(turn.tables.jobs.values()):
        if job.vehicle == vehicle and JOB.allows(job.state, "cancel"):
            turn.put("jobs", job.id, replace(job, state=JOB.next(job.state, "cancel"), ended_at=turn.now))  # type: ignore[arg-type]
    if row is not None:
        _end_intake(turn, row)
    turn.drop("vehicles", vehicle)
