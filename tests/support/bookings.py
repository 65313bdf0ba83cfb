"""What must hold of promised vehicles at every moment, said without the calendar that it judges."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from itertools import pairwise

from towerd.fsm.state import Tables
from towerd.orders.eligibility import LOAN_ENDED
from towerd.orders.model import AT_THE_GATE, Order, Vehicle
from towerd.orders.rules import OrderRules

FOR_GOOD = datetime(9999, 1, 1, tzinfo=UTC)


def _ends_at(order: Order, vehicle: Vehicle, rules: OrderRules) -> datetime:
    """When the vehicle of a customer who comes in the slot is due back."""
    assert order.slot is not None
    drive = rules.for_model(vehicle.record.make, vehicle.record.model).drive
    return order.slot.until_at + drive if order.kind == "test_drive" else FOR_GOOD


def _at_once(tables: Tables) -> dict[str, set[str]]:
    """Who has each vehicle now, by orders and loans; both have one id."""
    found: dict[str, set[str]] = defaultdict(set)
    for loan in tables.loans.values():
        if loan.state not in LOAN_ENDED:
            found[loan.vehicle].add(loan.id)
    for order in tables.orders.values():
        if order.vehicle is not None and order.state in AT_THE_GATE:
            found[order.vehicle].add(order.id)
    return found


def _promises(tables: Tables, rules: OrderRules) -> dict[str, list[tuple[datetime, datetime, str]]]:
    """For when each vehicle is promised, by the open orders as they were taken."""
    found: dict[str, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    for order in tables.orders.values():
        if order.open and order.vehicle is not None and order.slot is not None and order.kind != "stock_in":
            ends_at = _ends_at(order, tables.vehicles[order.vehicle], rules)
            found[order.vehicle].append((order.slot.from_at, ends_at, order.id))
    return found


def check_bookings(tables: Tables, rules: OrderRules) -> None:
    """No vehicle is promised to two customers for one time, or with two of them at once."""
    for vehicle, ids in _at_once(tables).items():
        assert len(ids) == 1, (vehicle, ids)
    for vehicle, spans in _promises(tables, rules).items():
        for (_from, ends_at, one), (begins_at, _until, other) in pairwise(sorted(spans)):
            assert ends_at <= begins_at, (vehicle, one, ends_at, other, begins_at)
