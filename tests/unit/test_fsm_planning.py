"""Who waits for the carriage, and the planner's answer put through the guard (invariant 10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    EMPTY_LOCKED,
    MONO_S,
    OCCUPIED_LOCKED,
    asked,
    job,
    later,
    machine,
    order_in,
    state_of,
    step_row,
    tables_of,
    told,
    turn_of,
    vehicle,
    with_bay,
    with_cabin,
    with_cabin_vehicle,
    with_load,
    with_system,
)
from tests.support.values import AT
from towerd.bays.model import BayBits
from towerd.bays.sizes import Size
from towerd.cabin.model import CabinSensors, DoorState, Gauge
from towerd.fsm.commands import RequestPlan
from towerd.fsm.inventory import FORK
from towerd.fsm.planning import plan_decided, redirect, request_plan
from towerd.fsm.state import BayRecord, Job, Move
from towerd.fsm.turn import Turn
from towerd.orders.model import Order
from towerd.places import CARRIAGE, OUT, UNKNOWN, Place, bay, cabin
from towerd.planner.model import Decision, PlanSnapshot
from towerd.plc.snapshot import PackmlState, Snapshot

CAR_2 = vehicle("car-2", bay(1, 1), 4712)


def picture() -> Snapshot:
    return with_bay(with_bay(machine(), 2, 3, OCCUPIED_LOCKED), 1, 1, OCCUPIED_LOCKED)


def due(order_id: str = "ord-1", **values: Any) -> Order:
    return order_in("identified", order_id, **{"cabin": None, **values})


def turn(*orders: Order, seen: Snapshot | None = None, vehicles: Any = None, rows: Any = None, **volatile: Any) -> Turn:
    tables = tables_of(vehicles=vehicles or [vehicle(), CAR_2], orders=orders, **(rows or {}))
    return turn_of(state_of(seen or picture(), tables, **volatile))


def plan_of(t: Turn) -> PlanSnapshot | None:
    request_plan(t)
    requests = asked(t, RequestPlan)
    return requests[0].snapshot if requests else None


def wishes_of(t: Turn) -> list[tuple[str | None, str, Place, tuple[Place, ...]]]:
    plan = plan_of(t)
    return [(wish.order, wish.vehicle, wish.source, wish.targets) for wish in plan.wishes] if plan else []


def running(t: Turn) -> list[Job]:
    return [row for row in t.tables.jobs.values() if row.state == "running"]


def test_an_identified_customer_waits_for_any_free_cabin() -> None:
    t = turn(due())
    assert wishes_of(t) == [("ord-1", "car-1", bay(2, 3), (cabin(1), cabin(2)))]
    assert (t.volatile.plan_version, t.volatile.plan_pending_mono_s) == (1, MONO_S)
    assert set(asked(t, RequestPlan)[0].snapshot.distance_s) == {"cabin:1", "cabin:2"}


@pytest.mark.parametrize("state", ["accepted", "arrived", "ready", "handed_over", "completed"])
def test_nobody_else_waits_for_the_carriage(state: str) -> None:
    assert plan_of(turn(order_in(state, cabin=None))) is None


def test_the_planner_is_asked_once() -> None:
    t = turn(due())
    request_plan(t)
    request_plan(t)
    assert len(asked(t, RequestPlan)) == 1


@pytest.mark.parametrize(
    "seen",
    [
        with_cabin(picture(), 1, outer_door=DoorState.OPEN),
        with_cabin_vehicle(picture(), 1),
    ],
)
def test_a_cabin_that_is_not_free_is_no_target(seen: Snapshot) -> None:
    assert wishes_of(turn(due(), seen=seen))[0][3] == (cabin(2),)


def test_two_customers_get_two_cabins() -> None:
    other = order_in("delivering", "ord-2", vehicle="car-2", cabin=1)
    found = wishes_of(turn(due(), other))
    assert found == [("ord-1", "car-1", bay(2, 3), (cabin(2),)), ("ord-2", "car-2", bay(1, 1), (cabin(1),))]


def test_without_a_free_cabin_nobody_is_asked() -> None:
    seen = with_cabin(with_cabin(picture(), 1, outer_door=DoorState.OPEN), 2, outer_door=DoorState.OPEN)
    assert plan_of(turn(due(), seen=seen)) is None


@pytest.mark.parametrize("place", [OUT, UNKNOWN])
def test_a_car_that_is_nowhere_cannot_be_wished_for(place: Place) -> None:
    assert plan_of(turn(due(), vehicles=[vehicle(place=place)])) is None


def test_an_order_whose_car_is_forgotten_wishes_nothing() -> None:
    assert plan_of(turn(due(vehicle=None), vehicles=[CAR_2])) is None


def test_a_car_that_stood_in_a_cabin_when_it_was_ordered_stays_there() -> None:
    seen = with_cabin_vehicle(picture(), 2)
    t = turn(due(), seen=seen, vehicles=[vehicle(place=cabin(2))])
    assert wishes_of(t) == [("ord-1", "car-1", cabin(2), (cabin(2),))]
    plan_decided(t, Decision(1, "ord-1", "car-1", cabin(2), cabin(2), ""))
    assert t.tables.orders["ord-1"].cabin == 2


def test_a_car_in_its_orders_cabin_wishes_nothing() -> None:
    seen = with_cabin_vehicle(picture(), 1)
    t = turn(order_in("staged"), seen=seen, vehicles=[vehicle(place=cabin(1))])
    assert plan_of(t) is None


def test_a_car_that_nobody_has_ordered_goes_to_a_free_bay() -> None:
    seen = with_cabin_vehicle(with_bay(picture(), 2, 3, EMPTY_LOCKED), 1)
    seen = with_bay(seen, 3, 1, EMPTY_LOCKED | BayBits.DISABLED)
    seen = with_bay(seen, 3, 2, int(BayBits.OCCUPIED_A | BayBits.LOCKED))
    rows = {"bays": {"bay:3-3": BayRecord(bay(3, 3), unknown=True), "bay:3-4": BayRecord(bay(3, 4))}}
    found = wishes_of(turn(seen=seen, vehicles=[vehicle(place=cabin(1)), CAR_2], rows=rows))
    assert len(found) == 1
    order, car, source, targets = found[0]
    assert (order, car, source) == (None, "car-1", cabin(1))
    assert set(targets) == {bay(1, 2), bay(1, 3), bay(1, 4), *(bay(2, n) for n in (1, 2, 3, 4)), bay(3, 4)}


def test_a_loaded_carriage_is_emptied_before_anything_is_fetched() -> None:
    """The car in the cabin has waited as long; to fetch it first would wait for ever for an empty carriage."""
    seen = with_load(with_cabin_vehicle(with_bay(picture(), 2, 3, EMPTY_LOCKED), 2, 4712))
    vehicles = [vehicle("z-car", CARRIAGE), vehicle("a-car", cabin(2), 4712)]
    t = turn(due(vehicle="car-9"), seen=seen, vehicles=[*vehicles, vehicle("car-9", bay(1, 1), 9)])
    assert [(order, car) for order, car, _source, _targets in wishes_of(t)] == [(None, "z-car")]


def test_while_nobody_knows_what_is_on_the_carriage_nothing_is_fetched() -> None:
    assert plan_of(turn(due(), seen=with_load(picture()))) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"seen": with_system(picture(), packml_state=PackmlState.HELD)},
        {"reconciled_session": None},
        {"stopping": True},
        {"rows": {"jobs": [job()]}},
        {"rows": {"steps": [replace(step_row(state="settling"), unit=FORK)]}},  # type: ignore[arg-type]
    ],
)
def test_nothing_is_planned_or_begun_while_the_carriage_may_not_work(changes: dict[str, Any]) -> None:
    t = turn(due(), **changes)
    jobs = dict(t.tables.jobs)
    request_plan(t)
    plan_decided(t, Decision(0, "ord-1", "car-1", bay(2, 3), cabin(1), ""))
    assert not t.commands
    assert t.tables.jobs == jobs
    assert t.volatile.plan_pending_mono_s is None


def test_a_decision_for_a_lost_plc_is_dropped() -> None:
    t = turn_of(state_of(None, tables_of(vehicles=[vehicle()], orders=[due()]), plan_pending_mono_s=MONO_S))
    plan_decided(t, Decision(0, "ord-1", "car-1", bay(2, 3), cabin(1), ""))
    request_plan(t)
    assert not t.tables.jobs
    assert not t.commands
    assert t.volatile.plan_pending_mono_s is None


def test_a_good_decision_becomes_a_job() -> None:
    t = turn(due(), plan_version=4, plan_pending_mono_s=MONO_S)
    plan_decided(t, Decision(4, "ord-1", "car-1", bay(2, 3), cabin(2), "closest"))
    (made,) = running(t)
    assert (made.id, made.vehicle, made.source, made.target, made.order) == (1, "car-1", bay(2, 3), cabin(2), "ord-1")
    assert made.minimum_s > 0
    assert t.tables.meta.job_seq == 1
    assert t.tables.vehicles["car-1"].condition == "moving"
    order = t.tables.orders["ord-1"]
    assert (order.state, order.cabin) == ("delivering", 2)
    assert told(t) == ["order_delivering"]


BAD = {
    "stale": Decision(3, "ord-2", "car-2", bay(1, 1), cabin(2), ""),
    "cabin taken": Decision(4, "ord-2", "car-2", bay(1, 1), bay(3, 3), ""),
    "moved meanwhile": Decision(4, "ord-2", "car-2", bay(3, 3), cabin(2), ""),
    "nobody asked": Decision(4, None, "car-2", bay(1, 1), cabin(2), ""),
}


@pytest.mark.parametrize("decision", BAD.values(), ids=BAD)
def test_a_bad_decision_falls_back_to_first_come_first_served(decision: Decision) -> None:
    first = due(since_at=AT - timedelta(minutes=5))
    t = turn(first, due("ord-2", vehicle="car-2"), plan_version=4)
    plan_decided(t, decision)
    assert [row.order for row in running(t)] == ["ord-1"]


def test_a_decision_to_do_nothing_does_nothing() -> None:
    t = turn(due(), plan_version=4)
    plan_decided(t, Decision(4, None, None, None, None, "wait"))
    assert not t.tables.jobs


def test_a_planner_that_does_not_answer_is_done_without() -> None:
    t = turn(due(), plan_version=4, plan_pending_mono_s=MONO_S - 1.0)
    request_plan(t)
    assert not t.tables.jobs, "a second it has"
    t = later(t, MONO_S + 0.1)
    request_plan(t)
    assert [row.order for row in running(t)] == ["ord-1"]
    plan_decided(t, Decision(4, "ord-1", "car-1", bay(2, 3), cabin(2), "late"))
    assert len(running(t)) == 1, "its late answer begins nothing"


def test_an_order_that_is_being_delivered_is_not_begun_anew() -> None:
    seen = with_load(with_bay(picture(), 2, 3, EMPTY_LOCKED))
    t = turn(order_in("delivering"), seen=seen, vehicles=[vehicle(place=CARRIAGE)])
    plan_decided(t, Decision(0, "ord-1", "car-1", CARRIAGE, cabin(1), ""))
    (made,) = running(t)
    assert made.minimum_s == 17.0, "the fork, and the inner door twice"
    assert not told(t)


@pytest.mark.parametrize("condition", ["inspection", "out_of_service", "unknown"])
def test_why_a_car_is_not_offered_outlives_its_being_moved(condition: Any) -> None:
    seen = with_cabin_vehicle(picture(), 1)
    t = turn(seen=seen, vehicles=[vehicle(place=cabin(1), condition=condition)])
    plan_decided(t, Decision(0, None, "car-1", cabin(1), bay(3, 3), ""))
    assert len(running(t)) == 1
    assert t.tables.vehicles["car-1"].condition == condition


def test_an_order_whose_car_was_lost_and_found_gets_a_cabin_again() -> None:
    t = turn(order_in("delivering", cabin=None))
    plan_decided(t, Decision(0, "ord-1", "car-1", bay(2, 3), cabin(2), ""))
    assert (t.tables.orders["ord-1"].state, t.tables.orders["ord-1"].cabin) == ("delivering", 2)
    assert told(t) == ["order_delivering"]


UNSAFE = with_cabin(with_load(with_bay(picture(), 2, 3, EMPTY_LOCKED)), 1, on=CabinSensors.PERSON_DETECTED)
LONG_AGO = AT - timedelta(seconds=16)


def redirected(waiting_since_at: Any = LONG_AGO, seen: Any = UNSAFE, place: Place = CARRIAGE, **rows: Any) -> Turn:
    made = job(target=rows.pop("target", cabin(1)), waiting_since_at=waiting_since_at, order=rows.pop("order", "ord-1"))
    t = turn(order_in("delivering"), seen=seen, vehicles=[vehicle(place=place)], rows={"jobs": [made], **rows})
    redirect(t)
    return t


SEEN_IN_IT = with_cabin(UNSAFE, 1, off=CabinSensors.PERSON_DETECTED, on=CabinSensors.VEHICLE_FRONT)


@pytest.mark.parametrize("seen", [UNSAFE, SEEN_IN_IT])
def test_a_car_before_a_cabin_that_is_not_safe_or_not_empty_goes_to_the_other(seen: Any) -> None:
    t = redirected(seen=seen)
    assert t.tables.jobs[1].target == cabin(2)
    assert t.tables.jobs[1].minimum_s > 0.0
    assert t.tables.orders["ord-1"].cabin == 2
    assert told(t) == ["order_delivering"]


def test_a_technicians_car_goes_over_where_no_cabin_was_named() -> None:
    wanted = Move(5, "bring", "car-1", bay(2, 3), None, "lin", AT, job=1)
    assert redirected(order=None, moves={5: wanted}).tables.jobs[1].target == cabin(2)
    named = replace(wanted, target=cabin(1))
    assert redirected(order=None, moves={5: named}).tables.jobs[1].target == cabin(1)


@pytest.mark.parametrize(
    "changes",
    [
        {"seen": None},
        {"waiting_since_at": None},
        {"waiting_since_at": AT - timedelta(seconds=14)},
        {"place": bay(2, 3)},
        {"target": bay(1, 2)},
        {"seen": with_cabin(UNSAFE, 1, off=CabinSensors.PERSON_DETECTED)},
        {"seen": with_cabin(UNSAFE, 2, off=CabinSensors.CLEAR_CONFIRMED)},
        {"seen": with_system(UNSAFE, packml_state=PackmlState.HELD)},
    ],
)
def test_it_goes_to_no_other_cabin_before_that_is_right(changes: dict[str, Any]) -> None:
    t = redirected(**changes)
    assert t.tables.jobs[1].target == changes.get("target", cabin(1))
    assert not t.commands


def test_without_a_job_nothing_is_redirected() -> None:
    t = turn(seen=UNSAFE)
    redirect(t)
    assert not t.commands


def test_while_the_fork_is_not_settled_it_goes_nowhere_else() -> None:
    steps = {FORK: replace(step_row(state="settling"), job=None)}
    made = job(waiting_since_at=LONG_AGO)
    t = turn(order_in("delivering"), seen=UNSAFE, vehicles=[vehicle(place=CARRIAGE)], rows={"jobs": [made]})
    t.tables = replace(t.tables, steps=steps)
    redirect(t)
    assert t.tables.jobs[1].target == cabin(1)


def test_a_job_for_a_technician_says_so_and_its_move_knows_it() -> None:
    wanted = Move(5, "move", "car-1", bay(2, 3), bay(3, 3), "lin", AT)
    t = turn(rows={"moves": {5: wanted}}, plan_version=4)
    plan_decided(t, Decision(4, None, "car-1", bay(2, 3), bay(3, 3), ""))
    (made,) = running(t)
    assert (made.purpose, made.by, t.tables.moves[5].job) == ("move", "lin", made.id)


def test_an_order_that_takes_the_car_ends_the_move() -> None:
    held = Move(5, "bring", "car-1", bay(2, 3), cabin(1), "lin", AT, state="arrived")
    t = turn(due(), rows={"moves": {5: held}}, plan_version=4)
    plan_decided(t, Decision(4, "ord-1", "car-1", bay(2, 3), cabin(2), ""))
    assert (t.tables.moves[5].state, t.tables.moves[5].why) == ("cancelled", "order ord-1 takes the car")


def test_what_goes_no_further_than_the_carriage_has_no_way_of_its_own() -> None:
    reading = Move(5, "identify", "car-1", bay(2, 3), None, "lin", AT)
    plan = plan_of(turn(rows={"moves": {5: reading}}))
    assert plan is not None
    assert (plan.wishes[0].targets, plan.distance_s) == ((CARRIAGE,), {})


@pytest.mark.parametrize(("gauge", "known"), [(Gauge.VALID, True), (Gauge(0), False)])
def test_what_the_gauge_says_goes_with_the_car(gauge: Gauge, known: bool) -> None:
    measures = {"length_mm": 4300, "width_mm": 1800, "height_mm": 1950, "mass_kg": 1500}
    seen = with_cabin(with_cabin_vehicle(picture(), 1), 1, gauge=gauge, **measures)
    t = turn(seen=seen, vehicles=[vehicle(place=cabin(1))])
    plan_decided(t, Decision(0, None, "car-1", cabin(1), bay(3, 3), ""))
    assert t.tables.vehicles["car-1"].measured == (Size(**measures) if known else None)
