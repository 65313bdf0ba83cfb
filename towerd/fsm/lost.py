"""Orders whose vehicle cannot be theirs any more: another one of the same kind, or an end that is told (orders-if.md 5.3). Pure.

One way for all: a vehicle that nobody can find, one that staff keep here, one that is bought, one that is not back in time.
While there is hope the order waits, but not for ever: whoever comes finds a car or knows that there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from towerd.fsm.book import begins_at, book_of, orders_of
from towerd.fsm.inventory import note_orders
from towerd.fsm.order_ends import door_opens, end_order, lost_vehicle, may_end
from towerd.fsm.recognising import is_found
from towerd.fsm.turn import Turn
from towerd.orders.calendar import Calendar, booking_for, calendar_of
from towerd.orders.choice import HERE, Wanted, choose_vehicle, may_leave, may_serve, vehicles_meant
from towerd.orders.claim_parts import VehicleByModel
from towerd.orders.model import AT_THE_GATE, DUE, Order, Slot, Vehicle
from towerd.places import OUT, UNKNOWN

# 3xxx: where vehicles are
_INVENTORY: Final = 3
# later the customer is on the way to that very car, and may have driven off with it
_REPLACEABLE: Final = ("accepted", "arrived")
# a dealer brings and takes one car, and no other that is like it
_PROMISED: Final = ("test_drive", "collect")
_LEAVES: Final = (*_PROMISED, "stock_out")
# what staff do not put right between two customers
_LASTS: Final = frozenset({"damage", "service_due", "recalled"})
# it is looked at once a minute: who may come has been told
_NOTICE: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class _Trouble:
    """An order whose vehicle may not be there; `given`: another customer is at the gate for this very one."""

    order: Order
    vehicle: Vehicle
    given: bool


def _another(turn: Turn, order: Order, lost: Vehicle) -> Vehicle | None:
    record = lost.record
    wish = VehicleByModel(make=record.make, model=record.model, colour=record.colour)
    wanted = Wanted(order.kind, order.slot or Slot(turn.now, turn.now))
    book, rules = book_of(turn.tables, turn.snapshot), turn.config.rules
    meant = vehicles_meant(wish, book.vehicles.values())
    found = choose_vehicle(wanted, meant, calendar_of(book, meant, rules, turn.now), {}, rules)
    return found if isinstance(found, Vehicle) else None


def _is_looked_for(turn: Turn) -> bool:
    if any(number // 1000 == _INVENTORY for number in turn.tables.faults):
        return True
    unsaid = any(record.unknown for record in turn.tables.bays.values())
    # it may stand in a place of which nobody has said yet what is there, or be the one whose tag is still to be read
    return unsaid or any(is_found(vehicle) and vehicle.place != OUT for vehicle in turn.tables.vehicles.values())


def _comes_from_at(turn: Turn, order: Order) -> datetime:
    """From when on the customer may stand at the gate."""
    if order.state not in _REPLACEABLE:
        return order.accepted_at
    return begins_at(order) - timedelta(seconds=turn.config.early_s)


def looked_for_until(turn: Turn, order: Order, lost: Vehicle) -> datetime:
    """How long an order waits for its lost vehicle to be found: a while from its loss, and at least until the customer may come."""
    since_at = lost.lost_at or order.accepted_at
    return max(since_at + timedelta(seconds=turn.config.rules.lost_wait_s), _comes_from_at(turn, order))


def _is_missed(turn: Turn, order: Order) -> bool:
    return order.slot is not None and order.slot.until_at < turn.now and order.state in _REPLACEABLE


def _replaced(turn: Turn, order: Order, lost: Vehicle) -> bool:
    """Give the order another vehicle, if one of the same kind is free at its time."""
    replaceable = order.state in _REPLACEABLE and order.kind in _PROMISED and not _is_missed(turn, order)
    another = _another(turn, order, lost) if replaceable else None
    if another is None:
        return False
    changed = replace(order, vehicle=another.id)
    turn.put("orders", order.id, changed)
    note_orders(turn, lost.id)
    note_orders(turn, another.id)
    turn.tell("order_vehicle_replaced", {**turn.car(another.id), "before": lost.id}, changed)
    return True


def _give_another_or_end(turn: Turn, order: Order, lost: Vehicle) -> None:
    if not _replaced(turn, order, lost) and may_end(turn, order, "fail"):
        end_order(turn, order, "failed", "vehicle_unavailable")


def _settle_lost(turn: Turn, order: Order, lost: Vehicle, *, looked_for: bool) -> None:
    if looked_for and turn.now < _comes_from_at(turn, order):
        return
    if looked_for and not _is_missed(turn, order) and turn.now < looked_for_until(turn, order, lost):
        _replaced(turn, order, lost)
    else:
        _give_another_or_end(turn, order, lost)


def settle_lost(turn: Turn) -> None:
    """Give every order whose vehicle is unknown another of the same make, model and colour, or end it.

    As long as a fault about the inventory stands or a place is in doubt the vehicle is being looked for. That keeps no order
    from getting another once its customer may come, and from its end for a bounded time only: `looked_for_until`.
    """
    looked_for = _is_looked_for(turn)
    for order in tuple(turn.tables.open_orders.values()):
        lost = lost_vehicle(turn.tables, order)
        if lost is not None:
            _settle_lost(turn, order, lost, looked_for=looked_for)


def _keeps(turn: Turn, order: Order, vehicle: Vehicle) -> bool:
    """Whether a vehicle that is known to stand here may leave with the order."""
    return may_serve(order.kind, vehicle, turn.config.rules) and vehicle.place.kind in HERE


def _comes_late(turn: Turn, order: Order, vehicle: Vehicle, calendar: Calendar) -> bool:
    """Whether somebody who has the vehicle before keeps it, as it looks now, until it is too late for this order."""
    if vehicle.place == OUT and vehicle.id not in calendar.loans:
        return begins_at(order) < turn.now + turn.config.rules.turnaround
    if order.slot is None:
        return False
    own = booking_for(order.id, order.kind, order.slot, vehicle, turn.config.rules)
    others = [one for one in calendar.taken[vehicle.id] if one.order != order.id]
    return any(one.from_at <= own.from_at and one.overlaps(own) for one in others)


def _may_be_ready(vehicle: Vehicle) -> bool:
    """Whether nothing is known against a vehicle but that it is out, or that somebody has to look at it."""
    return vehicle.rests_as == "inspection" or vehicle.place == OUT


def _in_trouble(turn: Turn) -> list[_Trouble]:
    """Orders whose vehicle is not simply here and free for them, the earliest slot first."""
    orders = [one for one in turn.tables.open_orders.values() if one.vehicle and one.kind in _LEAVES]
    given = {one.vehicle for one in orders if one.state in AT_THE_GATE}
    found = []
    for order in orders:
        vehicle = turn.tables.vehicles.get(order.vehicle or "")
        if vehicle is None or vehicle.place == UNKNOWN:
            continue
        others = order.state in _REPLACEABLE and order.vehicle in given
        if others or not _keeps(turn, order, vehicle):
            found.append(_Trouble(order, vehicle, others))
    return sorted(found, key=lambda one: begins_at(one.order))


def _is_over(turn: Turn, trouble: _Trouble) -> bool:
    """Whether nobody waits any longer for the vehicle to come right."""
    order, vehicle = trouble.order, trouble.vehicle
    if order.state not in _REPLACEABLE:
        return order.kind in _PROMISED and order.state in DUE and not may_leave(vehicle, turn.config.rules)
    broken = order.kind in _PROMISED and vehicle.rests_as == "out_of_service" and bool(_LASTS & set(vehicle.reasons))
    return broken or turn.now >= _comes_from_at(turn, order) - _NOTICE


def _end_what_is_over(turn: Turn) -> list[_Trouble]:
    """Give another to whoever waits in vain, or end the order; those whose vehicle may still come right."""
    hoping = []
    for one in _in_trouble(turn):
        if _is_over(turn, one):
            _give_another_or_end(turn, one.order, one.vehicle)
        elif one.order.state in _REPLACEABLE:
            hoping.append(one)
    return hoping


def settle_unfit(turn: Turn) -> None:
    """Where something has changed about vehicles: no order waits for one that is broken, nor at the gate for one that stays."""
    if turn.touched("vehicles"):
        _end_what_is_over(turn)


def settle_promised(turn: Turn) -> None:
    """An order whose vehicle staff keep here, that is not charged enough, or that is not back in time, gets another of the
    same make, model and colour, or ends before its customer may come; looked at every minute.

    What staff put right between two customers, a vehicle that is looked at, and one that is late may still come right until
    then. All but the second are replaced as soon as another is free: that is better than hope.
    """
    hoping = _end_what_is_over(turn)
    if not hoping:
        return
    calendar = calendar_of(
        book_of(turn.tables, turn.snapshot), [one.vehicle for one in hoping], turn.config.rules, turn.now
    )
    for one in hoping:
        if _comes_late(turn, one.order, one.vehicle, calendar) or not (one.given or _may_be_ready(one.vehicle)):
            _replaced(turn, one.order, one.vehicle)


def settle_gone(turn: Turn, vehicle: Vehicle) -> None:
    """A vehicle is the tower's no more: every later order of it gets another, or ends at once."""
    for order in orders_of(turn.tables, vehicle.id):
        if order.state in _REPLACEABLE and order.kind in _LEAVES:
            _give_another_or_end(turn, order, vehicle)


def let_go_of_cabins(turn: Turn) -> None:
    """An order whose vehicle nobody can find keeps no cabin from others; found again, it gets one anew.

    Not while the outer door is open to its customer, nor while nobody sees whether it is: the vehicle may leave there.
    """
    for order in [one for one in turn.tables.open_orders.values() if one.cabin is not None and one.state in DUE]:
        if lost_vehicle(turn.tables, order) is not None and not door_opens(turn, order):
            turn.put("orders", order.id, replace(order, cabin=None))
