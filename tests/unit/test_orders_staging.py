"""When the car of a customer who is on the way should stand in a cabin."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.orders_kit import NOW, order
from towerd.orders.model import Eta, Slot
from towerd.orders.rules import OrderRules
from towerd.orders.staging import stands_from_at

EARLY_S = 900.0
BEGINS = NOW + timedelta(minutes=20)
SLOT = Slot(BEGINS, BEGINS + timedelta(minutes=30))


def stands(rules: OrderRules | None = None, **changes: Any) -> datetime | None:
    return stands_from_at(order(**{"slot": SLOT, **changes}), rules or OrderRules(), EARLY_S)


def eta(minutes: float, sd_s: float = 40.0) -> Eta:
    return Eta(NOW + timedelta(minutes=minutes), sd_s, "app", NOW)


def test_a_car_stands_there_a_little_before_the_slot() -> None:
    assert stands() == BEGINS - timedelta(seconds=60)
    assert stands(OrderRules(stage_ahead_s=0)) == BEGINS


@pytest.mark.parametrize("minutes", [10, 40])
def test_a_word_on_the_arrival_counts_more_and_its_doubt_with_it(minutes: float) -> None:
    assert stands(eta=eta(minutes)) == NOW + timedelta(minutes=minutes, seconds=-60 - 2 * 40)


def test_not_before_the_order_may_be_collected_nor_once_the_slot_is_over() -> None:
    assert stands(eta=eta(1)) == BEGINS - timedelta(seconds=EARLY_S)
    assert stands(eta=eta(53)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"slot": None},
        {"kind": "stock_in"},
        {"state": "staged"},
        {"state": "cancelled"},
        {"brought_at": NOW},
        {"late_told": True},
        {"slot": Slot(NOW, NOW + timedelta(minutes=30))},
    ],
)
def test_nobody_is_known_to_be_on_the_way(changes: dict[str, Any]) -> None:
    assert stands(**changes) is None
    assert stands(OrderRules(stage=False)) is None


def test_who_has_ordered_for_now_is_on_the_way_once_somebody_says_so() -> None:
    assert stands(slot=Slot(NOW, NOW + timedelta(minutes=30)), eta=eta(5, 0)) == NOW + timedelta(minutes=4)
