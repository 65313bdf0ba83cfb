"""Orders whose vehicle nobody can find any more: another one of the same kind, or an end that is told (orders-if.md 5.3). Pure.

While the vehicle is looked for its order waits, but not for ever: whoever comes finds a car or knows that there is none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from towerd.fsm.orders import book_of, door_opens, end_order, lost_vehicle, may_end
from towerd.fsm.recognising import is_found
from towerd.fsm.turn import Turn
from towerd.orders.choice import choose_vehicle, may_leave, offer_for
from towerd.orders.claim_parts import VehicleByModel
from towerd.orders.model import DUE, Order, Vehicle
from towerd.places import OUT, UNKNOWN

# 3xxx: where vehicles are
_INVENTORY: Final = 3
# later the customer is on the way to that very car, and may have driven off with it
_REPLACEABLE: Final = ("accepted", "arrived")
# a dealer brings and takes one car, and no other that is like it
_PROMISED: Final = ("test_drive", "collect")


def _another(turn: Turn, order: Order, lost: Vehicle) -> Vehicle | None:
    record = lost.record
    wish = VehicleByModel(make=record.make, model=record.model, colour=record.colour)
    found = choose_vehicle(wish, book_of(turn.tables), offer_for(order.kind), {}, turn.config.rules)
    return found if isinstance(found, Vehicle) else None


def _is_looked_for(turn: Turn) -> bool:
    if any(number // 1000 == _INVENTORY for number in turn.tables.faults):
        return True
    unsaid = any(record.unknown for record in turn.tables.bays.values())
    # it may stand in a place of which nobody has said yet what is there, or be the one whose tag is still to be read
    return unsaid or any(is_found(vehicle) and vehicle.place != OUT for vehicle in turn.tables.vehicles.values())


def _comes_from_at(turn: Turn, order: Order) -> datetime:
    """From when on the customer may stand at the gate."""
    if order.slot is None or order.state not in _REPLACEABLE:
        return order.accepted_at
    return order.slot.from_at - timedelta(seconds=turn.config.early_s)


def looked_for_until(turn: Turn, order: Order, lost: Vehicle) -> datetime:
    """How long an order waits for its lost vehicle to be found: a while from its loss, and at least until the customer may come."""
    since_at = lost.lost_at or order.accepted_at
    return max(since_at + timedelta(seconds=turn.config.rules.lost_wait_s), _comes_from_at(turn, order))


def _settle(turn: Turn, order: Order, lost: Vehicle, *, looked_for: bool) -> None:
    missed = order.slot is not None and order.slot.until_at < turn.now and order.state in _REPLACEABLE
    if looked_for and turn.now < _comes_from_at(turn, order):
        return
    replaceable = order.state in _REPLACEABLE and order.kind in _PROMISED and not missed
    another = _another(turn, order, lost) if replaceable else None
    if another is not None:
        changed = replace(order, vehicle=another.id)
        turn.put("orders", order.id, changed)
        if lost.condition == "reserved":
            turn.put_vehicle(lost, condition=lost.rests_as)
        turn.put_vehicle(another, condition="reserved")
        turn.tell("order_vehicle_replaced", {"vehicle": another.id, "before": lost.id}, changed)
    elif looked_for and not missed and turn.now < looked_for_until(turn, order, lost):
        return
    elif may_end(turn, order, "fail"):
        end_order(turn, order, "failed", "vehicle_unavailable")


def settle_lost(turn: Turn) -> None:
    """Give every order whose vehicle is unknown another of the same make, model and colour, or end it.

    As long as a fault about the inventory stands or a place is in doubt the vehicle is being looked for. That keeps no order
    from getting another once its customer may come, and from its end for a bounded time only: `looked_for_until`.
    """
    looked_for = _is_looked_for(turn)
    for order in tuple(turn.tables.orders.values()):
        lost = lost_vehicle(turn.tables, order)
        if order.open and lost is not None:
            _settle(turn, order, lost, looked_for=looked_for)


def settle_unfit(turn: Turn) -> None:
    """An order whose vehicle staff have put out of service, or want to look at, or that is not charged enough, gets another at
    once, or an end.
    """
    if not turn.changed("vehicles"):
        return
    for order in tuple(turn.tables.orders.values()):
        vehicle = turn.tables.vehicles.get(order.vehicle or "")
        # a dealer brings and takes a car whatever is wrong with it
        promised = order.open and order.kind in _PROMISED
        if promised and vehicle is not None and vehicle.place != UNKNOWN and not may_leave(vehicle, turn.config.rules):
            _settle(turn, order, vehicle, looked_for=False)


def let_go_of_cabins(turn: Turn) -> None:
    """An order whose vehicle nobody can find keeps no cabin from others; found again, it gets one anew.

    Not while the outer door is open to its customer, nor while nobody sees whether it is: the vehicle may leave there.
    """
    if turn.snapshot is None:
        return
    for order in [one for one in turn.tables.orders.values() if one.cabin is not None and one.state in DUE]:
        if lost_vehicle(turn.tables, order) is not None and not door_opens(turn, order):
            turn.put("orders", order.id, replace(order, cabin=None))
