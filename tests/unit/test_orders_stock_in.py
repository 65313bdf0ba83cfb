"""A dealer announces a vehicle that is to be brought in (orders-if.md 3, 4.4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.orders_kit import book, circumstances, claims, order, request, vehicle
from towerd.errors import Refusal
from towerd.orders.book import Largest, OrderAccepted, OrderBook
from towerd.orders.lifecycle import decide_request
from towerd.orders.rules import OrderRules
from towerd.orders.stock_in import too_large
from towerd.places import OUT

LIMITS = Largest(4871, 1852, 1482, 1780)


def decide(known: OrderBook | None = None, code_mac: str | None = "mac", context: Any = None, **changes: Any) -> Any:
    asked = request(claims("stock_in", **changes), face="none", code_mac=code_mac)
    return decide_request(asked, known or book(), OrderRules(), context or circumstances())


def reasons(outcome: Any) -> tuple[str, ...]:
    assert isinstance(outcome, Refusal)
    return outcome.reasons


def test_the_vehicle_is_expected_by_its_record() -> None:
    outcome = decide(context=circumstances(bays_free=lambda _vehicle: 1, largest=LIMITS, ready_s={}))
    assert isinstance(outcome, OrderAccepted)
    taken, arrives = outcome.order, outcome.arrives
    assert arrives is not None
    assert (taken.kind, taken.vehicle, taken.customer, taken.code_only) == ("stock_in", "v_0042", "dealer_3", True)
    assert (arrives.id, arrives.record.tag, arrives.place, arrives.condition) == ("v_0042", 3054420001, OUT, "out")
    assert outcome.result["ready_in_s"] is None


def test_one_that_is_known_already_is_none_to_announce() -> None:
    known = vehicle("v_0001")
    assert reasons(decide(book(vehicle()))) == ("tag_in_use",)
    same_tag = {**claims("stock_in")["vehicle"], "tag": known.record.tag}
    assert reasons(decide(book(known), vehicle=same_tag)) == ("tag_in_use",)


@pytest.mark.parametrize("less", ["length_mm", "width_mm", "height_mm", "mass_kg"])
def test_what_the_tower_cannot_take(less: str) -> None:
    smaller = Largest(**{**{name: getattr(LIMITS, name) for name in LIMITS.__slots__}, less: getattr(LIMITS, less) - 1})
    assert not too_large(vehicle().record, LIMITS)
    assert too_large(vehicle().record, smaller)
    assert reasons(decide(context=circumstances(largest=smaller))) == ("too_large",)


def test_the_other_reasons() -> None:
    assert reasons(decide(code_mac=None)) == ("malformed",)
    late = {"from": "2026-11-20T09:00:00Z", "until": "2026-11-20T10:00:00Z"}
    assert reasons(decide(slot=late)) == ("slot_conflict",)
    assert reasons(decide(context=circumstances(bays_free=lambda _vehicle: 0))) == ("no_bay_free",)
    assert reasons(decide(context=circumstances(out_of_service=True))) == ("tower_out_of_service",)
    numbers = tuple(order(f"p_{n}", vehicle=None, number=f"{n:04d}") for n in range(10_000))
    assert reasons(decide(book(orders=numbers))) == ("busy",)
