"""A dealer takes a vehicle out of the tower (orders-if.md 3, 4.4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.orders_kit import NOW, book, circumstances, claims, loan, order, request, vehicle
from towerd.errors import Refusal
from towerd.orders.book import OrderAccepted, OrderBook
from towerd.orders.lifecycle import decide_request
from towerd.orders.model import Order
from towerd.orders.rules import OrderRules
from towerd.places import OUT, UNKNOWN

RULES = OrderRules(stock_out_a_day=2)


def decide(known: OrderBook, code_mac: str | None = "mac", context: Any = None, **changes: Any) -> Any:
    asked = request(claims("stock_out", **changes), face="none", code_mac=code_mac)
    return decide_request(asked, known, RULES, context or circumstances())


def reasons(outcome: Any) -> tuple[str, ...]:
    assert isinstance(outcome, Refusal)
    return outcome.reasons


@pytest.mark.parametrize("condition", ["available", "inspection", "out_of_service"])
def test_its_owner_takes_it_whatever_its_condition(condition: str) -> None:
    outcome = decide(book(vehicle(condition=condition, reasons=("damage",))))
    assert isinstance(outcome, OrderAccepted)
    assert (outcome.order.kind, outcome.order.customer, outcome.order.code_only) == ("stock_out", "dealer_3", True)


def test_nobody_else_learns_of_it() -> None:
    assert reasons(decide(book(vehicle()), sub="dealer_4")) == ("no_such_vehicle",)
    assert reasons(decide(book(vehicle()), vehicle={"id": "v_none"})) == ("no_such_vehicle",)


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (book(vehicle(), orders=(order("o_9", vehicle="v_0042"),)), "vehicle_taken"),
        (book(vehicle(), loans=(loan(),)), "vehicle_taken"),
        (book(vehicle(condition="out", place=OUT)), "vehicle_taken"),
        (book(vehicle(condition="unknown", place=UNKNOWN)), "vehicle_unavailable"),
    ],
)
def test_a_car_that_is_somebodys_or_nowhere_is_not_taken_out(known: OrderBook, reason: str) -> None:
    assert reasons(decide(known)) == (reason,)


def test_the_other_reasons() -> None:
    assert reasons(decide(book(vehicle()), code_mac=None)) == ("malformed",)
    late = {"from": "2026-11-20T09:00:00Z", "until": "2026-11-20T10:00:00Z"}
    assert reasons(decide(book(vehicle()), slot=late)) == ("slot_conflict",)
    closed = circumstances(out_of_service=True)
    assert reasons(decide(book(vehicle()), context=closed)) == ("tower_out_of_service",)
    numbers = tuple(order(f"p_{n}", vehicle=None, number=f"{n:04d}") for n in range(10_000))
    assert reasons(decide(book(vehicle(), orders=numbers))) == ("busy",)


def taken(name: str, **changes: Any) -> Order:
    return order(
        name, **{"kind": "stock_out", "state": "completed", "vehicle": "v_gone", "accepted_at": NOW, **changes}
    )


def test_so_many_a_day() -> None:
    full = (taken("a"), taken("b", accepted_at=NOW - timedelta(hours=23)))
    assert reasons(decide(book(vehicle(), orders=full))) == ("rate_limited",)
    room = (taken("a"), taken("b", accepted_at=NOW - timedelta(days=1)), taken("c", state="cancelled"))
    assert isinstance(decide(book(vehicle(), orders=room)), OrderAccepted)
