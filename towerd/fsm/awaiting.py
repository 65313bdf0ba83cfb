"""Orders for a car that still has to arrive: bound, told to be late, or expired (orders-if.md 4.4 `wait_until`, 5.1). Pure."""

from __future__ import annotations

from dataclasses import replace

from towerd.fsm.book import book_of
from towerd.fsm.charts import ORDER
from towerd.fsm.inventory import note_orders
from towerd.fsm.order_ends import end_order
from towerd.fsm.orders import ready_times_s, tell_awaiting
from towerd.fsm.turn import Turn
from towerd.orders.book import OrderBook
from towerd.orders.calendar import Calendar, calendar_of
from towerd.orders.choice import Wanted, choose_vehicle, vehicles_meant
from towerd.orders.claim_parts import VehicleById, VehicleByModel
from towerd.orders.model import Order, Slot, Vehicle
from towerd.orders.taking import slot_json


def _wish(order: Order) -> VehicleById | VehicleByModel:
    kind = VehicleById if "id" in order.wish else VehicleByModel
    return kind.model_validate(order.wish)


def _waiting(turn: Turn) -> list[Order]:
    orders = [order for order in turn.tables.orders.values() if order.state == "awaiting_stock"]
    return sorted(orders, key=lambda order: order.accepted_at)


def bind_waiting(turn: Turn) -> None:
    """Whoever has waited longest gets the first car that fits: new here, released after a drive, or free again, be it that
    another order of it has ended.
    """
    if _something_is_free(turn):
        bind_now(turn)


def bind_now(turn: Turn) -> None:
    """The same whatever has happened: a bay may have been enabled at the PLC's panel, of which the tables say nothing."""
    waiting = _waiting(turn)
    times_s = ready_times_s(turn) if waiting else {}
    rules = turn.config.rules
    seen: tuple[OrderBook, Calendar] | None = None
    for order in waiting:
        # the same for all, until somebody is bound
        if seen is None:
            seen = _seen(turn)
        book, calendar = seen
        slot = _slot(turn, order)
        wanted = Wanted(order.kind, slot or Slot(turn.now, turn.now))
        found = choose_vehicle(wanted, vehicles_meant(_wish(order), book), calendar, times_s, rules)
        if isinstance(found, Vehicle):
            _bind(turn, order, found, slot)
            seen = None


def _seen(turn: Turn) -> tuple[OrderBook, Calendar]:
    book = book_of(turn.tables, turn.snapshot)
    return book, calendar_of(book, book.vehicles.values(), turn.config.rules, turn.now)


def _something_is_free(turn: Turn) -> bool:
    """Whether a vehicle, or only a time of one, may have become free in this turn."""
    if turn.changed("vehicles"):
        return True
    return turn.changed("orders") and any(order.ended_at == turn.now for order in turn.tables.orders.values())


def _slot(turn: Turn, order: Order) -> Slot | None:
    slot = order.slot
    if slot is not None and slot.until_at <= turn.now and order.wait_until_at is not None:
        # the car was late, the customer waits for it
        return Slot(turn.now.replace(microsecond=0), order.wait_until_at)
    return slot


def _bind(turn: Turn, order: Order, vehicle: Vehicle, slot: Slot | None) -> None:
    state = ORDER.next(order.state, "bind")
    bound = turn.move_order(order, state, vehicle=vehicle.id, slot=slot)  # type: ignore[arg-type]
    note_orders(turn, vehicle.id)
    data = slot_json(slot) or {"from": None, "until": None}
    turn.tell("order_bound", {**turn.car(vehicle.id), **data}, bound)


def watch_waiting_stock(turn: Turn) -> None:
    """Tell once that the car is not there although the slot begins, and end the order when nobody waits any more."""
    for order in _waiting(turn):
        if order.wait_until_at is not None and order.wait_until_at < turn.now:
            end_order(turn, order, "expired", "wait_until_passed")
        elif order.slot is not None and order.slot.from_at <= turn.now and not order.late_told:
            late = replace(order, late_told=True)
            turn.put("orders", order.id, late)
            tell_awaiting(turn, late)
