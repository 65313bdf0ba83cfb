"""Which vehicle an order gets, and which number (orders-if.md 4.4, 4.5). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from towerd.orders.book import OrderBook
from towerd.orders.claim_parts import VehicleById, VehicleByModel
from towerd.orders.eligibility import LOAN_ENDED
from towerd.orders.model import Vehicle
from towerd.orders.rules import OrderRules

NUMBERS = 10_000
HERE = frozenset({"bay", "carriage", "cabin"})
TAKEN = frozenset({"reserved", "out"})


def bound(book: OrderBook) -> frozenset[str]:
    """The vehicles that open orders and loans have."""
    orders = {order.vehicle for order in book.orders.values() if order.open and order.vehicle}
    return frozenset(orders | {loan.vehicle for loan in book.loans.values() if loan.state not in LOAN_ENDED})


def charge_suffices(vehicle: Vehicle, rules: OrderRules) -> bool:
    """Electric cars leave with enough charge; an unknown charge counts as too little unless the site says otherwise."""
    record = vehicle.record
    if record.propulsion != "electric":
        return True
    if vehicle.charge_ratio is None:
        return rules.unknown_charge_leaves
    return vehicle.charge_ratio >= rules.for_model(record.make, record.model).min_charge_ratio


def offer_for(kind: str) -> str:
    """The offer of a vehicle that an order of this kind takes up."""
    return "test_drive" if kind == "test_drive" else "purchase"


def may_leave(vehicle: Vehicle, rules: OrderRules) -> bool:
    """Whether a vehicle that is promised to a customer may still be handed over."""
    return vehicle.rests_as == "available" and charge_suffices(vehicle, rules)


def obstacle(vehicle: Vehicle, taken: frozenset[str], offer: str, rules: OrderRules) -> str | None:
    """Why `vehicle` cannot be ordered for `offer` now: `vehicle_taken`, `vehicle_unavailable`, or None."""
    if vehicle.id in taken or vehicle.condition in TAKEN:
        return "vehicle_taken"
    fit = vehicle.condition == "available" and not vehicle.reasons and vehicle.place.kind in HERE
    if not fit or offer not in vehicle.record.offers or not charge_suffices(vehicle, rules):
        return "vehicle_unavailable"
    return None


def _wanted(vehicle: Vehicle, wish: VehicleById | VehicleByModel) -> bool:
    record = vehicle.record
    if isinstance(wish, VehicleById):
        return record.id == wish.id
    return (record.make, record.model, record.colour) == (wish.make, wish.model, wish.colour)


def choose_vehicle(
    wish: VehicleById | VehicleByModel, book: OrderBook, offer: str, ready_s: Mapping[str, float], rules: OrderRules
) -> Vehicle | str:
    """The fitting vehicle that is handed over soonest, or the reason why there is none."""
    fitting = [vehicle for vehicle in book.vehicles.values() if _wanted(vehicle, wish)]
    if not fitting:
        return "no_such_vehicle"
    taken = bound(book)
    obstacles = {vehicle.id: obstacle(vehicle, taken, offer, rules) for vehicle in fitting}
    free = [vehicle for vehicle in fitting if obstacles[vehicle.id] is None]
    if free:
        return min(free, key=lambda vehicle: (ready_s.get(vehicle.id, float("inf")), vehicle.id))
    return "vehicle_taken" if "vehicle_taken" in obstacles.values() else "vehicle_unavailable"


def orderable(book: OrderBook, offer: str, rules: OrderRules) -> tuple[Vehicle, ...]:
    """The vehicles that can be ordered for `offer` now, by id (the catalogue's)."""
    taken = bound(book)
    free = [vehicle for vehicle in book.vehicles.values() if obstacle(vehicle, taken, offer, rules) is None]
    return tuple(sorted(free, key=lambda vehicle: vehicle.id))


def next_number(book: OrderBook, last_number: int, step: int) -> str | None:
    """Four digits that no open order or loan bears, or None where all 10,000 are borne.

    Raises ValueError on a step with a factor 2 or 5: it would not meet every number.
    """
    if step % 2 == 0 or step % 5 == 0:
        raise ValueError(f"a step of {step} does not meet every number")
    used = {order.number for order in book.orders.values() if order.open}
    used |= {loan.number for loan in book.loans.values() if loan.state not in LOAN_ENDED}
    steps = ((last_number + count * step) % NUMBERS for count in range(1, NUMBERS + 1))
    return next((text for text in (f"{number:04d}" for number in steps) if text not in used), None)
