"""What telematics or staff report of a vehicle: odometer, charge, fuel (orders-if.md 3 `report`). Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from towerd.errors import Refusal
from towerd.orders.book import OrderBook, VehicleReported
from towerd.orders.claims import Report
from towerd.orders.release import denies_still
from towerd.orders.rules import OrderRules


def decide_report(claims: Report, book: OrderBook, rules: OrderRules, now: datetime) -> VehicleReported | Refusal:
    """Odometer, and charge or fuel, as they were at the report's time; what is older than what is known changes nothing.

    A car that waits for its release is judged by it again.
    """
    vehicle = book.vehicles.get(claims.vehicle.id)
    if vehicle is None:
        return Refusal(("no_such_vehicle",), f"There is no vehicle {claims.vehicle.id} here.")
    # a report from the future would silence those that follow
    at = min(claims.at, now)
    if vehicle.reported_at is None or at >= vehicle.reported_at:
        said = {name: getattr(claims, name) for name in ("odometer_km", "charge_ratio", "fuel_ratio")}
        news = {name: value for name, value in said.items() if value is not None}
        vehicle = replace(vehicle, reported_at=at, **news)
        vehicle = replace(vehicle, kept_for=denies_still(vehicle, news, book.loans.values(), rules.release))
    return VehicleReported(vehicle, {"order": None, "state": vehicle.condition})
