"""A loan that ends elsewhere than at this tower: bought, or back at another one (orders-if.md 3.4, 5.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.orders_kit import NOW, book, circumstances, claims, loan, request, vehicle
from towerd.errors import Refusal
from towerd.fsm.charts import LOAN
from towerd.orders.book import LoanEnded, OrderBook
from towerd.orders.lifecycle import decide_request
from towerd.orders.loan_ends import WITH_CUSTOMER
from towerd.orders.model import Loan
from towerd.orders.rules import OrderRules

KINDS = ("purchase", "returned_elsewhere")
OUT_SINCE = NOW - timedelta(days=4)


def lent(**changes: Any) -> Loan:
    return loan("o_91", out_since_at=OUT_SINCE, due_back_at=OUT_SINCE + timedelta(days=3), **changes)


def decide(kind: str, known: OrderBook | None = None, **changes: Any) -> Any:
    known = known or book(vehicle(), loans=(lent(),))
    return decide_request(request(claims(kind, **changes)), known, OrderRules(), circumstances())


def reasons(outcome: Any) -> tuple[str, ...]:
    assert isinstance(outcome, Refusal)
    return outcome.reasons


@pytest.mark.parametrize("state", sorted(WITH_CUSTOMER))
def test_a_car_is_bought_while_it_is_out_also_when_overdue(state: str) -> None:
    outcome = decide("purchase", book(vehicle(), loans=(lent(state=state),)))
    assert isinstance(outcome, LoanEnded)
    assert outcome.loan == replace(lent(), state="sold", ended_at=NOW)
    assert outcome.result == {"order": "o_91", "state": "sold"}
    assert outcome.data == {"price": 21900000, "currency": "CNY", "paid": 2190000, "instalments": 36}


def test_a_car_is_back_at_another_tower() -> None:
    outcome = decide("returned_elsewhere")
    assert isinstance(outcome, LoanEnded)
    assert outcome.loan == replace(lent(), state="returned_elsewhere", reason="shanghai-2", ended_at=NOW)
    assert outcome.result == {"order": "o_91", "state": "returned_elsewhere"}
    assert outcome.data == {"tower": "shanghai-2"}


def test_it_cannot_be_back_elsewhere_here() -> None:
    assert reasons(decide("returned_elsewhere", tower="nanjing-1")) == ("malformed",)


@pytest.mark.parametrize("kind", KINDS)
def test_the_loan_is_this_customers(kind: str) -> None:
    assert reasons(decide(kind, sub="c_other")) == ("no_such_loan",)
    assert reasons(decide(kind, order="o_none")) == ("no_such_loan",)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", sorted(set(LOAN.states) - WITH_CUSTOMER))
def test_it_is_too_late_once_the_car_is_back_or_the_loan_has_ended(kind: str, state: str) -> None:
    assert reasons(decide(kind, book(vehicle(), loans=(lent(state=state),)))) == ("too_late",)


@pytest.mark.parametrize("trigger", ["sell", "return_elsewhere"])
def test_the_chart_says_the_same(trigger: str) -> None:
    assert {state for state in LOAN.states if LOAN.allows(state, trigger)} == WITH_CUSTOMER


def test_a_car_that_is_not_for_sale_is_not_sold() -> None:
    car = vehicle()
    car = replace(car, record=replace(car.record, offers={"purchase": None}))  # type: ignore[dict-item]
    assert reasons(decide("purchase", book(car, loans=(lent(),)))) == ("vehicle_unavailable",)


def test_a_purchase_is_paid_as_the_rules_ask() -> None:
    payment = {"price": 100, "currency": "CNY", "paid": 9, "instalments": 12}
    assert reasons(decide("purchase", payment=payment)) == ("down_payment_too_small",)
