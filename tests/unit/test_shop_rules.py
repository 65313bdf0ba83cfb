"""What the shop holds customers to over all towers, and how it has a car paid."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from simulator.purchaser import utc
from simulator.shop.model import Position, ShopError
from simulator.shop.plan import least_down, month_later, payment_plan
from simulator.shop.rows import OrderRow
from simulator.shop.rules import against, distance_km, drives_60_days, drives_free, eligibility
from simulator.shop.shop import made_up

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DRIVEN = OrderRow(
    "o_1", "t-1", "c_1", "test_drive", "v_1", "Ford", "Ka", "red", "", state="completed", loan_state="returned"
)


def driven(days: float, tower: str = "t-1") -> OrderRow:
    return replace(DRIVEN, tower=tower, out_since=utc(NOW - timedelta(days=days)))


def test_drives_count_for_sixty_days_over_all_towers() -> None:
    rows = [driven(59.9), driven(60.1), driven(1, "t-2"), replace(DRIVEN, state="cancelled", loan_state=None)]
    assert drives_60_days(rows, NOW) == 2
    coming = replace(DRIVEN, state="asked", loan_state=None)
    assert drives_60_days([*rows, coming], NOW) == 3
    assert against(rows, NOW) == ()
    assert against([*rows, coming], NOW) == ("customer_has_a_car",)
    assert against([driven(n, f"t-{n}") for n in range(5)], NOW) == ("trial_limit",)


def test_the_platforms_word_is_what_the_books_say() -> None:
    anna, bo, chen, *_ = made_up(date(2027, 5, 1))
    assert [drives_free(one) for one in (anna, bo, chen)] == [True, False, False]
    deposit = {"amount": 5, "currency": "CNY", "paid": True}
    said = eligibility(anna, [driven(1), replace(DRIVEN, loan_state="out")], deposit, False, NOW)
    assert (said["test_drives_60_days"], said["cars_out"], said["licence_until"]) == (1, 1, "2031-04-30")
    unknown = eligibility(replace(anna, credit_score=None, licence_until=None), [], deposit, False, NOW)
    assert not {"credit_score", "licence_until"} & unknown.keys()


def test_distances_are_those_of_the_globe() -> None:
    assert distance_km(Position(32.06, 118.79), Position(31.23, 121.47)) == pytest.approx(270, abs=5)
    assert distance_km(Position(0, 0), Position(0, 180)) == pytest.approx(20015, abs=5)


def test_a_plan_adds_up_to_the_price() -> None:
    plan = payment_plan(21_900_001, "CNY", 2_190_001, 36, date(2026, 10, 31))
    assert plan.down + sum(due.amount for due in plan.dues) == plan.price
    assert (len(plan.dues), plan.in_full) == (36, False)
    assert {due.amount for due in plan.dues} == {547_500}
    assert [due.on for due in plan.dues[:4]] == [
        date(2026, 11, 30),
        date(2026, 12, 31),
        date(2027, 1, 31),
        date(2027, 2, 28),
    ]
    uneven = payment_plan(100, "CNY", 10, 4, date(2026, 1, 1))
    assert [due.amount for due in uneven.dues] == [23, 23, 22, 22]
    assert payment_plan(100, "CNY", 100, 0, date(2026, 1, 1)).in_full
    assert (least_down(101), month_later(date(2026, 12, 31), 2)) == (11, date(2027, 2, 28))


@pytest.mark.parametrize(("down", "months"), [(9, 10), (101, 0), (50, 0), (100, 3), (99, 3), (10, 97), (10, -1)])
def test_a_plan_that_does_not_add_up_is_refused(down: int, months: int) -> None:
    with pytest.raises(ShopError):
        payment_plan(100, "CNY", down, months, date(2026, 1, 1))
