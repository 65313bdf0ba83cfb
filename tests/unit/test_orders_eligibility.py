"""Whether a customer may drive (orders-if.md 4.4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.orders_kit import NOW, book, eligibility, loan, order
from towerd.orders.claim_parts import Eligibility
from towerd.orders.eligibility import cars_of, collect_reasons, drive_reasons, history_reasons, known_trials
from towerd.orders.rules import DriveRules, OrderRules

RULES = OrderRules()
CUSTOMER = "c_7Hq2"
LONG_AGO = NOW - timedelta(days=100)
GOOD = {
    "member": True,
    "credit_score": 700,
    "test_drives_60_days": 0,
    "cars_out": 0,
    "identity_checked": True,
    "fee_paid": False,
    "licence_until": "2031-04-30",
    "deposit": {"amount": 1, "currency": "EUR", "paid": True},
    "as_of": "2026-11-21T09:30:00Z",
}


def claim(**changes: Any) -> Eligibility:
    return Eligibility.model_validate(eligibility(**{**GOOD, **changes}))


def reasons(**changes: Any) -> tuple[str, ...]:
    return drive_reasons(claim(**changes), NOW + timedelta(days=3), DriveRules(), RULES, NOW)


def test_nothing_stands_against_a_good_claim() -> None:
    assert reasons() == ()
    assert history_reasons(claim(), CUSTOMER, "", book(), RULES, NOW) == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"as_of": "2026-11-20T09:29:59Z"}, "eligibility_stale"),
        ({"as_of": "2026-11-21T09:30:31Z"}, "eligibility_stale"),
        ({"identity_checked": False}, "not_eligible"),
        ({"licence_until": None}, "licence_missing"),
        ({"licence_until": "2026-11-24"}, "licence_missing"),
        ({"member": False}, "fee_missing"),
        ({"credit_score": None}, "fee_missing"),
        ({"credit_score": 699}, "fee_missing"),
        ({"deposit": None}, "deposit_missing"),
        ({"deposit": {"amount": 1, "currency": "EUR", "paid": False}}, "deposit_missing"),
    ],
)
def test_each_lack_is_a_reason_of_its_own(changes: dict[str, Any], reason: str) -> None:
    assert reasons(**changes) == (reason,)


def test_a_fee_that_is_paid_needs_no_membership() -> None:
    assert reasons(member=False, fee_paid=True) == ()


def test_all_reasons_are_told_together() -> None:
    assert set(reasons(member=False, identity_checked=False, deposit=None)) == {
        "fee_missing",
        "not_eligible",
        "deposit_missing",
    }


def test_drives_before_are_those_begun_lately_and_those_to_come_each_once() -> None:
    known = book(
        orders=(
            order("o_1"),
            order("o_2"),
            order("o_3", state="failed"),
            order("o_4", kind="collect"),
            order("o_5", customer="c"),
        ),
        loans=(loan("o_1"), loan("o_6", out_since_at=LONG_AGO), loan("o_7", customer="c")),
    )
    assert known_trials(known, CUSTOMER, "", NOW - timedelta(days=60)) == 2


def test_cars_are_those_out_and_those_of_open_test_drives_each_once() -> None:
    known = book(
        orders=(order("o_1"), order("o_2"), order("o_4", kind="collect"), order("o_5", customer="c")),
        loans=(loan("o_1"), loan("o_6", state="returned"), loan("o_7", customer="c")),
    )
    assert cars_of(known, CUSTOMER) == 2


def test_a_car_that_is_back_is_nobodys_although_its_empty_cabin_still_closes() -> None:
    known = book(orders=(order("o_1", state="handed_over"),), loans=(loan("o_1", state="returned_elsewhere"),))
    assert cars_of(known, CUSTOMER) == 0


@pytest.mark.parametrize(
    ("changes", "orders", "reason"),
    [
        ({"test_drives_60_days": 5}, (), ("trial_limit",)),
        ({"cars_out": 1}, (), ("customer_has_a_car",)),
        ({}, (order(),), ("customer_has_a_car",)),
    ],
)
def test_of_what_shop_and_tower_know_the_larger_counts(changes: dict[str, Any], orders: Any, reason: Any) -> None:
    assert history_reasons(claim(**changes), CUSTOMER, "", book(orders=orders), RULES, NOW) == reason


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, ()),
        ({"member": False, "credit_score": None, "deposit": None, "cars_out": 3}, ()),
        ({"licence_until": "2026-11-24"}, ()),
        ({"licence_until": "2026-11-23"}, ("licence_missing",)),
        ({"licence_until": None}, ("licence_missing",)),
        ({"identity_checked": False}, ("not_eligible",)),
        ({"as_of": "2026-11-20T09:29:59Z"}, ("eligibility_stale",)),
    ],
)
def test_who_collects_a_car_is_known_and_may_drive(changes: dict[str, Any], found: tuple[str, ...]) -> None:
    assert collect_reasons(claim(**changes), NOW + timedelta(days=3), RULES, NOW) == found
