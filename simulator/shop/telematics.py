"""A stand-in of the cars' telematics: a drive uses charge or fuel, and the tower that lent the car is told (orders-if.md 3 `report`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from simulator.purchaser import utc
from simulator.shop.ledger import Ledger
from simulator.shop.model import WITH_CUSTOMER, Dashboard, Outcome, ShopError
from simulator.shop.ordering import Ordering, found, record_of
from simulator.shop.rows import OrderRow, VehicleRow

SUBJECT: Final = "telematics"
"""Who a report is from: no customer."""
BEGINS: Final = Dashboard(12_000, 0.8)
"""What the dashboard of every car reads before its first drive."""
RANGE_KM: Final = {"electric": 400}
USUAL_RANGE_KM: Final = 800


def dashboard_of(row: VehicleRow) -> Dashboard:
    """What a car's dashboard reads."""
    if row.odometer_km is None or row.energy_ratio is None:
        return BEGINS
    return Dashboard(row.odometer_km, row.energy_ratio)


def driven(before: Dashboard, propulsion: str, km: int) -> Dashboard:
    """What it reads so many kilometres later. Raises ShopError where the car does not go that far."""
    left_ratio = before.energy_ratio - km / RANGE_KM.get(propulsion, USUAL_RANGE_KM)
    if km < 1 or left_ratio < 0:
        raise ShopError("The car does not go that far with what is in it.")
    return Dashboard(before.odometer_km + km, round(left_ratio, 3))


def readings(dashboard: Dashboard, propulsion: str) -> dict[str, Any]:
    """A dashboard as reports and returns name it: an electric car has charge, any other fuel."""
    energy = "charge_ratio" if propulsion == "electric" else "fuel_ratio"
    return {"odometer_km": dashboard.odometer_km, energy: dashboard.energy_ratio}


class TelematicsDesk:
    """`desk.Telematics` over the ledger."""

    def __init__(self, ledger: Ledger, ordering: Ordering) -> None:
        self._ledger, self._ordering = ledger, ordering

    def dashboard(self, order: str) -> Dashboard | None:
        """See `desk.Telematics`."""
        with self._ledger.look() as books:
            row = found(books, order)
            vehicle = books.find(VehicleRow, row.vehicle)
        return dashboard_of(vehicle) if vehicle is not None and _is_out(row) else None

    def drive(self, order: str, km: int) -> Outcome:
        """See `desk.Telematics`."""
        with self._ledger.change() as books:
            row = found(books, order)
            vehicle = books.find(VehicleRow, row.vehicle)
            if vehicle is None or not _is_out(row):
                raise ShopError("The car of this order is not on the road.")
            propulsion = str(record_of(vehicle.record)["propulsion"])
            now = driven(dashboard_of(vehicle), propulsion, km)
            books.put(replace(vehicle, odometer_km=now.odometer_km, energy_ratio=now.energy_ratio))
        said = {"vehicle": {"id": vehicle.vehicle}, **readings(now, propulsion), "at": utc(datetime.now(UTC))}
        return self._ordering.send("report", row.tower, SUBJECT, said, order)


def _is_out(row: OrderRow) -> bool:
    return row.loan_state in WITH_CUSTOMER
