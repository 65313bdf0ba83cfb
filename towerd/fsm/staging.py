"""Cars that are brought forward: each waits in a cabin, behind closed doors, for a customer who is on the way. Pure.

Whether one is brought, or makes room again, the planner decides (`planner/decide.py`) on the facts given here. An order whose
car is on the way or waits is `ahead` (`orders/model.py`), also where its customer has been there and has gone again; it holds
its cabin until its customer comes, somebody else needs the cabin, or nobody has come for `stage_keep_s`. Each car is brought
forward once: so whoever waits for a cabin waits for as many cars to be put back as there are cabins, at most (orders-if.md 5.1
`staged`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from towerd.cabin.model import DoorState
from towerd.fsm.book import at_work, move_of, open_moves, orders_of
from towerd.fsm.cabin_for import is_free
from towerd.fsm.charts import ORDER
from towerd.fsm.decision import decision_holds, forget_decision
from towerd.fsm.delivering import open_job, running_job
from towerd.fsm.intake_book import intake_of
from towerd.fsm.letting_go import give_back
from towerd.fsm.order_ends import door_opens
from towerd.fsm.orders import ready_s
from towerd.fsm.state import Job, Move
from towerd.fsm.turn import Turn
from towerd.fsm.wishes import best_bays, due_orders, is_stopped, may_be_taken, wishes_now
from towerd.orders.choice import may_serve
from towerd.orders.model import Order, Vehicle
from towerd.orders.staging import stands_from_at
from towerd.places import CARRIAGE, OUT, UNKNOWN, Place, cabin
from towerd.planner.decide import unmet
from towerd.planner.model import Want, Wish
from towerd.plc.snapshot import Snapshot

ASKED_S: Final = 300.0
"""How long a cabin is kept for a driver who has asked for one in vain."""
_LONGEST: Final = timedelta(minutes=10)
"""More than any transfer takes."""
_FETCHED: Final = ("bay", "carriage")


def free_now(turn: Turn, machine: Snapshot) -> tuple[Place, ...]:
    """Cabins that are empty, shut, deserted and nobody's."""
    shut = [shown for shown in machine.cabins if shown.outer_door is DoorState.CLOSED]
    return tuple(cabin(shown.number) for shown in shut if is_free(turn, shown))


def ahead_wishes(turn: Turn, machine: Snapshot) -> tuple[Wish, ...]:
    """Cars that could be brought forward, and those that could make room again; none while the carriage is loaded."""
    if machine.load.state != "empty":
        return ()
    wishes = [*_to_bring(turn, machine), *_to_put_back(turn, machine)]
    return tuple(wish for wish in wishes if may_be_taken(turn, machine, wish))


def _to_bring(turn: Turn, machine: Snapshot) -> list[Wish]:
    tables, config = turn.tables, turn.config
    found: list[tuple[float, Order, Vehicle]] = []
    for order in tables.open_orders.values():
        at = stands_from_at(order, config.rules, config.early_s)
        vehicle = tables.vehicles.get(order.vehicle or "")
        if at is None or vehicle is None or not turn.reached(at - _LONGEST) or vehicle.place.kind != "bay":
            continue
        if not order.ahead and _is_its_turn(turn, order, vehicle):
            found.append((at.timestamp() - (ready_s(turn, vehicle) or 0.0), order, vehicle))
    # the fork may enter, so that no car waits for a button on the carriage
    cabins = tuple(place for place in free_now(turn, machine) if machine.cabin(place.position).clear) if found else ()
    return [Wish(order.id, car.id, car.place, cabins, begin_s, "stage") for begin_s, order, car in found]


def _is_its_turn(turn: Turn, order: Order, vehicle: Vehicle) -> bool:
    """Whether nobody has the vehicle before, keeps it or moves it."""
    first = orders_of(turn.tables, vehicle.id)[0].id == order.id and move_of(turn.tables, vehicle.id) is None
    return first and may_serve(order.kind, vehicle, turn.config.rules) and not is_stopped(turn.tables, order)


def _to_put_back(turn: Turn, machine: Snapshot) -> list[Wish]:
    cars = [turn.tables.vehicles[order.vehicle or ""] for order in turn.tables.open_orders.values() if order.ahead]
    return [
        Wish(None, car.id, car.place, best_bays(turn, machine, car), 0.0, "give_way")
        for car in cars
        if car.place.kind == "cabin"
    ]


def wants(turn: Turn, machine: Snapshot) -> tuple[Want, ...]:
    """Who is there and needs a cabin: customers, technicians, dealers, and a driver who has asked for one in vain."""
    tables = turn.tables
    cabins = tuple(cabin(shown.number) for shown in machine.cabins)
    since = [
        order.waits_since_at
        for order, vehicle in due_orders(turn)
        if order.cabin is None and vehicle.place.kind in _FETCHED
    ]
    since += [order.waits_since_at for order in tables.open_orders.values() if _is_at_the_street(turn, order)]
    found = [Want(cabins, at.timestamp()) for at in since]
    moves = [move for move in open_moves(tables) if _needs_cabin(turn, move)]
    found += [Want((move.target,) if move.target else cabins, move.asked_at.timestamp()) for move in moves]
    asked = turn.volatile.cabin_asked
    if asked is not None and not turn.reached_mono(asked.mono_s + ASKED_S):
        found.append(Want(cabins if asked.cabin is None else (cabin(asked.cabin),), asked.at.timestamp()))
    return tuple(found)


