"""The book of moves, and of the orders that a vehicle is promised to. Pure; whoever decides about a vehicle asks the same here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from towerd.bays.model import is_usable
from towerd.fsm.charts import JOB, MOVE
from towerd.fsm.remade import remade
from towerd.fsm.state import Job, Move, MoveState, Tables
from towerd.fsm.turn import Turn
from towerd.orders.book import OrderBook
from towerd.orders.model import AT_THE_GATE, Order
from towerd.places import Place, cabin
from towerd.plc.snapshot import Identity, Snapshot, bays_of

_BRINGS_UP: Final = ("fetch", "bring")


def open_moves(tables: Tables) -> list[Move]:
    """Moves that have not ended, the oldest first."""
    return [move for move in tables.moves.values() if move.open]


def move_of(tables: Tables, vehicle: str) -> Move | None:
    """The open move of a vehicle; there is never more than one."""
    return next((move for move in tables.moves.values() if move.vehicle == vehicle and move.open), None)


@remade
def _unusable(identity: Identity, words: tuple[int, ...]) -> frozenset[Place]:
    return frozenset(place for place, word in bays_of(identity, words) if not is_usable(word))


def _kept(tables: Tables, machine: Snapshot | None) -> Iterator[str]:
    """Vehicles that a technician has brought up, until they are put back, and those whose bay may not be used."""
    yield from (move.vehicle for move in open_moves(tables) if move.purpose in _BRINGS_UP)
    shut = {record.place for record in tables.bays.values() if record.disabled}
    if machine is not None:
        shut |= _unusable(machine.identity, machine.bay_words)
    # one that moves has left its bay, or its job is given back there
    yield from (one.id for one in tables.vehicles.values() if one.place in shut and one.condition != "moving")


def book_of(tables: Tables, machine: Snapshot | None) -> OrderBook:
    """What decisions about orders read; of bays that the PLC shows as unusable nothing is known while there is no picture."""
    kept = frozenset(_kept(tables, machine))
    return OrderBook(
        tables.vehicles, tables.orders, tables.loans, tables.answers, tables.drives, kept, tables.open_orders
    )


def begins_at(order: Order) -> datetime:
    """When the slot of an order begins; one without was for the moment it came."""
    return order.accepted_at if order.slot is None else order.slot.from_at


def in_time(turn: Turn, order: Order) -> bool:
    """Whether the order may be collected now: from a little before its slot; its end is the no-show's business."""
    return turn.reached(begins_at(order) - timedelta(seconds=turn.config.early_s))


def has_turn(order: Order) -> bool:
    """Whether a vehicle is an order's now, whatever others are to come: its customer is at the gate, or it is brought forward."""
    return order.state in AT_THE_GATE or order.ahead


def precedence(order: Order) -> tuple[bool, datetime, str]:
    """Whoever has been at the gate comes first, then as the slots begin."""
    return not has_turn(order), begins_at(order), order.id


def orders_of(tables: Tables, vehicle: str) -> list[Order]:
    """The open orders that a vehicle is promised to, by `precedence`."""
    orders = [order for order in tables.open_orders.values() if order.vehicle == vehicle]
    return sorted(orders, key=precedence)


def _first_of(tables: Tables, vehicle: str) -> Order | None:
    return next(iter(orders_of(tables, vehicle)), None)


def _is_now(turn: Turn, order: Order) -> bool:
    return order.kind == "stock_in" or has_turn(order) or in_time(turn, order)


def order_of(turn: Turn, vehicle: str) -> Order | None:
    """The order whose turn it is: its customer is at the gate, or may come now. A dealer's announced vehicle is nobody else's."""
    order = _first_of(turn.tables, vehicle)
    return order if order is not None and _is_now(turn, order) else None


def wanted_by(turn: Turn, vehicle: str) -> Order | None:
    """The order that would suffer if its vehicle left the tower now: none where it may be back and looked at before the slot."""
    order = _first_of(turn.tables, vehicle)
    if order is None or _is_now(turn, order):
        return order
    return order if turn.reached(begins_at(order) - turn.config.rules.turnaround) else None


def needed_by(turn: Turn, vehicle: str) -> Order | None:
    """The order that needs a vehicle now, as its customer has been at the gate."""
    order = order_of(turn, vehicle)
    return order if order is not None and order.state in AT_THE_GATE and not order.ahead else None


def fetched_in(tables: Tables, number: int) -> Move | None:
    """The fetched car that cabin `number` stands open for, or that has just left it."""
    for move in tables.moves.values():
        if move.state in ("ready", "left") and move.target == cabin(number):
            return move
    return None


def fetch_at(tables: Tables, number: int) -> Move | None:
    """The fetched car that stands in cabin `number` to be driven out there, whether its door is open yet or not."""
    here = cabin(number)
    for move in tables.moves.values():
        asked = move.purpose == "fetch" and move.state == "asked" and move.target in (None, here)
        if asked and tables.vehicles[move.vehicle].place == here:
            return move
    return fetched_in(tables, number)


def job_of(tables: Tables, move: Move) -> Job | None:
    """The newest job that worked for a move, where it is remembered."""
    return tables.jobs.get(move.job) if move.job is not None else None


def at_work(tables: Tables, move: Move) -> bool:
    """Whether a job works for the move now, or is held."""
    job = job_of(tables, move)
    return job is not None and job.state in ("running", "held")


def put_move(turn: Turn, move: Move, trigger: str, **values: object) -> Move:
    """Move a move on by its chart, with other fields changed."""
    state: MoveState = MOVE.next(move.state, trigger)  # type: ignore[assignment]
    changed = replace(move, state=state, since_at=turn.now, **values)  # type: ignore[arg-type]
    turn.put("moves", move.id, changed)
    return changed


def end_move(turn: Turn, move: Move, trigger: str, why: str | None = None) -> None:
    """End a move by `finish` or `cancel`, and tell it."""
    ended = put_move(turn, move, trigger, why=why or move.why, ended_at=turn.now)
    data = {"move": move.id, "purpose": move.purpose, "vehicle": move.vehicle, "by": move.by, "why": ended.why}
    turn.tell(f"move_{ended.state}", data)  # type: ignore[arg-type]


def cancel_move(turn: Turn, move: Move, why: str) -> None:
    """End a move and the job that works for it; wherever its car is now, it is for others to take."""
    job = job_of(turn.tables, move)
    if job is not None and JOB.allows(job.state, "cancel"):
        turn.put("jobs", job.id, replace(job, state=JOB.next(job.state, "cancel"), ended_at=turn.now))  # type: ignore[arg-type]
    end_move(turn, move, "cancel", why)
