"""Orders whose vehicle nobody can find any more: another one of the same kind, or an end that is told (orders-if.md 5.3). Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from towerd.fsm.orders import end_order, may_end
from towerd.fsm.recognising import is_found
from towerd.fsm.turn import Turn
from towerd.orders.book import OrderBook
from towerd.orders.choice import choose_vehicle
from towerd.orders.claim_parts import VehicleByModel
from towerd.orders.model import Order, Vehicle
from towerd.places import OUT, UNKNOWN

# 3xxx: where vehicles are
_INVENTORY: Final = 3
# later the customer is on the way to that very car, and may have driven off with it
_REPLACEABLE: Final = ("accepted", "arrived")


def _another(turn: Turn, order: Order, lost: Vehicle) -> Vehicle | None:
    tables, record = turn.tables, lost.record
    book = OrderBook(tables.vehicles, tables.orders, tables.loans, tables.answers)
    wish = VehicleByModel(make=record.make, model=record.model, colour=record.colour)
    offer = "test_drive" if order.kind == "test_drive" else "purchase"
    found = choose_vehicle(wish, book, offer, {}, turn.config.rules)
    return found if isinstance(found, Vehicle) else None


def settle_lost(turn: Turn) -> None:
    """Give every order whose vehicle is unknown another of the same make, model and colour, or end it.

    Only once no fault about the inventory stands and no place is in doubt: until then the vehicle is being looked for.
    """
    if any(number // 1000 == _INVENTORY for number in turn.tables.faults):
        return
    unsaid = any(record.unknown for record in turn.tables.bays.values())
    if unsaid or any(is_found(vehicle) and vehicle.place != OUT for vehicle in turn.tables.vehicles.values()):
        # it may stand in a place of which nobody has said yet what is there, or be the one whose tag is still to be read
        return
    for order in tuple(turn.tables.orders.values()):
        lost = turn.tables.vehicles.get(order.vehicle or "")
        if not order.open or lost is None or lost.place != UNKNOWN:
            continue
        another = _another(turn, order, lost) if order.state in _REPLACEABLE else None
        if another is not None:
            changed = replace(order, vehicle=another.id)
            turn.put("orders", order.id, changed)
            turn.put_vehicle(another, condition="reserved")
            turn.tell("order_vehicle_replaced", {"vehicle": another.id, "before": lost.id}, changed)
        elif may_end(turn, order, "fail"):
            end_order(turn, order, "failed", "vehicle_unavailable")
