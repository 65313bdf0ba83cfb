"""A dealer announces a vehicle that is to be brought in (orders-if.md 3, 4.4, 5.1). Pure."""

from __future__ import annotations

from dataclasses import replace

from towerd.errors import Refusal
from towerd.orders.book import Circumstances, Largest, OrderAccepted, OrderBook, Request
from towerd.orders.claims import MALFORMED, StockIn
from towerd.orders.model import Vehicle, VehicleRecord
from towerd.orders.rules import OrderRules
from towerd.orders.stock import vehicle_record
from towerd.orders.taking import accept, number_for, slot_fits, slot_of


def too_large(record: VehicleRecord, largest: Largest) -> bool:
    """Whether a vehicle is larger or heavier than the tower takes."""
    return (
        record.length_mm > largest.length_mm
        or record.width_mm > largest.width_mm
        or record.height_mm > largest.height_mm
        or record.mass_kg > largest.mass_kg
    )


def decide_stock_in(
    request: Request, claims: StockIn, book: OrderBook, rules: OrderRules, circumstances: Circumstances
) -> OrderAccepted | Refusal:
    """Expect the vehicle, or refuse it with every reason that holds. What nobody can see now is asked again at the cabin."""
    if not request.code_mac:
        return MALFORMED
    record = vehicle_record(claims.vehicle)
    slot = slot_of(claims, circumstances.now, rules)
    number = number_for(book, circumstances)
    arrives = Vehicle(record, condition="out")
    free, largest = circumstances.bays_free, circumstances.largest
    held = {
        "tag_in_use": any(record.tag == one.record.tag or record.id == one.id for one in book.vehicles.values()),
        "too_large": largest is not None and too_large(record, largest),
        "no_bay_free": free is not None and free(arrives) <= 0,
        "slot_conflict": not slot_fits(slot, claims, circumstances.now, rules),
        "tower_out_of_service": circumstances.out_of_service,
        "busy": number is None,
    }
    reasons = tuple(reason for reason, holds in held.items() if holds)
    if reasons or number is None:
        return Refusal(reasons, "The vehicle is not taken: " + ", ".join(reasons))
    return replace(accept(request, claims, arrives, slot, number, circumstances), arrives=arrives)
