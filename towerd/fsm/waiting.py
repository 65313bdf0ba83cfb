"""What everything that is open waits for, with what to do about it: shown by `towerctl why` beside the obstacles. Pure.

Derived anew from state and snapshot, by the questions that jobs, gates and the planner ask themselves.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from towerd.cabin.handover import Gate, fetch_denies, gate_denies
from towerd.cabin.intake_words import plea
from towerd.cabin.model import DoorState
from towerd.errors import Refusal
from towerd.faults import FAULTS, OUTBOX_FILLS
from towerd.fsm.book import at_work, move_of, open_moves, order_of, wanted_by
from towerd.fsm.cabin_for import cabin_for
from towerd.fsm.decision import decision_holds
from towerd.fsm.delivering import open_job
from towerd.fsm.intake_book import intake_of
from towerd.fsm.lost import looked_for_until
from towerd.fsm.order_ends import lost_vehicle
from towerd.fsm.room import has_room
from towerd.fsm.securing import text_of
from towerd.fsm.state import Move
from towerd.fsm.turn import Turn
from towerd.fsm.waiting_carriage import carriage_words, job_words
from towerd.fsm.waiting_places import (
    NO_BAY,
    bay_words,
    inspections,
    lost_words,
    no_bay,
    no_cabin,
    unknown,
    waiting_places,
)
from towerd.fsm.waiting_words import Words, words_for
from towerd.fsm.wishes import delivery_wishes, is_stopped, move_targets
from towerd.orders.model import DUE, Order, Vehicle
from towerd.places import UNKNOWN, Place, cabin
from towerd.plc.snapshot import Snapshot
from towerd.view import Waiting

_DRIVE_OUT = Words("drive_out", "The door is open, the car is to be driven out", "Drive it out.", "customer")
_LEAVE = Words("leave_cabin", "The car has left; the door closes once the cabin is deserted", "Leave it.", "customer")
_FOLLOWED = Words(
    "another_car_followed",
    "The car has left, and another has come in behind it; nothing is done with that one",
    "Drive it out again, then leave the cabin.",
    "customer",
)
_NOT_STOPPING: Final = (3000, 4999)


def _row(words: Words, what: str, since_at: datetime | None) -> Waiting:
    return Waiting(words.code, what, words.text, words.cure, words.asks, since_at)


def _jobs(turn: Turn, machine: Snapshot) -> list[Waiting]:
    job = open_job(turn)
    words = job_words(turn, machine, job) if job is not None else None
    if job is None or words is None:
        return []
    order = turn.tables.orders.get(job.order or "")
    about = f" for order {order.number}" if order is not None else ""
    what = f"job {job.id}{about}: {job.vehicle} to {job.target}"
    return [_row(words, what, job.waiting_since_at or job.started_at)]


def _gate_words(turn: Turn, machine: Snapshot, order: Order, vehicle: Vehicle) -> Words | None:
    shown, read = machine.cabin(vehicle.place.position), turn.volatile.readings.get(order.id)
    gate = Gate(vehicle.record.tag, read.tag if read else 0, read.epoch if read else 0, decision_holds(turn, order))
    denied = gate_denies(shown, gate)
    return words_for(denied.why) if denied is not None else None


def _stopped_words(turn: Turn, order: Order) -> Words:
    job = next(job for job in reversed(turn.tables.jobs.values()) if job.order == order.id)
    text = f"{job.stopped_by} has cancelled job {job.id}; the order waits"
    return Words("job_cancelled", text, f"towerctl job resume {job.id}")


def _on_the_carriage(turn: Turn, machine: Snapshot, vehicle: Vehicle) -> Words | None:
    """What the vehicle that stands on the carriage waits for there."""
    order, move = order_of(turn, vehicle.id), move_of(turn.tables, vehicle.id)
    if order is not None and order.state in DUE:
        return _due_words(turn, machine, order, vehicle)
    if move is not None:
        return _move_words(turn, machine, move)
    return no_bay(turn, machine, vehicle)


def _carriage_words(turn: Turn, machine: Snapshot, vehicle: Vehicle) -> Words:
    return carriage_words(turn, machine, vehicle, lambda carried: _on_the_carriage(turn, machine, carried))


def _due_words(turn: Turn, machine: Snapshot, order: Order, vehicle: Vehicle) -> Words | None:
    job = open_job(turn)
    if job is not None and job.vehicle == vehicle.id:
        return None
    if order.cabin is not None and vehicle.place == cabin(order.cabin):
        return _gate_words(turn, machine, order, vehicle)
    if is_stopped(turn.tables, order):
        return _stopped_words(turn, order)
    barred = bay_words(turn, machine, vehicle.place)
    if barred is not None:
        return barred
    if any(wish.order == order.id for wish in delivery_wishes(turn, machine)):
        return _carriage_words(turn, machine, vehicle)
    return no_cabin(turn, machine, cabin(order.cabin) if order.cabin else None, order.id)


def _lost_words(turn: Turn, order: Order, vehicle: Vehicle) -> Words:
    words = lost_words(vehicle)
    if vehicle.place != UNKNOWN:
        return words
    until = f"{looked_for_until(turn, order, vehicle):%H:%M} UTC"
    return replace(words, text=f"{words.text}. If it is not found by {until}, the order gets another car or ends")


def _dealer_words(turn: Turn, machine: Snapshot, order: Order, vehicle: Vehicle) -> Words | None:
    """What a dealer who is there with a vehicle waits for before a cabin opens."""
    if order.state != "identified" or intake_of(turn.tables, vehicle.id) is not None:
        return None
    denied = cabin_for(turn, vehicle, None)
    if isinstance(denied, Refusal) and denied.reasons == ("no_bay_free",):
        return no_bay(turn, machine, vehicle) or NO_BAY
    return no_cabin(turn, machine, None, order.id)


def _behind(machine: Snapshot, left: Place | None) -> Words:
    """What is waited for where a car has left its cabin, and the door is open."""
    followed = left is not None and machine.cabin(left.position).content == "occupied"
    return _FOLLOWED if followed else _LEAVE


def _order_words(turn: Turn, machine: Snapshot, order: Order) -> Words | None:
    vehicle = turn.tables.vehicles.get(order.vehicle or "")
    if vehicle is None:
        return None
    if order.kind == "stock_in":
        return _dealer_words(turn, machine, order, vehicle)
    if vehicle.place.kind == "unknown" or (order.state in DUE and vehicle.place.kind == "out"):
        return _lost_words(turn, order, vehicle)
    if order.state in DUE:
        return _due_words(turn, machine, order, vehicle)
    if order.state == "handed_over" and order.cabin is not None:
        shut = machine.cabin(order.cabin).outer_door is DoorState.CLOSED
        return words_for(f"cabin{order.cabin}_not_clear") if shut else _behind(machine, cabin(order.cabin))
    return _DRIVE_OUT if order.state == "ready" else None


def _since_at(turn: Turn, order: Order, words: Words) -> datetime:
    """Since when an order waits for what `words` say: for its car since its customer is there, whatever states it has had."""
    lost = lost_vehicle(turn.tables, order)
    if lost is not None and lost.lost_at is not None:
        return lost.lost_at
    return order.waits_since_at if order.state in DUE and words.asks != "customer" else order.since_at


def _orders(turn: Turn, machine: Snapshot) -> list[Waiting]:
    found = []
    for order in turn.tables.open_orders.values():
        words = _order_words(turn, machine, order)
        if words is not None:
            found.append(_row(words, f"order {order.number}: {order.vehicle}", _since_at(turn, order, words)))
    return found


def _asked_words(turn: Turn, machine: Snapshot, move: Move) -> Words | None:
    vehicle = turn.tables.vehicles[move.vehicle]
    if vehicle.place.kind in ("unknown", "out"):
        return lost_words(vehicle)
    barred = bay_words(turn, machine, vehicle.place)
    if barred is None and move.purpose == "move" and move.target is not None:
        barred = bay_words(turn, machine, move.target)
    if barred is not None:
        return barred
    if move_targets(turn, machine, move):
        return _carriage_words(turn, machine, vehicle)
    if move.purpose in ("fetch", "bring"):
        if vehicle.place.kind != "cabin" or move.target not in (None, vehicle.place):
            return no_cabin(turn, machine, move.target)
        order, denied = wanted_by(turn, vehicle.id), fetch_denies(machine.cabin(vehicle.place.position))
        if order is not None and not move.reason:
            cure = f"towerctl put-back {vehicle.id}, or fetch it with a reason."
            return Words("vehicle_wanted", f"Order {order.number} needs the car", cure)
        return words_for(denied.why) if denied is not None else None
    return _no_target_words(turn, machine, move, vehicle)


def _no_target_words(turn: Turn, machine: Snapshot, move: Move, vehicle: Vehicle) -> Words | None:
    if move.purpose == "move" and move.target is not None and not has_room(turn, machine, move.target, vehicle):
        return words_for("bay_too_small")
    return None if move.purpose == "identify" else no_bay(turn, machine, vehicle) or NO_BAY


def _move_words(turn: Turn, machine: Snapshot, move: Move) -> Words | None:
    if move.state == "arrived":
        cure = f"towerctl put-back {move.vehicle}"
        return Words("kept_in_cabin", f"{move.by} keeps it in {move.target}", cure, "customer")
    if move.state in ("ready", "left"):
        return _DRIVE_OUT if move.state == "ready" else _behind(machine, move.target)
    return None if at_work(turn.tables, move) else _asked_words(turn, machine, move)


def _moves(turn: Turn, machine: Snapshot) -> list[Waiting]:
    found = []
    for move in open_moves(turn.tables):
        words = _move_words(turn, machine, move)
        if words is not None:
            what = f"move {move.id}: {move.purpose} {move.vehicle}"
            found.append(_row(words, what, move.since_at or move.asked_at))
    return found


def _people(turn: Turn) -> list[Waiting]:
    """Drivers who drive a car in, and what people have left undone."""
    found = [
        Waiting(f"drive_in_{row.state}", f"cabin {row.cabin}: {row.vehicle}", text, text, "customer", row.since_at)
        for row in turn.tables.intakes.values()
        if row.open
        and row.state != "storing"
        and (text := text_of(turn.tables, row, turn.now, turn.config.intake.report_age_s))
    ]
    for owed in turn.tables.owing.values():
        text = plea(owed.cabin, owed.what)
        found.append(Waiting(f"{owed.what}_owed", f"cabin {owed.cabin}", text, text, "help", owed.since_at))
    return found


def _faults(turn: Turn) -> list[Waiting]:
    """Faults of inventory and hand-over that do not stop the machine, and keep one place or door from working; a full outbox."""
    least, most = _NOT_STOPPING
    rows = [
        row
        for row in turn.tables.faults.values()
        if (least <= row.number <= most and not FAULTS[row.number].stops) or row.number == OUTBOX_FILLS
    ]
    return [
        Waiting(
            FAULTS[row.number].code, FAULTS[row.number].text, row.cause, FAULTS[row.number].cure, "help", row.since_at
        )
        for row in rows
    ]


def waiting(turn: Turn) -> tuple[Waiting, ...]:
    """What each job, order, move, driver and place waits for now; without a picture of the machine, what is remembered."""
    machine = turn.snapshot
    seen: list[Waiting] = []
    if machine is not None:
        seen = [*_jobs(turn, machine), *_orders(turn, machine), *_moves(turn, machine), *waiting_places(turn, machine)]
    return (*seen, *unknown(turn, seen), *inspections(turn), *_people(turn), *_faults(turn))