def _is_at_the_street(turn: Turn, order: Order) -> bool:
    """Whether a dealer is there with the announced vehicle, and no cabin is open for it yet."""
    if order.kind != "stock_in" or order.state != "identified" or not decision_holds(turn, order):
        return False
    vehicle = turn.tables.vehicles[order.vehicle or ""]
    return vehicle.place == OUT and intake_of(turn.tables, vehicle.id) is None


def _needs_cabin(turn: Turn, move: Move) -> bool:
    asked = move.purpose in ("fetch", "bring") and move.state == "asked" and not at_work(turn.tables, move)
    return asked and turn.tables.vehicles[move.vehicle].place.kind in _FETCHED


def put_down(turn: Turn, order: Order, why: str, *, once_more: bool = False) -> None:
    """An order waits for its customer without a cabin again; wherever its car is, it goes into a bay.

    `once_more`: nothing was moved yet, and it may be brought forward later.
    """
    changes = {"cabin": None, "brought_at": None if once_more else order.brought_at or turn.now}
    if order.state == "staged":
        waits = turn.move_order(order, ORDER.next(order.state, "put_back"), **changes)  # type: ignore[arg-type]
        turn.tell("order_put_back", {"vehicle": order.vehicle, "cabin": order.cabin, "why": why}, waits)
        forget_decision(turn, waits)
    else:
        turn.put("orders", order.id, replace(order, **changes))  # type: ignore[arg-type]


def follow_ahead(turn: Turn) -> None:
    """An order is `staged` once its car stands in the cabin, and no more once that is not to be, or nobody comes.

    Not while its outer door opens or stands open before the car: it may be leaving with its customer.
    """
    if turn.snapshot is None:
        return
    for order in [one for one in turn.tables.open_orders.values() if one.ahead and not _may_be_leaving(turn, one)]:
        newest = open_job(turn)
        job = newest if newest is not None and newest.order == order.id else None
        why = _ends(turn, order, job)
        if why is not None:
            if job is not None:
                give_back(turn, job, why)
            put_down(turn, order, why)
        elif job is None and order.state == "accepted":
            staged = turn.move_order(order, ORDER.next(order.state, "stage"))  # type: ignore[arg-type]
            turn.tell("order_staged", {"cabin": order.cabin}, staged)


def _may_be_leaving(turn: Turn, order: Order) -> bool:
    # a car that is missed has left otherwise: then nothing waits in the cabin for its order
    return door_opens(turn, order) and turn.tables.vehicles[order.vehicle or ""].place != UNKNOWN


def _ends(turn: Turn, order: Order, job: Job | None) -> str | None:
    """Why the car of an order is not brought forward any more; None where it is on its way, or waits."""
    vehicle = turn.tables.vehicles[order.vehicle or ""]
    if not may_serve(order.kind, vehicle, turn.config.rules):
        return "car_unfit"
    there = order.cabin is not None and vehicle.place == cabin(order.cabin)
    if move_of(turn.tables, vehicle.id) is not None or not (there if job is None else job.vehicle == vehicle.id):
        return "car_moved"
    late = order.state == "staged" and turn.reached(order.since_at + timedelta(seconds=turn.config.rules.stage_keep_s))
    return "nobody_came" if late else None


def _is_needed(turn: Turn, machine: Snapshot, job: Job) -> bool:
    """Whether a cabin is wanted by somebody for whom no other is open to the fork, or the car could not go into its own either.

    A cabin that somebody has to look into first is nobody's chance yet: the first that is confirmed is for who is there.
    """
    wanted = wants(turn, machine)
    clear = tuple(place for place in free_now(turn, machine) if machine.cabin(place.position).clear)
    return bool(unmet(wanted, clear)) or (bool(wanted) and not machine.cabin(job.target.position).clear)


def make_way(turn: Turn) -> None:
    """A car that is being brought forward lets those go first who are there.

    Still in its bay, it waits for everybody; on the carriage, for those who need a cabin. Between two commands only.
    """
    machine, job = turn.snapshot, running_job(turn)
    order = turn.tables.orders.get(job.order or "") if job is not None else None
    if machine is None or job is None or order is None or not order.ahead:
        return
    if any(step.open and step.job == job.id for step in turn.tables.steps.values()):
        return
    place = turn.tables.vehicles[job.vehicle].place
    needed = _is_needed(turn, machine, job)
    waited_for = needed or any(wish.targets and wish.kind == "serve" for wish in wishes_now(turn, machine))
    if (place.kind == "bay" and waited_for) or (place == CARRIAGE and needed):
        give_back(turn, job, "somebody is there")
        put_down(turn, order, "somebody_waits", once_more=place.kind == "bay")
