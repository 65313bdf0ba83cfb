"""The calendar of vehicles: what orders and loans say, and the gaps between (orders-if.md 4.4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.orders_kit import NOW, book, loan, order, vehicle
from towerd.orders.calendar import Booking, booking_for, calendar_of, first_gap
from towerd.orders.model import Slot
from towerd.orders.rules import DriveRules, OrderRules

RULES = OrderRules()
CAR = vehicle()
DRIVE = timedelta(days=3)
TURNAROUND = RULES.turnaround


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def taken(**tables: Any) -> list[Booking]:
    return list(calendar_of(book(CAR, **tables), [CAR], RULES, NOW).taken["v_0042"])


def test_a_drive_takes_its_slot_its_days_and_the_turnaround() -> None:
    slot = Slot(at(1), at(2))
    assert booking_for("o", "test_drive", slot, CAR, RULES) == Booking("o", at(1), at(2) + DRIVE + TURNAROUND)
    short = OrderRules(by_model={"Ford Mondeo": DriveRules(drive_s=3600.0)}, turnaround_s=1800.0)
    assert booking_for("o", "test_drive", slot, CAR, short).until_at == at(3.5)


@pytest.mark.parametrize("kind", ["collect", "stock_out", "stock_in"])
def test_what_is_collected_never_comes_back(kind: str) -> None:
    assert booking_for("o", kind, Slot(at(1), at(2)), CAR, RULES) == Booking("o", at(1), None)


@pytest.mark.parametrize(
    ("one", "other", "meets"),
    [
        ((1, 2), (2, 3), False),
        ((1, 2), (1.5, 3), True),
        ((1, 4), (2, 3), True),
        ((1, None), (0, 1), False),
        ((1, None), (5, 6), True),
        ((1, None), (5, None), True),
    ],
)
def test_what_overlaps(one: Any, other: Any, meets: bool) -> None:
    first, second = (Booking("", at(a), None if b is None else at(b)) for a, b in (one, other))
    assert (first.overlaps(second), second.overlaps(first)) == (meets, meets)


def test_open_orders_and_loans_take_a_vehicles_time() -> None:
    later = order("o_2", slot=Slot(at(200), at(201)))
    ended = order("o_3", state="cancelled")
    another = order("o_4", vehicle="v_1")
    found = taken(orders=(later, ended, another), loans=(loan(), loan("o_5", state="returned")))
    assert found == [
        Booking("o_1", NOW, NOW + DRIVE + TURNAROUND),
        Booking("o_2", at(200), at(201) + DRIVE + TURNAROUND),
    ]
    assert not calendar_of(book(CAR, loans=(loan(vehicle="v_1"),)), [CAR], RULES, NOW).taken["v_0042"]


def test_a_hand_over_that_is_not_over_yet_is_the_loans() -> None:
    assert [one.order for one in taken(orders=(order(state="handed_over"),), loans=(loan(),))] == ["o_1"]


@pytest.mark.parametrize(
    ("changes", "until"),
    [
        ({"due_back_at": at(5)}, at(5)),
        ({"due_back_at": at(-5), "state": "overdue"}, NOW),
        ({"due_back_at": at(5), "state": "returning"}, NOW),
    ],
)
def test_until_when_a_loan_lasts_as_it_looks_now(changes: Any, until: datetime) -> None:
    assert [one.until_at for one in taken(loans=(loan(**changes),))] == [until + TURNAROUND]


def test_an_order_that_outlives_its_slot_begins_its_drive_now() -> None:
    late = order(state="staged", slot=Slot(at(-3), at(-2)))
    assert taken(orders=(late,)) == [Booking("o_1", at(-3), NOW + DRIVE + TURNAROUND)]
    assert taken(orders=(order(slot=None, accepted_at=at(-1)),))[0].from_at == at(-1)


def test_an_announced_vehicle_is_nobody_elses() -> None:
    announced = order(kind="stock_in", accepted_at=at(-1), slot=Slot(at(5), at(6)))
    assert taken(orders=(announced,)) == [Booking("o_1", at(-1), None)]


@pytest.mark.parametrize(
    ("spans", "gap"),
    [
        ([], 0),
        ([(2, 5)], 0),
        ([(1, 5)], 5),
        ([(8, 9), (1, 5), (6, 7)], 5 + 4),
        ([(-3, -2)], 0),
        ([(3, None)], 0),
        ([(1, None)], None),
    ],
)
def test_the_first_gap_that_is_long_enough(spans: Any, gap: float | None) -> None:
    bookings = [Booking("", at(a), None if b is None else at(b)) for a, b in spans]
    assert first_gap(bookings, NOW, timedelta(hours=2)) == (None if gap is None else at(gap))
