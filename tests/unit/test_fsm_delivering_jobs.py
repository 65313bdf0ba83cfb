"""Jobs that wait, are led step by step or are given up (plc-if.md 5; orders-if.md 5.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    CABIN_1,
    HOME_BAY,
    OCCUPIED_LOCKED,
    fork_out,
    job,
    machine,
    order_in,
    standing_at,
    step_row,
    told,
    vehicle,
    with_bay,
    with_cabin,
    with_safety,
)
from tests.support.delivering_kit import ARRIVED, OPEN, codes, turn
from tests.support.intake_kit import LOAN, row
from towerd.cabin.model import CabinSensors, DoorState
from towerd.fsm.delivering import open_job, run_cabins, run_job, running_job
from towerd.fsm.inventory import FORK
from towerd.places import OUT
from towerd.plc.codes import Code
from towerd.plc.snapshot import Safety, Unit

STOCKED = with_bay(machine(), 2, 3, OCCUPIED_LOCKED)


def test_the_fork_stays_out_while_somebody_may_be_in_the_shaft() -> None:
    t = turn(with_safety(fork_out(STOCKED), off=Safety.GATES_CLOSED), jobs=[job()])
    t.put("steps", FORK, replace(step_row(state="settling", code=Code.FORK_GET)))
    t.set(retry_after_mono_s={})
    run_job(t)
    assert not t.commands
    assert t.tables.steps[FORK].state == "settling"


def test_the_fork_waits_for_a_cabin_that_is_open_to_people() -> None:
    seen = with_cabin(fork_out(STOCKED), 1, inner_door=DoorState.OPEN, off=CabinSensors.CLEAR_CONFIRMED)
    t = turn(seen, jobs=[job()])
    t.put("steps", FORK, replace(step_row(state="settling", code=Code.FORK_GET)))
    run_job(t)
    assert not t.commands
    assert t.volatile.doing == "cabin1_not_clear"


def test_a_job_that_is_held_is_open_and_sends_nothing() -> None:
    held = job(state="held")
    t = turn(STOCKED, jobs=[held])
    run_job(t)
    assert not t.commands
    assert t.volatile.doing == "job 1 is held"
    assert (open_job(t), running_job(t)) == (held, None)


@pytest.mark.parametrize(("left", "state", "after"), [(1, "held", None), (3, "running", 2), (None, "running", None)])
def test_a_job_that_is_led_step_by_step_is_held_after_the_last_one(left: Any, state: str, after: Any) -> None:
    t = turn(STOCKED, jobs=[job(steps_left=left)])
    run_job(t)
    assert codes(t) == [(Unit.CARRIAGE, Code.LIFT_TO, 2)]
    assert (t.tables.jobs[1].state, t.tables.jobs[1].steps_left) == (state, after)


def test_a_step_that_did_not_leave_is_not_counted() -> None:
    t = turn(STOCKED, jobs=[job(steps_left=1)], retry_after_mono_s={Unit.CARRIAGE: 9999.0})
    run_job(t)
    assert t.tables.jobs[1] == job(steps_left=1)


@pytest.mark.parametrize(
    ("values", "given_up"),
    [
        ({"order": None, "purpose": "store"}, True),
        ({"order": None, "purpose": "store", "by": "lin"}, False),
        ({"order": "ord-1"}, False),
    ],
    ids=["the tower's own wish", "a person's", "an order's"],
)
def test_storing_a_car_gives_way_where_a_cabin_has_to_be_looked_into(values: Any, given_up: bool) -> None:
    seen = standing_at(with_cabin(ARRIVED, 1, off=CabinSensors.CLEAR_CONFIRMED), CABIN_1)
    t = turn(seen, place=CABIN_1, jobs=[job(source=CABIN_1, target=HOME_BAY, **values)])
    run_job(t)
    assert (t.tables.jobs[1].state == "cancelled") is given_up
    assert (t.volatile.doing == "cabin:1 has to be confirmed clear") is given_up
    assert not codes(t)


@pytest.mark.parametrize("place", [HOME_BAY, CABIN_1])
def test_an_outer_door_that_stands_open_before_its_customer_comes_is_closed_car_or_not(place: Any) -> None:
    seen = with_cabin(machine(), 1, outer_door=DoorState.OPEN)
    t = turn(seen, place=place, orders=[order_in("delivering")], jobs=[job()] if place == HOME_BAY else [])
    run_cabins(t)
    assert codes(t) == [(Unit.CABIN1, Code.OUTER_DOOR, 0)]


def test_a_cabin_that_takes_a_car_in_is_not_asked_about_orders() -> None:
    car = vehicle(place=OUT, condition="out")
    t = turn(OPEN, vehicles=[car], loans={"ord-1": LOAN}, intakes={1: row("opening")}, orders=[order_in("staged")])
    run_cabins(t)
    assert "order_ready" not in told(t)
    assert t.tables.orders["ord-1"].state == "staged"
