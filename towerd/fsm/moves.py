"""Moves that a technician asks for: taken with a number, or refused with every reason. Pure.

All of them become wishes of the planner and transfers of a job, as an order's car does; they wait for the carriage in the
order in which they were asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from towerd.errors import Refusal
from towerd.fsm.book import cancel_move, move_of, needed_by, open_moves, wanted_by
from towerd.fsm.fetching import taken_by_fetch
from towerd.fsm.inventory import bay_places, is_unknown, is_worked_on, vehicle_at
from towerd.fsm.moves_events import MoveCancelled, MoveRequested, StockTakeCancelled, StockTakeRequested
from towerd.fsm.recognising import add_move, found_vehicle
from towerd.fsm.room import has_room
from towerd.fsm.state import Move
from towerd.fsm.turn import Turn
from towerd.fsm.waiting_places import bay_words
from towerd.fsm.waiting_words import words_for
from towerd.fsm.wishes import free_bays, open_bays
from towerd.jobs.transfer import content_of
from towerd.orders.model import Vehicle
from towerd.places import CARRIAGE, Place, cabin, parse_place
from towerd.plc.snapshot import Snapshot

_TO_CABIN: Final = ("fetch", "bring")


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the car stands that is to be moved; `vehicle` None: there is one, and no record of it."""

    place: Place
    vehicle: Vehicle | None


def _exists(machine: Snapshot, place: Place) -> bool:
    if place.kind == "cabin":
        return any(shown.number == place.position for shown in machine.cabins)
    identity = machine.identity
    return place == CARRIAGE or (
        place.kind == "bay" and place.floor <= identity.floors and place.position <= identity.positions
    )


def _barred(turn: Turn, machine: Snapshot, place: Place) -> Refusal | None:
    """Why the fork goes to no bay like this one, with what to do about it."""
    words = bay_words(turn, machine, place)
    return Refusal((words.code,), f"{words.text}. {words.cure}") if words is not None else None


def _source(turn: Turn, machine: Snapshot, what: str) -> _Source | Refusal:
    vehicle = turn.tables.vehicles.get(what)
    if vehicle is not None and vehicle.place.kind in ("out", "unknown"):
        text = f"{what} is {vehicle.place}: name the place where it stands, where you know it."
        return Refusal((f"vehicle_{vehicle.place.kind}",), text)
    try:
        place = vehicle.place if vehicle is not None else parse_place(what)
    except ValueError:
        return Refusal(
            ("no_such_vehicle",), f"{what!r} is neither a vehicle nor a place (a bay as 3-4, cabin:1, carriage)."
        )
    if not _exists(machine, place):
        return Refusal(("no_such_place",), f"This tower has no {place}.")
    seen, known = content_of(machine, place), vehicle or vehicle_at(turn.tables, place)
    if is_worked_on(turn.tables, place) and (known is None or seen != "occupied"):
        return Refusal(("moving",), f"The fork works at {place}: ask again once it is known what it has done.")
    if seen == "empty":
        return Refusal(("place_empty",), f"Nothing stands in {place}.")
    if seen != "occupied":
        return Refusal(("sensors_disagree",), f"The sensors of {place} disagree: look, and use the override in Manual.")
    return _barred(turn, machine, place) or _Source(place, known)


def _held_cabins(turn: Turn, source: _Source) -> set[Place]:
    """Cabins with a car that stays until somebody says otherwise."""
    held = {move.target for move in open_moves(turn.tables) if move.state == "arrived"}
    return {place for place in held if place is not None and place != source.place}


def _cabin_refused(turn: Turn, machine: Snapshot, source: _Source, target: Place | None) -> Refusal | None:
    if target is not None and target.kind != "cabin":
        return Refusal(("not_a_cabin",), f"{target} is no cabin.")
    wanted = {target} if target is not None else {cabin(shown.number) for shown in machine.cabins}
    if wanted <= _held_cabins(turn, source):
        return Refusal(("no_cabin_free",), "Another car is held there: put it back first.")
    return None


def _bay_refused(turn: Turn, machine: Snapshot, source: _Source, target: Place | None) -> Refusal | None:
    if target is None or target.kind != "bay":
        return Refusal(("not_a_bay",), "A bay is named as 3-4.")
    if target == source.place:
        return Refusal(("already_there",), f"It stands in {target}.")
    barred = _barred(turn, machine, target)
    if barred is not None:
        return barred
    seen = content_of(machine, target)
    if seen != "empty" or vehicle_at(turn.tables, target) is not None:
        return Refusal(("bay_not_empty",), f"{target} is not empty: its sensors say {seen}.")
    if is_unknown(turn.tables, target):
        return Refusal(("place_unknown",), f"What is in {target} is not known: look, then towerctl bay set.")
    if target not in open_bays(turn, machine):
        return Refusal(("bay_taken",), f"Another move wants {target}.")
    if not has_room(turn, machine, target, source.vehicle):
        words = words_for("bay_too_small")
        return Refusal((words.code,), f"{target}: {words.text}. {words.cure}")
    return None


def _up_refused(turn: Turn, machine: Snapshot, source: _Source, *, store: bool) -> Refusal | None:
    if source.place.kind == "bay":
        return Refusal(("already_there",), f"It stands in {source.place}.")
    if store and source.place.kind != "cabin":
        return Refusal(("not_in_cabin",), "It stands in no cabin: put it back.")
    if not free_bays(turn, machine, source.vehicle):
        return Refusal(("no_bay_free",), "No bay is free that is large enough for it.")
    return None


