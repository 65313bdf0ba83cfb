"""Moves as people see them: how far each is, what it waits for, which tags were read. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from towerd.fsm.book import at_work, job_of, open_moves, wanted_by
from towerd.fsm.going_on import waits_for
from towerd.fsm.obstacles import obstacles
from towerd.fsm.state import Move, State
from towerd.fsm.turn import Turn
from towerd.fsm.wishes import move_targets
from towerd.orders.choice import HERE
from towerd.view import MoveView, StockRow

_ENDED_SHOWN: Final = timedelta(hours=1)
"""How long a move is shown that ended, but not as it was asked."""


def _waits_for(turn: Turn, move: Move) -> str:
    machine = turn.snapshot
    order = wanted_by(turn, move.vehicle)
    if move.state == "arrived":
        return "held in the cabin until it is put back, moved or fetched"
    if move.state == "ready":
        return "drive it out"
    if move.state == "left":
        return "the outer door closes once the cabin is deserted"
    if machine is None or (blocked := obstacles(turn.state)):
        codes = ", ".join(one.code for one in blocked) if machine is not None else "plc_lost"
        return f"waits: {codes}"
    place = turn.tables.vehicles[move.vehicle].place
    if move.purpose == "fetch" and place.kind == "cabin" and move.target in (None, place):
        return f"wanted by order {order.number}" if order and not move.reason else turn.volatile.doing
    if move_targets(turn, machine, move):
        return "waits until nothing else waits" if move.purpose == "identify" else "waits for the carriage"
    return f"waits for a free place: {move.target}" if move.target else "waits for a free place"


def _why_over(turn: Turn, move: Move) -> str:
    vehicle = turn.tables.vehicles.get(move.vehicle)
    if move.state == "done" or vehicle is None or vehicle.place.kind not in HERE:
        return f"over: {move.why}"
    return f"over: {move.why}; {vehicle.id} is in {vehicle.place} now, ask again if it is still wanted"


def _never_begun(move: Move) -> bool:
    # a bay of a stock take that was stopped; `show_stock_take` lists it
    return move.purpose == "identify" and move.job is None


def _stands_for(turn: Turn, move: Move) -> str | None:
    """What the job that works for a move stands behind; None where it goes on."""
    job = job_of(turn.tables, move)
    if job is not None and job.state == "held":
        return f"job {job.id} is held: towerctl job resume {job.id}"
    codes = waits_for(turn.state, job, obstacles(turn.state)) if job is not None else ()
    return f"waits: {', '.join(codes)}" if codes else None


def _next(turn: Turn, move: Move, stopped: str | None) -> str:
    if not move.open:
        return _why_over(turn, move)
    return stopped or (turn.volatile.doing if at_work(turn.tables, move) else _waits_for(turn, move))


def _move(turn: Turn, move: Move) -> MoveView:
    works = at_work(turn.tables, move)
    stopped = _stands_for(turn, move) if works else None
    state = ("moving" if works and stopped is None else "waiting") if move.state == "asked" else move.state
    target = str(move.target) if move.target is not None else None
    return MoveView(
        id=move.id,
        purpose=move.purpose,
        state=state,
        vehicle=move.vehicle,
        source=str(move.source),
        target=target,
        job=move.job,
        by=move.by,
        reason=move.reason,
        asked_at=move.asked_at,
        next=_next(turn, move, stopped),
    )


def show_moves(turn: Turn) -> tuple[MoveView, ...]:
    """The moves that people have asked for and that have not ended, the oldest first; then those that have just ended
    otherwise than they were asked for, with the reason.
    """
    since_at = turn.now - _ENDED_SHOWN
    otherwise = [move for move in turn.tables.moves.values() if move.why is not None and not _never_begun(move)]
    lately = [move for move in otherwise if move.ended_at is not None and move.ended_at > since_at]
    return tuple(_move(turn, move) for move in (*open_moves(turn.tables), *lately))


def show_stock_take(state: State) -> tuple[StockRow, ...]:
    """The bays whose tags are to be read, or were within a day."""
    return tuple(
        StockRow(move.id, str(move.source), move.state, move.vehicle, move.tag, move.why)
        for move in state.tables.moves.values()
        if move.purpose == "identify"
    )
