"""Moves that people asked for, followed to their end by where their vehicle is. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from towerd.fsm.book import at_work, cancel_move, end_move, job_of, needed_by, open_moves, put_move
from towerd.fsm.recognising import settle_found, tags_read
from towerd.fsm.state import Move
from towerd.fsm.turn import Turn
from towerd.orders.model import Vehicle
from towerd.places import Place

_READ_LIMIT = timedelta(seconds=3)
"""How long a reader may take for a tag."""


def _there(move: Move, place: Place) -> bool:
    match move.purpose:
        case "move":
            return place == move.target
        case "put_back" | "store":
            return place.kind == "bay"
        case _:
            return False


def _read(turn: Turn, move: Move, vehicle: Vehicle) -> None:
    machine, job = turn.snapshot, job_of(turn.tables, move)
    tag = tags_read(machine).get(vehicle.place, 0) if machine is not None else 0
    since_at = job.ended_at if job is not None and job.ended_at is not None else move.asked_at
    if machine is None or (not tag and turn.now - since_at < _READ_LIMIT):
        return
    why = None if tag else "the tag could not be read"
    turn.put("moves", move.id, replace(move, tag=tag, why=why))
    turn.tell("tag_read", {"move": move.id, "bay": str(move.source), "vehicle": vehicle.id, "tag": tag, "by": move.by})


def _follow_identify(turn: Turn, move: Move, vehicle: Vehicle) -> None:
    if vehicle.place.kind != "bay":
        if move.tag is None:
            _read(turn, move, vehicle)
    elif move.tag is not None:
        end_move(turn, move, "finish")
    elif vehicle.place != move.source:
        end_move(turn, move, "cancel", f"{vehicle.id} stands in {vehicle.place}")


def _follow_bring(turn: Turn, move: Move, place: Place) -> None:
    if move.state == "arrived":
        if place != move.target:
            end_move(turn, move, "finish", f"taken to {place}")
    elif place.kind == "cabin" and move.target in (None, place):
        held = put_move(turn, move, "hold", target=place)
        turn.tell("move_arrived", {"move": held.id, "vehicle": held.vehicle, "cabin": place.position, "by": held.by})


def _follow(turn: Turn, move: Move) -> None:
    job, vehicle = job_of(turn.tables, move), turn.tables.vehicles[move.vehicle]
    if vehicle.place.kind in ("out", "unknown"):
        end_move(turn, move, "cancel", f"{vehicle.id} is {vehicle.place}")
    elif job is not None and job.state == "cancelled":
        end_move(turn, move, "cancel", f"job {job.id} was cancelled")
    elif move.purpose == "identify":
        _follow_identify(turn, move, vehicle)
    elif move.purpose == "bring":
        _follow_bring(turn, move, vehicle.place)
    elif _there(move, vehicle.place):
        end_move(turn, move, "finish")


def _give_way(turn: Turn, move: Move) -> bool:
    """No tag is read for its own sake of a car that a customer waits for; a job that is held stays so."""
    order, job = needed_by(turn, move.vehicle), job_of(turn.tables, move)
    if move.purpose != "identify" or order is None or (job is not None and job.state == "held"):
        return False
    cancel_move(turn, move, f"order {order.id} needs {move.vehicle}")
    return True


def follow_moves(turn: Turn) -> None:
    """See which moves have come to their end. A fetched car is the cabin's business once its door has opened."""
    for move in open_moves(turn.tables) if turn.tables.moves else ():
        if _give_way(turn, move):
            continue
        if move.state in ("asked", "arrived") and not at_work(turn.tables, move):
            _follow(turn, move)
    settle_found(turn)
