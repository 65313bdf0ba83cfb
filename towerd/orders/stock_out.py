"""A dealer takes a vehicle out of the tower (orders-if.md 3, 4.4). Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from towerd.errors import Refusal
from towerd.orders.book import Circumstances, OrderAccepted, OrderBook, Request
from towerd.orders.calendar import calendar_of
from towerd.orders.choice import HERE, Wanted, busy
from towerd.orders.claims import MALFORMED, StockOut
from towerd.orders.model import Slot, Vehicle
from towerd.orders.rules import OrderRules
from towerd.orders.taking import accept, number_for, slot_fits, slot_of

_DAY = timedelta(days=1)


def _taken_today(book: OrderBook, circumstances: Circumstances) -> int:
    # rows are kept for a day after their end: none that counts is missing
    since_at = circumstances.now - _DAY
    void = ("cancelled", "no_show", "failed")
    outs = [order for order in book.orders.values() if order.kind == "stock_out" and order.state not in void]
    return sum(order.accepted_at > since_at for order in outs)


def _taken(
    claims: StockOut, vehicle: Vehicle, slot: Slot, book: OrderBook, rules: OrderRules, now: datetime
) -> str | None:
    wanted = Wanted(claims.kind, slot, named=claims.slot is not None)
    return busy(vehicle, wanted, calendar_of(book, [vehicle], rules, now), rules)


def decide_stock_out(
    request: Request, claims: StockOut, book: OrderBook, rules: OrderRules, circumstances: Circumstances
) -> OrderAccepted | Refusal:
    """Accept a vehicle's leaving, whatever its condition, or refuse it with every reason that holds.

    Who does not own the vehicle learns nothing of it.
    """
    if not request.code_mac:
        return MALFORMED
    found = book.vehicles.get(claims.vehicle.id)
    vehicle = found if found is not None and found.record.owner == claims.sub else None
    slot = slot_of(claims, circumstances.now, rules)
    number = number_for(book, circumstances)
    taken = _taken(claims, vehicle, slot, book, rules, circumstances.now) if vehicle is not None else None
    held = {
        "no_such_vehicle": vehicle is None,
        "vehicle_taken": taken == "vehicle_taken",
        "vehicle_unavailable": vehicle is not None and vehicle.condition != "out" and vehicle.place.kind not in HERE,
        "slot_conflict": taken == "slot_conflict" or not slot_fits(slot, claims, circumstances.now, rules),
        "rate_limited": _taken_today(book, circumstances) >= rules.stock_out_a_day,
        "tower_out_of_service": circumstances.out_of_service,
        "busy": number is None,
    }
    reasons = tuple(reason for reason, holds in held.items() if holds)
    if reasons or vehicle is None or number is None:
        return Refusal(reasons, "The order is not taken: " + ", ".join(reasons))
    return accept(request, claims, vehicle, slot, number, circumstances)
