"""Cars that are brought forward, from the plan to the job (orders-if.md 5.1 `staged`)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    EMPTY_LOCKED,
    job,
    order_in,
    told,
    vehicle,
    with_bay,
    with_cabin,
    with_cabin_vehicle,
    with_load,
)
from tests.support.values import AT
from tests.unit.test_fsm_planning import CAR_2, due, picture, plan_of, running, turn
from towerd.cabin.model import CabinSensors, DoorState
from towerd.fsm.planning import join_customer, plan_decided, redirect
from towerd.orders.model import Order, Slot
from towerd.places import CARRIAGE, cabin
from towerd.planner.decide import decide

SLOT = Slot(AT + timedelta(seconds=30), AT + timedelta(minutes=30))


def expected(**values: Any) -> Order:
    return order_in("accepted", **{"cabin": None, "slot": SLOT, **values})


def test_a_car_is_brought_forward_without_being_delivered() -> None:
    t = turn(expected())
    plan = plan_of(t)
    assert plan is not None
    assert (plan.at_s, plan.cabins, plan.free_cabins, plan.wants) == (AT.timestamp(), 2, (cabin(1), cabin(2)), ())
    plan_decided(t, decide(plan, 1, 0))
    (work,) = running(t)
    assert (work.purpose, work.order, work.target) == ("stage", "ord-1", cabin(1))
    order = t.tables.orders["ord-1"]
    assert (order.state, order.cabin, order.brought_at, told(t)) == ("accepted", 1, AT, [])


def test_a_car_that_could_be_brought_forward_later_asks_no_plan() -> None:
    later = Slot(AT + timedelta(minutes=5), AT + timedelta(minutes=30))
    assert plan_of(turn(expected(slot=later))) is None


def test_a_car_that_makes_room_is_no_order_s_any_more() -> None:
    waits = order_in("staged", "ord-2", vehicle="car-2", cabin=1, slot=SLOT, brought_at=AT)
    seen = with_cabin(with_cabin_vehicle(with_bay(picture(), 1, 1, EMPTY_LOCKED), 1), 2, outer_door=DoorState.OPEN)
    t = turn(due(arrived_at=AT), waits, seen=seen, vehicles=[vehicle(), vehicle("car-2", cabin(1), 4711)])
    plan = plan_of(t)
    assert plan is not None
    plan_decided(t, decide(plan, 1, 0))
    (work,) = running(t)
    assert (work.purpose, work.order, work.vehicle) == ("put_back", None, "car-2")
    assert (t.tables.orders["ord-2"].state, t.tables.orders["ord-2"].cabin) == ("accepted", None)
    assert told(t) == ["order_put_back"]


@pytest.mark.parametrize(("state", "after"), [("identified", "delivering"), ("accepted", "accepted")])
def test_who_comes_while_the_car_is_on_its_way_has_it_delivered(state: str, after: str) -> None:
    t = turn(order_in(state, arrived_at=AT), rows={"jobs": [job(purpose="stage")]})
    join_customer(t)
    assert t.tables.orders["ord-1"].state == after
    assert told(t) == (["order_delivering"] if after == "delivering" else [])


def test_nobody_joins_while_nothing_is_seen() -> None:
    t = turn(order_in("identified", arrived_at=AT), rows={"jobs": [job(purpose="stage")]}, snapshot=None)
    join_customer(t)
    assert t.tables.orders["ord-1"].state == "identified"


def test_nobody_joins_a_job_of_nobody() -> None:
    for rows in ({}, {"jobs": [job(order=None)]}):
        t = turn(due(), rows=rows)
        join_customer(t)
        assert t.tables.orders["ord-1"].state == "identified"


def test_a_car_brought_forward_goes_to_another_cabin_without_being_delivered() -> None:
    seen = with_load(with_cabin(with_bay(picture(), 2, 3, EMPTY_LOCKED), 1, on=CabinSensors.PERSON_DETECTED))
    work = job(purpose="stage", waiting_since_at=AT - timedelta(minutes=1))
    ahead = expected(cabin=1, brought_at=AT - timedelta(minutes=2))
    t = turn(ahead, seen=seen, vehicles=[vehicle(place=CARRIAGE), CAR_2], rows={"jobs": [work]})
    redirect(t)
    order = t.tables.orders["ord-1"]
    assert (order.cabin, order.brought_at, told(t)) == (2, ahead.brought_at, [])
