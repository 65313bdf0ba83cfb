"""How a vehicle is paid before it stays with a customer (orders-if.md 4.4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.orders_kit import NOW, eligibility
from towerd.orders.claim_parts import Eligibility, Payment
from towerd.orders.payment import payment_reasons
from towerd.orders.rules import DriveRules, OrderRules


def reasons(paid: int, instalments: int = 36, claim: Eligibility | None = None, **rules: Any) -> tuple[str, ...]:
    payment = Payment(price=1_000_005, currency="CNY", paid=paid, instalments=instalments)
    return payment_reasons(payment, claim, DriveRules(), OrderRules(**rules), NOW)


def said(**changes: Any) -> Eligibility:
    return Eligibility.model_validate(eligibility(**changes))


@pytest.mark.parametrize("paid", [1_000_005, 1_000_006])
def test_who_has_paid_in_full_needs_nothing_else(paid: int) -> None:
    assert reasons(paid, 0) == ()
    assert reasons(paid, 0, said(as_of="2020-01-01T00:00:00Z", credit_score=None)) == ()


def test_a_tenth_is_paid_at_once_and_the_score_carries_the_rest() -> None:
    assert reasons(100_001, claim=said(credit_score=700)) == ()
    assert reasons(100_000, claim=said(credit_score=700)) == ("down_payment_too_small",)
    assert reasons(200_000, claim=said(credit_score=700), down_payment_percent=20) == ("down_payment_too_small",)
    assert reasons(200_001, claim=said(credit_score=700), down_payment_percent=20) == ()


def test_what_is_left_is_paid_in_instalments() -> None:
    assert reasons(500_000, 0, said()) == ("down_payment_too_small",)


@pytest.mark.parametrize("claim", [None, said(credit_score=None), said(credit_score=699)])
def test_without_that_score_it_is_paid_in_full(claim: Eligibility | None) -> None:
    assert reasons(999_999, claim=claim) == ("credit_too_low",)


def test_every_reason_is_told() -> None:
    claim = said(credit_score=0, as_of="2026-11-20T09:29:59Z")
    assert reasons(0, claim=claim) == ("eligibility_stale", "down_payment_too_small", "credit_too_low")
