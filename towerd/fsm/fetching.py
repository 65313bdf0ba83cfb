"""Giving a fetched car to the technician who asked for it by name (invariant 7). Pure.

No order, no face and no tag: the car is what stands in that bay. What a customer's order needs stays in, unless the
technician has said why. The street door opens only for a word that is young: whoever asked before a power cut or in a long row
may be gone.
"""

from __future__ import annotations

from datetime import timedelta

from towerd.cabin.handover import fetch_denies, stage
from towerd.cabin.model import Cabin, DoorState
from towerd.fsm.acting import STILL, close_outer, open_outer, wait_for
from towerd.fsm.book import at_work, end_move, fetch_at, open_moves, put_move, wanted_by
from towerd.fsm.changes import expected
from towerd.fsm.delivering import opened_in
from towerd.fsm.loans import FETCHED
from towerd.fsm.order_ends import door_works, end_order, may_end
from towerd.fsm.state import Move
from towerd.fsm.turn import Turn
from towerd.places import OUT, cabin


def taken_by_fetch(turn: Turn, vehicle: str, reason: str) -> bool:
    """End the order that needs a vehicle, for a technician fetches it; False where its door is open already."""
    order = wanted_by(turn, vehicle)
    if order is None:
        return True
    if not may_end(turn, order, "fail"):
        return False
    end_order(turn, order, "failed", f"vehicle_fetched: {reason}")
    return True


def _is_stale(turn: Turn, move: Move) -> bool:
    return turn.reached(move.asked_at + timedelta(seconds=turn.config.fetch_age_s))


def _forget(turn: Turn, move: Move) -> None:
    minutes = turn.config.fetch_age_s / 60
    end_move(turn, move, "cancel", f"asked for more than {minutes:.0f} min ago: ask again, and be there")


def _open_gate(turn: Turn, move: Move, shown: Cabin) -> None:
    if _is_stale(turn, move):
        # a door that opens already is seen to
        if not door_works(turn, shown.number):
            _forget(turn, move)
        return
    order = wanted_by(turn, move.vehicle)
    if order is not None and (not move.reason or not taken_by_fetch(turn, move.vehicle, move.reason)):
        wait_for(turn, f"{move.vehicle} is wanted by order {order.number}: put it back, or fetch it with a reason")
        return
    denied = fetch_denies(shown)
    if denied is None:
        open_outer(turn, shown)
    else:
        wait_for(turn, denied.why)


def _see_out(turn: Turn, move: Move, shown: Cabin) -> None:
    if shown.outer_door is DoorState.CLOSED:
        if shown.deserted:
            end_move(turn, move, "finish")
    elif shown.deserted and shown.outer_door in STILL:
        close_outer(turn, shown)


def _drive_out(turn: Turn, move: Move) -> None:
    vehicle = turn.tables.vehicles[move.vehicle]
    reasons = tuple(dict.fromkeys((*vehicle.reasons, FETCHED)))
    expected(turn, vehicle.place, None)
    turn.put_vehicle(vehicle, place=OUT, condition="out", reasons=reasons)
    left = put_move(turn, move, "leave")
    data = {"move": move.id, "vehicle": vehicle.id, "tag": vehicle.record.tag, "from": str(move.source)}
    turn.tell("vehicle_fetched", {**data, "by": left.by, "reason": left.reason})


def _give(turn: Turn, move: Move, shown: Cabin) -> None:
    if opened_in(turn, shown):
        ready = put_move(turn, move, "open", target=cabin(shown.number))
        data = {"move": ready.id, "vehicle": ready.vehicle, "cabin": shown.number, "by": ready.by}
        turn.tell("fetch_ready", data)
    else:
        _open_gate(turn, move, shown)


def _nobody_came(turn: Turn, move: Move, shown: Cabin) -> None:
    """No door stays open to the street for ever: it shuts again, and the car is nobody's any more."""
    since_at = move.since_at or move.asked_at
    late = turn.now - since_at > timedelta(seconds=turn.config.decision_age_s)
    if shown.outer_door is DoorState.CLOSED:
        end_move(turn, move, "cancel", "nobody came for it")
    elif late and shown.nobody and shown.outer_door in STILL:
        close_outer(turn, shown)


def _see_off(turn: Turn, fetched: Move, shown: Cabin) -> None:
    if fetched.state == "left":
        _see_out(turn, fetched, shown)
    elif stage(shown) == "left":
        _drive_out(turn, fetched)
    else:
        _nobody_came(turn, fetched, shown)


def _in_cabin(turn: Turn, shown: Cabin) -> None:
    move = fetch_at(turn.tables, shown.number)
    if move is None:
        return
    if move.state != "asked":
        _see_off(turn, move, shown)
    elif shown.outer_door in STILL and not at_work(turn.tables, move):
        _give(turn, move, shown)


def _not_begun(turn: Turn) -> list[Move]:
    """Fetches whose cars still stand elsewhere than in a cabin, and that nothing works for."""
    moves = [move for move in open_moves(turn.tables) if move.purpose == "fetch" and move.state == "asked"]
    there = [move for move in moves if turn.tables.vehicles[move.vehicle].place.kind != "cabin"]
    return [move for move in there if not at_work(turn.tables, move)]


def run_fetches(turn: Turn) -> None:
    """Open to the technician where a fetched car stands, see it off, and shut again."""
    machine = turn.snapshot
    if machine is None or not turn.tables.moves or turn.volatile.reconciled_session != machine.session:
        return
    for move in [one for one in _not_begun(turn) if _is_stale(turn, one)]:
        _forget(turn, move)
    for shown in machine.cabins:
        _in_cabin(turn, shown)
