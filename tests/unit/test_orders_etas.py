"""When the customer of an order is expected (orders-if.md 3 `eta`)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.orders_kit import NOW, book, circumstances, claims, order, request
from towerd.errors import Refusal
from towerd.orders.book import EtaNoted
from towerd.orders.lifecycle import decide_request
from towerd.orders.model import Eta, Order
from towerd.orders.rules import OrderRules

SAID_AT = datetime.fromtimestamp(1795253400, UTC)
EXPECTED = Eta(NOW + timedelta(minutes=6), 40, "app", SAID_AT)


def decide(*orders: Order, **changes: Any) -> Any:
    raw = claims("eta", **changes)
    known = book(orders=orders)
    return decide_request(request(raw, face="none", code_mac=None), known, OrderRules(), circumstances())


def reasons(outcome: Any) -> tuple[str, ...]:
    assert isinstance(outcome, Refusal)
    return outcome.reasons


@pytest.mark.parametrize("state", ["accepted", "awaiting_stock", "staged"])
def test_who_is_on_the_way_is_expected(state: Any) -> None:
    outcome = decide(order("o_91", state=state))
    assert outcome == EtaNoted(order("o_91", state=state, eta=EXPECTED), {"order": "o_91", "state": state})


@pytest.mark.parametrize(("older_s", "counts"), [(-1, False), (0, True), (1, True)])
def test_the_newest_word_counts(older_s: int, counts: bool) -> None:
    before = Eta(NOW, 5, "plate", SAID_AT - timedelta(seconds=older_s))
    outcome = decide(order("o_91", eta=before))
    assert isinstance(outcome, EtaNoted)
    assert outcome.order.eta == (EXPECTED if counts else before)


def test_only_its_customer_is_expected() -> None:
    assert reasons(decide()) == ("no_such_order",)
    assert reasons(decide(order("o_91", customer="c_2"))) == ("no_such_order",)


@pytest.mark.parametrize("changes", [{"arrived_at": NOW}, {"identified_at": NOW}, {"state": "no_show"}])
def test_who_is_there_or_comes_no_more_is_not_expected(changes: dict[str, Any]) -> None:
    assert reasons(decide(order("o_91", **changes))) == ("too_late",)


@pytest.mark.parametrize(
    ("off", "taken"),
    [
        (-timedelta(hours=1), True),
        (-timedelta(hours=1, seconds=1), False),
        (timedelta(days=30), True),
        (timedelta(days=30, seconds=1), False),
    ],
)
def test_an_arrival_out_of_reach_is_malformed(off: timedelta, taken: bool) -> None:
    outcome = decide(order("o_91"), arrives_at=(NOW + off).strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert isinstance(outcome, EtaNoted) if taken else reasons(outcome) == ("malformed",)
