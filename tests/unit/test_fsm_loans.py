"""A car that has left: its order is handed over and its loan begins (orders-if.md 5.1, 5.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.core_kit import CABIN_1, asked, config, order_in, state_of, tables_of, told, turn_of, vehicle
from tests.support.values import AT
from towerd.errors import BugError, Refusal
from towerd.fsm.commands import AppendOutbox
from towerd.fsm.intake_row import Intake
from towerd.fsm.loans import (
    follow_cars_back,
    loan_drives_off,
    loan_leaves,
    loan_returned,
    loan_returns,
    watch_loans,
)
from towerd.fsm.turn import Turn
from towerd.orders.book import LoanEnded
from towerd.orders.loan_facts import NOTHING_SAID, Findings, end_facts
from towerd.orders.model import Loan, Slot
from towerd.orders.rules import DriveRules, OrderRules
from towerd.places import CARRIAGE, OUT, UNKNOWN, Place, bay

LOAN = Loan("ord-1", "cust-1", "car-1", "overdue", AT - timedelta(days=4), AT - timedelta(days=1), "4711")

UNSEEN = {"photos_out": [], "no_photos_out": "no_camera", "photos_back": [], "no_photos_back": "no_camera"}


def returning(state: str) -> Turn:
    loan = replace(LOAN, state=state)  # type: ignore[arg-type]
    return turn_of(state_of(None, tables_of(vehicles=[vehicle(place=OUT)], loans={"ord-1": loan})))


def test_a_car_comes_back() -> None:
    t = returning("overdue")
    loan_returns(t, "ord-1", 2)
    loan_returns(t, "ord-1", 2)
    assert t.tables.loans["ord-1"].state == "returning"
    assert told(t) == ["loan_returning"]
    body = asked(t, AppendOutbox)[0].body
    assert (body["order"], body["customer"], body["data"]) == ("ord-1", "cust-1", {"vehicle": "car-1", "cabin": 2})


def test_a_car_that_drives_off_again_is_out_as_before() -> None:
    t = returning("returning")
    loan_drives_off(t, "ord-1")
    loan_drives_off(t, "ord-1")
    assert t.tables.loans["ord-1"].state == "out"
    assert told(t) == ["loan_out"]
    assert asked(t, AppendOutbox)[0].body["data"]["due_back_s"] == -86400.0


def test_a_car_that_is_taken_in_ends_its_loan() -> None:
    t = returning("returning")
    loan_returned(t, "ord-1", Findings(damage=True), 61.24)
    loan = t.tables.loans["ord-1"]
    assert (loan.state, loan.ended_at) == ("returned", t.now)
    data = asked(t, AppendOutbox)[0].body["data"]
    facts = end_facts(loan, t.tables.vehicles["car-1"], Findings(damage=True), AT)
    assert data == {**facts, **UNSEEN, "button_wait_s": 61.2}
    with pytest.raises(BugError):
        loan_returned(returning("out"), "ord-1", NOTHING_SAID, 0.0)


def back(place: Place, loan: str | None = "overdue", **values: object) -> Turn:
    """car-1 is out, on loan or fetched, and somebody has just said that it stands at `place`."""
    loans = {"ord-1": replace(LOAN, state=loan)} if loan else {}  # type: ignore[arg-type]
    car = vehicle(place=OUT, condition="out", **values)
    t = turn_of(state_of(None, tables_of(vehicles=[car], loans=loans)))
    t.put_vehicle(car, place=place, condition="available")
    follow_cars_back(t)
    return t


@pytest.mark.parametrize("state", ["out", "due_soon", "overdue", "returning"])
@pytest.mark.parametrize(("place", "number"), [(bay(1, 1), None), (CARRIAGE, None), (CABIN_1, 1)])
def test_a_car_that_is_known_to_stand_in_the_tower_is_back(state: str, place: Place, number: int | None) -> None:
    t = back(place, state)
    car, loan = t.tables.vehicles["car-1"], t.tables.loans["ord-1"]
    assert (car.place, car.condition, car.rests_as) == (place, "inspection", "inspection")
    assert (loan.state, loan.ended_at) == ("returned", t.now)
    returning = [] if state == "returning" else ["loan_returning"]
    assert told(t) == [*returning, "loan_returned", "vehicle_condition"]
    if returning:
        assert asked(t, AppendOutbox)[0].body["data"] == {"vehicle": "car-1", "cabin": number}


def test_a_fetched_car_that_is_back_is_looked_at_too() -> None:
    t = back(bay(1, 1), None, reasons=("damage", "fetched"), rests_as="out_of_service")
    car = t.tables.vehicles["car-1"]
    assert (car.condition, car.reasons) == ("out_of_service", ("damage",))
    assert told(t) == ["vehicle_condition"]


@pytest.mark.parametrize(("place", "loan"), [(OUT, "out"), (UNKNOWN, "out"), (bay(1, 1), "sold"), (bay(1, 1), None)])
def test_what_is_not_out_or_not_inside_is_left_as_it_is(place: Place, loan: str | None) -> None:
    t = back(place, loan)
    assert t.tables.vehicles["car-1"].condition == "available"
    assert told(t) == []


def test_nothing_is_asked_where_no_car_changed() -> None:
    car = vehicle(place=bay(1, 1), condition="out")
    t = turn_of(state_of(None, tables_of(vehicles=[car], loans={"ord-1": LOAN})))
    follow_cars_back(t)
    assert told(t) == []


def lent(*, due_in_s: float, state: str = "out", rules: OrderRules | None = None, **tables: object) -> Turn:
    loan = replace(LOAN, state=state, due_back_at=AT + timedelta(seconds=due_in_s))  # type: ignore[arg-type]
    rows = tables_of(vehicles=[vehicle(place=OUT, condition="out")], loans={"ord-1": loan}, **tables)
    return turn_of(state_of(None, rows), settings=config(rules=rules or OrderRules()))


SOLD = LoanEnded(replace(LOAN, state="sold", ended_at=AT), {"price": 100}, {"order": "ord-1", "state": "sold"})


def test_a_car_that_is_bought_is_the_towers_no_more() -> None:
    t = lent(due_in_s=-1)
    assert loan_leaves(t, SOLD) is SOLD
    assert (t.tables.loans["ord-1"], dict(t.tables.vehicles)) == (SOLD.loan, {})
    body = asked(t, AppendOutbox)[0].body
    facts = end_facts(SOLD.loan, vehicle(), NOTHING_SAID, AT)
    assert (body["type"], body["order"], body["customer"]) == ("loan_sold", "ord-1", "cust-1")
    assert body["data"] == {**facts, **UNSEEN, "price": 100}
    # and an ended loan is watched no more, though its vehicle is gone
    watch_loans(t)
    assert told(t) == ["loan_sold"]


def test_a_later_order_of_a_car_that_is_bought_gets_another_or_ends() -> None:
    later = Slot(AT + timedelta(days=9), AT + timedelta(days=9, hours=1))
    order = order_in("accepted", "ord-2", cabin=None, slot=later)
    for cars, state, kinds in (
        ([], "failed", ["loan_sold", "order_failed"]),
        ([vehicle("car-2", bay(1, 1), 4712)], "accepted", ["loan_sold", "order_vehicle_replaced"]),
    ):
        rows = tables_of(vehicles=[vehicle(place=OUT, condition="out"), *cars], orders=[order], loans={"ord-1": LOAN})
        t = turn_of(state_of(None, rows))
        loan_leaves(t, SOLD)
        assert (t.tables.orders["ord-2"].state, told(t), "car-1" in t.tables.vehicles) == (state, kinds, False)


def test_a_car_that_has_just_left_is_known_until_its_order_is_over() -> None:
    t = lent(due_in_s=1, orders=[order_in("handed_over")])
    assert loan_leaves(t, SOLD) is SOLD
    assert (t.tables.loans["ord-1"].state, set(t.tables.vehicles)) == ("sold", {"car-1"})


def test_a_car_for_which_a_cabin_is_open_is_sold_once_that_has_ended() -> None:
    row = Intake(1, "loan", "ord-1", "car-1", "kiosk", "waiting", AT, AT)
    t = lent(due_in_s=1, intakes={1: row})
    refused = loan_leaves(t, SOLD)
    assert isinstance(refused, Refusal)
    assert (refused.reasons, told(t)) == (("too_late",), [])
    assert t.tables.loans["ord-1"].state == "out"


@pytest.mark.parametrize(
    ("state", "due_in_s", "after", "kinds"),
    [
        ("out", 21601, "out", []),
        ("out", 21600, "due_soon", ["loan_due_soon"]),
        ("out", 1, "due_soon", ["loan_due_soon"]),
        ("due_soon", 1, "due_soon", []),
        ("due_soon", 0, "overdue", ["loan_overdue"]),
        ("out", -9000, "overdue", ["loan_overdue"]),
        ("overdue", -9000, "overdue", []),
        ("returning", -9000, "returning", []),
    ],
)
def test_a_loan_is_told_before_it_is_due_and_when_it_is_late_once(
    state: str, due_in_s: float, after: str, kinds: list[str]
) -> None:
    t = lent(due_in_s=due_in_s, state=state)
    watch_loans(t)
    watch_loans(t)
    assert (t.tables.loans["ord-1"].state, told(t)) == (after, kinds)


@pytest.mark.parametrize(
    ("due_in_s", "data"),
    [(5400, {"vehicle": "car-1", "due_back_h": 1.5}), (-9000, {"vehicle": "car-1", "overdue_h": 2.5})],
)
def test_it_is_told_with_the_hours(due_in_s: float, data: dict[str, object]) -> None:
    t = lent(due_in_s=due_in_s)
    watch_loans(t)
    assert asked(t, AppendOutbox)[0].body["data"] == data


def test_how_long_before_may_differ_by_model() -> None:
    t = lent(due_in_s=7200, rules=OrderRules(by_model={"Kestrel Three": DriveRules(due_soon_s=3600.0)}))
    watch_loans(t)
    assert told(t) == []
