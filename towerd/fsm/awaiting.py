"""Orders for a car that still has to arrive: bound, told to be late, or expired (orders-if.md 4.4 `wait_until`, 5.1). Pure."""

from __future__ import annotations

from dataclasses import replace

from towerd.fsm.charts import ORDER
from towerd.fsm.orders import end_order, ready_s
from towerd.fsm.turn import Turn
from towerd.orders.book import OrderBook
from towerd.orders.choice import choose_vehicle
from towerd.orders.claim_parts import VehicleById, VehicleByModel
from towerd.orders.model import Order, Slot, Vehicle
from towerd.orders.taking import at_json, slot_json


def _wish(order: Order) -> VehicleById | VehicleByModel:
    kind = VehicleById if "id" in order.wish else VehicleByModel
    return kind.model_validate(order.wish)


def _found(turn: Turn, order: Order) -> Vehicle | None:
    tables = turn.tables
    book = OrderBook(tables.vehicles, tables.orders, tables.loans, tables.answers)
    offer = "test_drive" if order.kind == "test_drive" else "purchase"
    times = {
        vehicle.id: time_s for vehicle in tables.vehicles.values() if (time_s := ready_s(turn, vehicle)) is not None
    }
    found = choose_vehicle(_wish(order), book, offer, times, turn.config.rules)
    return found if isinstance(found, Vehicle) else None


def _waiting(turn: Turn) -> list[Order]:
    orders = [order for order in turn.tables.orders.values() if order.state == "awaiting_stock"]
    return sorted(orders, key=lambda order: order.accepted_at)


def bind_waiting(turn: Turn) -> None:
    """Whoever has waited longest gets the first car that fits: new here, released after a drive, or free again."""
    if not turn.changed("vehicles"):
        return
    for order in _waiting(turn):
        vehicle = _found(turn, order)
        if vehicle is not None:
            _bind(turn, order, vehicle)


def _bind(turn: Turn, order: Order, vehicle: Vehicle) -> None:
    slot = order.slot
    if slot is not None and slot.until_at <= turn.now and order.wait_until_at is not None:
        # the car was late, the customer waits for it
        slot = Slot(turn.now.replace(microsecond=0), order.wait_until_at)
    turn.put_vehicle(vehicle, condition="reserved")
    state = ORDER.next(order.state, "bind")
    bound = turn.move_order(order, state, vehicle=vehicle.id, slot=slot)  # type: ignore[arg-type]
    data = slot_json(slot) or {"from": None, "until": None}
    turn.tell("order_bound", {"vehicle": vehicle.id, **data}, bound)


def watch_waiting_stock(turn: Turn) -> None:
    """Tell once that the car is not there although the slot begins, and end the order when nobody waits any more."""
    for order in _waiting(turn):
        if order.wait_until_at is not None and order.wait_until_at < turn.now:
            end_order(turn, order, "expired", "wait_until_passed")
        elif order.slot is not None and order.slot.from_at <= turn.now and not order.late_told:
            turn.put("orders", order.id, replace(order, late_told=True))
            until = at_json(order.wait_until_at) if order.wait_until_at is not None else None
            turn.tell("order_awaiting_stock", {"wait_until": until, "late": True}, order)