def _way_refused(turn: Turn, machine: Snapshot, source: _Source, event: MoveRequested) -> Refusal | None:
    if event.target is not None and not _exists(machine, event.target):
        return Refusal(("no_such_place",), f"This tower has no {event.target}.")
    if event.purpose in _TO_CABIN:
        return _cabin_refused(turn, machine, source, event.target)
    if event.purpose == "move":
        return _bay_refused(turn, machine, source, event.target)
    return _up_refused(turn, machine, source, store=event.purpose == "store")


def _bound_refused(turn: Turn, vehicle: Vehicle, event: MoveRequested) -> Refusal | None:
    """What an order needs goes on; what was asked for before goes first."""
    order = (wanted_by if event.purpose == "fetch" else needed_by)(turn, vehicle.id)
    if order is not None and not (event.purpose == "fetch" and event.reason):
        text = (
            f"Order {order.number} ({order.state}) needs it: give a reason to fetch it all the same; the order fails."
        )
        return Refusal(("wanted_by_order",), text)
    before = move_of(turn.tables, vehicle.id)
    if before is None or before.purpose == "identify" or before.state == "arrived":
        return None
    if event.purpose == "put_back" and before.state in ("asked", "ready"):
        return None
    return Refusal(("already_asked",), f"Move {before.id} ({before.purpose}) is open: cancel it first.")


def _decide(turn: Turn, event: MoveRequested) -> _Source | Refusal:
    machine = turn.snapshot
    if machine is None:
        return Refusal(("plc_lost",), "Nothing is known of the machine now.")
    source = _source(turn, machine, event.what)
    if isinstance(source, Refusal):
        return source
    refused = _way_refused(turn, machine, source, event)
    if refused is None and source.vehicle is not None:
        refused = _bound_refused(turn, source.vehicle, event)
        if refused is None and event.purpose == "fetch" and event.reason:
            taken = taken_by_fetch(turn, source.vehicle.id, event.reason)
            refused = None if taken else Refusal(("too_late",), "Its door is open to the customer.")
    return refused or source


def move_requested(turn: Turn, event: MoveRequested) -> None:
    """Take a wish with its number, or refuse it with the reason."""
    source = _decide(turn, event)
    if isinstance(source, Refusal):
        turn.answer(event.reply, False, source.reasons, {"text": source.text})
        return
    vehicle = source.vehicle or found_vehicle(turn, source.place, event.by)
    before = move_of(turn.tables, vehicle.id)
    if before is not None:
        cancel_move(turn, before, f"{event.purpose} was asked for by {event.by}")
    wish = Move(0, event.purpose, vehicle.id, source.place, event.target, event.by, turn.now, reason=event.reason)
    move = add_move(turn, wish)
    turn.answer(event.reply, True, (), {"move": move.id, "purpose": move.purpose, "vehicle": vehicle.id})


def move_cancelled(turn: Turn, event: MoveCancelled) -> None:
    """End a wish; a car that is under way goes into a free bay, as nobody wants it any more."""
    move = turn.tables.moves.get(event.move)
    if move is None or not move.open:
        turn.answer(event.reply, False, ("no_such_move",), {"text": f"No open move has the number {event.move}."})
    elif move.state in ("ready", "left"):
        turn.answer(event.reply, False, ("too_late",), {"text": "Its door is open: say put-back once you are out."})
    else:
        cancel_move(turn, move, f"cancelled by {event.by}")
        turn.answer(event.reply, True, (), {"move": move.id})


def _reading_refused(turn: Turn, vehicle: Vehicle) -> Refusal | None:
    order, before = needed_by(turn, vehicle.id), move_of(turn.tables, vehicle.id)
    if order is not None:
        text = f"Order {order.number} ({order.state}) needs {vehicle.id}: its tag is read on the way to the customer."
        return Refusal(("wanted_by_order",), text)
    if before is not None:
        return Refusal(("already_asked",), f"Move {before.id} ({before.purpose}) is open for {vehicle.place}.")
    return None


def _stock_refused(turn: Turn, machine: Snapshot, bays: tuple[Place, ...]) -> Refusal | None:
    for place in bays:
        found = _source(turn, machine, str(place))
        if isinstance(found, Refusal):
            return found
        refused = _reading_refused(turn, found.vehicle) if found.vehicle is not None else None
        if refused is not None:
            return refused
    return None


def _to_read(turn: Turn, machine: Snapshot) -> tuple[Place, ...]:
    seen = [place for place, what in bay_places(machine) if what == "occupied"]
    return tuple(place for place in seen if _stock_refused(turn, machine, (place,)) is None)


def stock_take_requested(turn: Turn, event: StockTakeRequested) -> None:
    """Have the tags in these bays read when nothing else waits; in none of them, or in all."""
    machine = turn.snapshot
    if machine is None:
        turn.answer(event.reply, False, ("plc_lost",), {"text": "Nothing is known of the machine now."})
        return
    bays = event.bays or _to_read(turn, machine)
    refused = _stock_refused(turn, machine, bays) if bays else Refusal(("nothing_to_read",), "No bay is to be read.")
    if refused is not None:
        turn.answer(event.reply, False, refused.reasons, {"text": refused.text})
        return
    numbers = []
    for place in dict.fromkeys(bays):
        vehicle = vehicle_at(turn.tables, place) or found_vehicle(turn, place, event.by)
        numbers.append(add_move(turn, Move(0, "identify", vehicle.id, place, None, event.by, turn.now)).id)
    turn.answer(event.reply, True, (), {"moves": numbers})


def stock_take_cancelled(turn: Turn, event: StockTakeCancelled) -> None:
    """What has not been read yet stays as it is believed; a car that is under way goes home first."""
    waiting = [move for move in open_moves(turn.tables) if move.purpose == "identify" and move.job is None]
    for move in waiting:
        cancel_move(turn, move, f"cancelled by {event.by}")
    turn.answer(event.reply, True, (), {"cancelled": len(waiting)})
