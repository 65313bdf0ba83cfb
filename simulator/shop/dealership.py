"""A dealer's stock in all towers: what is where, what comes in and goes out, and its condition."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulator.shop.following import has_car
from simulator.shop.ledger import Ledger
from simulator.shop.model import CONDITION_REASONS, Order, Outcome, ShopError, Slot, StockRow
from simulator.shop.ordering import Ordering, record_of, slot_claim, stock_row
from simulator.shop.rows import OrderRow, VehicleRow
from simulator.shop.towers import Towers
from simulator.shop.views import VEHICLE_FIELDS, order_of, vehicle_of

RECORD = frozenset({*VEHICLE_FIELDS, "tag", "offers"})
"""What a vehicle's record has (orders-if.md 4.4)."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """Where towers show vehicles, and in which condition: by vehicle."""

    places: dict[str, tuple[str, str]]
    conditions: dict[str, str]


def look_around(towers: Towers) -> _Seen:
    """What the reachable towers show of their bays, cabins, lift and catalogue."""
    seen = _Seen({}, {})
    for tower in towers.reachable():
        line = towers.line(tower)
        shown = [(f"bay {name}", body) for name, body in line.topics("bay/").items()]
        shown += [(f"cabin {name}", body) for name, body in line.topics("cabin/").items()]
        shown += [("lift", body) for body in (line.held("lift"),) if body is not None]
        seen.places.update({body["vehicle"]: (tower, place) for place, body in shown if body["vehicle"] is not None})
        catalogue = line.held("catalogue") or {"vehicles": []}
        seen.conditions.update({one["id"]: one["condition"] for one in catalogue["vehicles"]})
    return seen


class DealershipDesk:
    """`desk.Dealership` over the ledger."""

    def __init__(self, ledger: Ledger, towers: Towers, ordering: Ordering) -> None:
        self._ledger, self._towers, self._ordering = ledger, towers, ordering

    def dealers(self) -> Sequence[str]:
        """See `desk.Dealership`."""
        with self._ledger.look() as books:
            return sorted({row.owner for row in books.rows(VehicleRow)})

    def stock(self, dealer: str) -> Sequence[StockRow]:
        """See `desk.Dealership`."""
        seen = look_around(self._towers)
        with self._ledger.look() as books:
            vehicles = books.rows(VehicleRow, "owner = ?", dealer)
            lent = {row.vehicle for row in books.rows(OrderRow, "loan_state IS NOT NULL") if has_car(row)}
        rows = [self._row(vehicle, seen, vehicle.vehicle in lent) for vehicle in vehicles]
        return sorted(rows, key=lambda row: (row.tower or "~", row.place or "~", row.vehicle.id))

    @staticmethod
    def _row(vehicle: VehicleRow, seen: _Seen, lent: bool) -> StockRow:
        record = record_of(vehicle.record)
        tower, place = seen.places.get(vehicle.vehicle, (None, None))
        return StockRow(
            vehicle_of(record),
            record["tag"],
            tower,
            place,
            seen.conditions.get(vehicle.vehicle, vehicle.condition),
            tuple(vehicle.reasons.split()),
            lent and place is None,
            vehicle.odometer_km,
            record,
        )

    def orders(self, dealer: str) -> Sequence[Order]:
        """See `desk.Dealership`."""
        with self._ledger.look() as books:
            rows = books.rows(OrderRow, "customer = ? AND kind IN ('stock_in', 'stock_out')", dealer)
        return [order_of(row, self._towers) for row in reversed(rows)]

    def stock_in(self, dealer: str, tower: str, record: dict[str, Any], slot: Slot | None = None) -> Outcome:
        """See `desk.Dealership`."""
        said = {**record, "owner": dealer}
        if missing := sorted(RECORD - said.keys()):
            raise ShopError(f"The record lacks: {', '.join(missing)}.")
        row = stock_row("stock_in", tower, dealer, said, slot)
        # the vehicle is the dealer's, whether a tower takes it or not
        entry = VehicleRow(said["id"], dealer, json.dumps(said))
        return self._ordering.place_stock(row, {"vehicle": said, **slot_claim(slot)}, entry)

    def stock_out(self, dealer: str, tower: str, vehicle: str) -> Outcome:
        """See `desk.Dealership`."""
        record = record_of(self._of(dealer, vehicle).record)
        return self._ordering.place_stock(
            stock_row("stock_out", tower, dealer, record, None), {"vehicle": {"id": vehicle}}
        )

    def _of(self, dealer: str, vehicle: str) -> VehicleRow:
        with self._ledger.look() as books:
            row = books.find(VehicleRow, vehicle)
        if row is None or row.owner != dealer:
            raise ShopError(f"{dealer} has no vehicle {vehicle}.")
        return row

    def cancel(self, order: str) -> Outcome:
        """See `desk.Dealership`."""
        return self._ordering.cancel(order)

    def out_of_service(self, dealer: str, vehicle: str, reasons: Sequence[str], note: str = "") -> Outcome:
        """See `desk.Dealership`."""
        if not reasons or not set(CONDITION_REASONS).issuperset(reasons):
            raise ShopError(f"A reason is one of: {', '.join(sorted(CONDITION_REASONS))}.")
        said = {"condition": "out_of_service", "reasons": list(dict.fromkeys(reasons))}
        return self._condition(dealer, vehicle, {**said, **({"note": note} if note else {})})

    def release(self, dealer: str, vehicle: str) -> Outcome:
        """See `desk.Dealership`."""
        return self._condition(dealer, vehicle, {"condition": "available"})

    def _condition(self, dealer: str, vehicle: str, said: dict[str, Any]) -> Outcome:
        self._of(dealer, vehicle)
        tower, _ = look_around(self._towers).places.get(vehicle, ("", ""))
        with self._ledger.look() as books:
            loans = [row for row in books.rows(OrderRow, "vehicle = ?", vehicle) if has_car(row)]
        # a car that is out belongs to the tower that lent it
        tower = tower or next((row.tower for row in loans), "")
        if not tower:
            raise ShopError(f"No tower that can be reached shows {vehicle}.")
        return self._ordering.send("condition", tower, dealer, {"vehicle": {"id": vehicle}, **said})
