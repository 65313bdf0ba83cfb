"""Claims, vehicles and books for the tests of orders."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

from towerd.orders.book import Circumstances, OrderBook, Request
from towerd.orders.model import Loan, Order, Slot, Vehicle
from towerd.orders.stock import parse_record
from towerd.places import bay

EXAMPLES = json.loads((Path(__file__).parents[1] / "data" / "examples.json").read_text(encoding="utf-8"))
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def claims(kind: str = "test_drive", **changes: Any) -> dict[str, Any]:
    """The example's claims without selfie and code; a change to None leaves the claim out."""
    raw = deepcopy(EXAMPLES["claims"][kind])
    raw.pop("selfie", None)
    raw.pop("code", None)
    raw.update(changes)
    return {key: value for key, value in raw.items() if value is not None}


def eligibility(**changes: Any) -> dict[str, Any]:
    raw = {**EXAMPLES["claims"]["test_drive"]["eligibility"], **changes}
    return {key: value for key, value in raw.items() if value is not None}


def request(raw: dict[str, Any], **changes: Any) -> Request:
    made = Request(raw, "sha-" + raw["jti"], "mac", "enrolled", (), "r_" + raw["jti"], NOW + timedelta(seconds=60))
    return replace(made, **changes)


def vehicle(vehicle_id: str = "v_0042", **changes: Any) -> Vehicle:
    raw = {**EXAMPLES["claims"]["stock_in"]["vehicle"], "id": vehicle_id, "tag": crc32(vehicle_id.encode()) or 1}
    record_changes = {key: changes.pop(key) for key in list(changes) if key in raw}
    return replace(Vehicle(parse_record({**raw, **record_changes}), bay(3, 4)), **changes)


def order(order_id: str = "o_1", **changes: Any) -> Order:
    made = Order(
        id=order_id,
        kind="test_drive",
        issuer="shop.example",
        customer="c_7Hq2",
        vehicle="v_0042",
        state="accepted",
        since_at=NOW,
        accepted_at=NOW,
        number="4711",
        code_mac="mac",
        code_only=False,
        slot=Slot(NOW, NOW + timedelta(minutes=30)),
    )
    return replace(made, **changes)


def loan(loan_id: str = "o_1", **changes: Any) -> Loan:
    made = Loan(loan_id, "c_7Hq2", "v_0042", "out", NOW, NOW + timedelta(days=3), "4711")
    return replace(made, **changes)


def book(
    *vehicles: Vehicle, orders: tuple[Order, ...] = (), loans: tuple[Loan, ...] = (), answers: Any = None
) -> OrderBook:
    return OrderBook(
        {one.id: one for one in vehicles},
        {one.id: one for one in orders},
        {one.id: one for one in loans},
        answers or {},
    )


def circumstances(**changes: Any) -> Circumstances:
    return replace(Circumstances(NOW, {"v_0042": 64.0}), **changes)
