"""Orders for a car that still has to arrive: bound, told to be late, or expired (orders-if.md 4.4 `wait_until`, 5.1). Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from towerd.fsm.book import book_of
from towerd.fsm.charts import ORDER
from towerd.fsm.inventory import note_orders
from towerd.fsm.order_ends import end_order
from towerd.fsm.orders import ready_times_s, tell_awaiting
from towerd.fsm.turn import Turn
from towerd.orders.calendar import Calendar, calendar_of
from towerd.orders.choice import Wanted, choose_vehicle, vehicles_meant
from towerd.orders.claim_parts import VehicleById, VehicleByModel
from towerd.orders.model import Order, Slot, Vehicle
from towerd.orders.taking import slot_json


def _wish(order: Order) -> VehicleById | VehicleByModel:
    kind = VehicleById if "id" in order.wish else VehicleByModel
    return kind.model_validate(order.wish)


def _waiting(turn: Turn) -> list[Order]:
    orders = [order for order in turn.tables.open_orders.values() if order.state == "awaiting_stock"]
    return sorted(orders, key=lambda order: order.accepted_at)


def bind_waiting(turn: Turn) -> None:
    """Whoever has waited longest gets the first car that fits: new here, released after a drive, or free again, be it that
    another order of it has ended.
    """
    free = _may_be_free(turn)
    if free:
        _bind_to(turn, free)


def bind_now(turn: Turn) -> None:
    """The same whatever has happened: a bay may have been enabled at the PLC's panel, of which the tables say nothing."""
    _bind_to(turn, turn.tables.vehicles.keys())


def _bind_to(turn: Turn, names: Collection[str]) -> None:
    """Bind whoever waits to the vehicles of these names."""
    waiting = _waiting(turn)
    if not waiting:
        return
    times_s, rules = ready_times_s(turn, names), turn.config.rules
    seen: tuple[list[Vehicle], Calendar] | None = None
    for order in waiting:
        # the same for all, until somebody is bound
        if seen is None:
            seen = _seen(turn, names)
        vehicles, calendar = seen
        slot = _slot(turn, order)
        wanted = Wanted(order.kind, slot or Slot(turn.now, turn.now))
        found = choose_vehicle(wanted, vehicles_meant(_wish(order), vehicles), calendar, times_s, rules)
        if isinstance(found, Vehicle):
            _bind(turn, order, found, slot)
            seen = None


def _seen(turn: Turn, names: Collection[str]) -> tuple[list[Vehicle], Calendar]:
    book = book_of(turn.tables, turn.snapshot)
    vehicles = [vehicle for vehicle in book.vehicles.values() if vehicle.id in names]
    return vehicles, calendar_of(book, vehicles, turn.config.rules, turn.now)


def _may_be_free(turn: Turn) -> set[str]:
    """Vehicles that, or of which only a time, may have become free in this turn: none but those of which something has changed,
    be it an order, a loan, a technician's move or the bay that it stands in.
    """
    found = {*turn.touched("vehicles")}
    for table in ("orders", "loans", "moves"):
        for key in turn.touched(table):
            before, after = turn.before(table, key), getattr(turn.tables, table).get(key)
            keeps = after.vehicle if isinstance(after, Order) and after.open else None
            found |= {row.vehicle for row in (before, after) if row is not None} - {keeps, None}
    bays = turn.touched("bays")
    if bays:
        found |= {vehicle.id for vehicle in turn.tables.vehicles.values() if str(vehicle.place) in bays}
    return found


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
