"""Jobs and hand-overs, one question at a time (orders-if.md 5.1; invariant 7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    BOTH_IN_CABIN,
    CABIN_1,
    EMPTY_LOCKED,
    HOME_BAY,
    MONO_S,
    OCCUPIED_LOCKED,
    asked,
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
    with_cabin_vehicle,
    with_load,
    with_mailbox,
    with_system,
    writes,
)
from tests.support.delivering_kit import ARRIVED, OPEN, codes, known, turn
from tests.support.values import AT
from towerd.cabin.model import CabinSensors, DoorState, Signal
from towerd.faults import COMMAND_FAILED, WRONG_VEHICLE
from towerd.fsm.commands import AppendOutbox
from towerd.fsm.delivering import run_cabins, run_job, running_job
from towerd.fsm.inventory import FORK
from towerd.fsm.state import Fault, Step
from towerd.lift.registers import HomeAxis
from towerd.places import CARRIAGE, OUT, UNKNOWN, Place, bay
from towerd.plc.codes import Code
from towerd.plc.snapshot import PackmlState, Snapshot, Unit

STOCKED = with_bay(machine(), 2, 3, OCCUPIED_LOCKED)
HELD = PackmlState.HELD
OPENED = step_row(Unit.CABIN1, "done", Code.OUTER_DOOR, (1, 5, 0, 0))


def fork_row(**values: Any) -> dict[Any, Step]:
    return {FORK: replace(step_row(state="settling", code=Code.FORK_GET, **values))}


# the carriage


def test_the_running_job_goes_on_with_what_comes_next() -> None:
    t = turn(STOCKED, jobs=[job(3, state="done"), job()])
    run_job(t)
    assert codes(t) == [(Unit.CARRIAGE, Code.LIFT_TO, 2)]
    assert t.volatile.doing == "LIFT_TO 2-3"
    assert t.tables.steps[Unit.CARRIAGE].job == 1
    assert running_job(t) == job()


def test_without_a_job_the_carriage_stays() -> None:
    t = turn(STOCKED, jobs=[job(state="done")])
    run_job(t)
    assert not t.commands
    assert running_job(t) is None


@pytest.mark.parametrize(
    "seen",
    [None, with_system(STOCKED, packml_state=HELD), with_mailbox(STOCKED, Unit.CARRIAGE, active_seq=9)],
    ids=["lost", "held", "at work"],
)
def test_nothing_is_sent_while_nothing_may_move(seen: Snapshot | None) -> None:
    t = turn(seen, jobs=[job()])
    run_job(t)
    assert not t.commands


def test_nothing_is_sent_while_another_unit_works_for_the_job() -> None:
    working = step_row(Unit.BAYS, "running", Code.BAY_LOCK)
    t = turn(STOCKED, jobs=[job()], steps=[working])
    run_job(t)
    assert not t.commands


def test_a_refused_unit_pauses() -> None:
    t = turn(STOCKED, jobs=[job()], retry_after_mono_s={Unit.CARRIAGE: MONO_S + 1})
    run_job(t)
    assert not t.commands


def test_what_is_waited_for_is_told_once() -> None:
    seen = standing_at(with_bay(machine(), 2, 3, EMPTY_LOCKED), HOME_BAY)
    t = turn(seen, jobs=[job()])
    run_job(t)
    assert not writes(t)
    why, volatile = t.volatile.doing, t.volatile
    assert why != "starting"
    run_job(t)
    assert t.volatile is volatile


@pytest.mark.parametrize("place", [OUT, UNKNOWN])
def test_a_job_whose_car_is_nowhere_gives_the_carriage_free(place: Place) -> None:
    t = turn(STOCKED, place=place, jobs=[job()], orders=[order_in("delivering")])
    run_job(t)
    assert t.tables.jobs[1].state == "cancelled"
    assert t.tables.jobs[1].ended_at == t.now
    assert t.tables.orders["ord-1"].state == "delivering", "a stock import brings it back"
    assert t.volatile.doing == f"car-1 is {place}"
    assert not writes(t)


def test_another_car_on_the_carriage_stops_everything() -> None:
    t = turn(with_load(machine(), tag=99), place=CARRIAGE, jobs=[job()])
    run_job(t)
    assert WRONG_VEHICLE in t.tables.faults
    assert not writes(t)


@pytest.mark.parametrize(
    ("order", "target", "condition", "after"),
    [
        (None, bay(3, 3), "moving", "available"),
        (None, bay(3, 3), "inspection", "inspection"),
        (None, CABIN_1, "moving", "moving"),
        ("ord-1", CABIN_1, "moving", "moving"),
    ],
)
def test_a_job_ends_where_its_car_has_arrived(order: str | None, target: Place, condition: Any, after: str) -> None:
    seen = with_bay(machine(), 3, 3, OCCUPIED_LOCKED) if target.kind == "bay" else ARRIVED
    car = vehicle(place=target, condition=condition)
    t = turn(seen, vehicles=[car], jobs=[job(target=target, order=order)])
    run_job(t)
    assert (t.tables.jobs[1].state, t.tables.jobs[1].ended_at) == ("done", t.now)
    assert t.tables.vehicles["car-1"].condition == after


@pytest.mark.parametrize("jobs", [[job()], []])
def test_a_fork_that_is_out_comes_in_before_anything_is_concluded(jobs: Any) -> None:
    t = turn(fork_out(STOCKED), jobs=jobs)
    t.put("steps", FORK, fork_row()[FORK])
    run_job(t)
    assert codes(t) == [(Unit.CARRIAGE, Code.HOME, HomeAxis.FORK)]
    assert t.tables.steps[Unit.CARRIAGE].job == (1 if jobs else None)


def test_while_the_sensors_are_asked_nothing_else_is_done() -> None:
    t = turn(STOCKED, jobs=[job()])
    t.put("steps", FORK, fork_row()[FORK])
    run_job(t)
    assert not t.commands


# the gate


@pytest.mark.parametrize("state", ["identified", "delivering", "staged"])
def test_the_gate_opens_for_tag_and_person(state: str) -> None:
    t = turn(ARRIVED, place=CABIN_1, orders=[order_in(state)], decisions=known(299.0))
    run_cabins(t)
    assert codes(t) == [(Unit.CABIN1, Code.OUTER_DOOR, 1)]
    assert writes(t)[0].args == (1, 5, 0, 0), "with the occupancy epoch that was looked at"


@pytest.mark.parametrize("decisions", [{}, known(300.0)], ids=["none", "aged out"])
@pytest.mark.parametrize("state", ["identified", "delivering"])
def test_without_a_decision_the_car_is_staged_and_the_gate_stays_shut(state: str, decisions: Any) -> None:
    t = turn(ARRIVED, place=CABIN_1, orders=[order_in(state)], decisions=decisions)
    run_cabins(t)
    run_cabins(t)
    assert t.tables.orders["ord-1"].state == "staged"
    assert told(t) == ["order_staged"]
    assert not codes(t)
    assert t.volatile.doing == "the customer is not identified"


def test_of_two_orders_for_one_cabin_the_one_whose_car_stands_there_is_served() -> None:
    lost = order_in("staged", "ord-0", vehicle="car-2")
    cars = [vehicle("car-2", UNKNOWN, 4712), vehicle(place=CABIN_1, condition="moving")]
    t = turn(ARRIVED, vehicles=cars, orders=[lost, order_in("staged")], decisions=known())
    run_cabins(t)
    assert codes(t) == [(Unit.CABIN1, Code.OUTER_DOOR, 1)]


DENIED = {
    "no car": with_cabin(machine(), 1),
    "one sensor": with_cabin(machine(), 1, on=CabinSensors.VEHICLE_FRONT),
    "no tag": with_cabin(machine(), 1, on=BOTH_IN_CABIN, tag=0),
    "inner door": with_cabin(ARRIVED, 1, inner_door=DoorState.OPEN),
    "other tag": with_cabin_vehicle(machine(), 1, 99),
}


@pytest.mark.parametrize("seen", DENIED.values(), ids=DENIED)
def test_presence_is_never_enough(seen: Snapshot) -> None:
    t = turn(seen, place=CABIN_1, orders=[order_in("delivering")], decisions=known())
    run_cabins(t)
    assert not codes(t)
    assert t.tables.orders["ord-1"].state == "delivering"
    assert (WRONG_VEHICLE in t.tables.faults) is (seen is DENIED["other tag"])


def test_the_decision_about_another_order_opens_nothing() -> None:
    other = {"ord-2": replace(known()["ord-1"], order="ord-2")}
    t = turn(ARRIVED, place=CABIN_1, orders=[order_in("staged")], decisions=other)
    run_cabins(t)
    assert not codes(t)


@pytest.mark.parametrize(
    "rows",
    [
        {"place": HOME_BAY},
        {"place": CABIN_1, "jobs": [job()]},
        {"place": CABIN_1, "vehicles": []},
    ],
    ids=["elsewhere", "still being put down", "forgotten"],
)
def test_a_car_that_has_not_arrived_is_not_handed_over(rows: Any) -> None:
    t = turn(ARRIVED, orders=[order_in("delivering")], decisions=known(), **rows)
    run_cabins(t)
    assert not codes(t)


def test_a_job_for_another_car_keeps_nobody_waiting() -> None:
    t = turn(ARRIVED, place=CABIN_1, orders=[order_in("staged")], decisions=known(), jobs=[job(vehicle="car-2")])
    run_cabins(t)
    assert codes(t) == [(Unit.CABIN1, Code.OUTER_DOOR, 1)]


def test_a_fault_of_the_carriage_keeps_nobody_from_the_car() -> None:
    faults = {COMMAND_FAILED: Fault(COMMAND_FAILED, AT, "x")}
    t = turn(ARRIVED, place=CABIN_1, orders=[order_in("staged")], decisions=known(), faults=faults)
    run_cabins(t)
    assert codes(t) == [(Unit.CABIN1, Code.OUTER_DOOR, 1)]


def test_a_held_machine_opens_no_gate() -> None:
    t = turn(with_system(ARRIVED, packml_state=HELD), place=CABIN_1, orders=[order_in("staged")], decisions=known())
    run_cabins(t)
    assert not t.commands


@pytest.mark.parametrize("person", [False, True])
def test_a_door_left_open_by_an_abort_closes_behind_nobody(person: bool) -> None:
    on = CabinSensors.PERSON_DETECTED if person else CabinSensors(0)
    seen = with_cabin(ARRIVED, 1, on=on, outer_door=DoorState.BLOCKED)
    t = turn(seen, place=CABIN_1, orders=[order_in("staged")])
    run_cabins(t)
    assert codes(t) == ([] if person else [(Unit.CABIN1, Code.OUTER_DOOR, 0)])


def test_no_door_stays_open_on_a_car_that_is_another() -> None:
    seen = with_cabin(ARRIVED, 1, tag=4712, outer_door=DoorState.OPEN)
    t = turn(seen, place=CABIN_1, orders=[order_in("delivering")], decisions=known())
    run_cabins(t)
    assert WRONG_VEHICLE in t.tables.faults
    assert codes(t) == [(Unit.CABIN1, Code.OUTER_DOOR, 0)]


def test_a_door_that_moves_is_left_alone() -> None:
    seen = with_cabin(ARRIVED, 1, outer_door=DoorState.OPENING)
    t = turn(seen, place=CABIN_1, orders=[order_in("staged")], decisions=known())
    run_cabins(t)
    assert not codes(t)


# the hand-over


def test_an_opened_door_makes_the_order_ready_and_tells_what_the_way_took() -> None:
    jobs = [
        job(1, state="done", started_at=AT, ended_at=AT + timedelta(seconds=42), minimum_s=30.0),
        job(2, order="ord-2", state="done", ended_at=AT),
        job(3, vehicle="car-2", order="ord-1"),
    ]
    t = turn(OPEN, place=CABIN_1, orders=[order_in("delivering")], steps=[OPENED], jobs=jobs, decisions=known())
    run_cabins(t)
    assert t.tables.orders["ord-1"].state == "ready"
    assert asked(t, AppendOutbox)[0].body["data"] == {"cabin": 1, "motion_s": 42.0, "minimum_s": 30.0}
    assert told(t) == ["order_ready"]
    assert [(w.code, w.args[0]) for w in writes(t)] == [(Code.SIGNAL, Signal.DRIVE_FORWARD)]


@pytest.mark.parametrize(
    "step",
    [
        None,
        replace(OPENED, args=(0, 0, 0, 0)),
        replace(OPENED, state="lost"),
        replace(OPENED, state="running"),
        replace(OPENED, code=Code.SIGNAL),
    ],
)
def test_an_open_door_alone_is_no_hand_over(step: Step | None) -> None:
    t = turn(OPEN, place=CABIN_1, orders=[order_in("staged")], steps=[step] if step else [])
    run_cabins(t)
    assert t.tables.orders["ord-1"].state == "staged"


def test_a_door_that_is_not_open_yet_is_no_hand_over() -> None:
    seen = with_cabin(ARRIVED, 1, outer_door=DoorState.OPENING)
    t = turn(seen, place=CABIN_1, orders=[order_in("staged")], steps=[OPENED])
    run_cabins(t)
    assert t.tables.orders["ord-1"].state == "staged"


def test_the_car_that_has_left_is_handed_over_also_while_nothing_may_move() -> None:
    gone = with_cabin(with_system(machine(), packml_state=HELD), 1, outer_door=DoorState.OPEN)
    t = turn(gone, place=CABIN_1, orders=[order_in("ready")])
    run_cabins(t)
    assert t.tables.orders["ord-1"].state == "handed_over"
    assert t.tables.vehicles["car-1"].place == OUT
    assert t.tables.loans["ord-1"].state == "out"
    assert not writes(t)


@pytest.mark.parametrize(
    ("door", "on", "closes"),
    [
        (DoorState.OPEN, CabinSensors(0), True),
        (DoorState.BLOCKED, CabinSensors(0), True),
        (DoorState.CLOSING, CabinSensors(0), False),
        (DoorState.OPEN, CabinSensors.PERSON_DETECTED, False),
        (DoorState.OPEN, CabinSensors.MOTION_DETECTED, False),
        (DoorState.OPEN, CabinSensors.VEHICLE_REAR, False),
        (DoorState.CLOSED, CabinSensors.PERSON_DETECTED, False),
    ],
)
def test_the_door_closes_behind_the_last_one_only(door: DoorState, on: CabinSensors, closes: bool) -> None:
    seen = with_cabin(machine(), 1, on=on, outer_door=door)
    t = turn(seen, place=OUT, orders=[order_in("handed_over")])
    run_cabins(t)
    assert codes(t) == ([(Unit.CABIN1, Code.OUTER_DOOR, 0)] if closes else [])
    assert t.tables.orders["ord-1"].state == "handed_over", "not completed while somebody may be shut in"


def test_completed_is_closed_and_deserted() -> None:
    t = turn(machine(), place=OUT, orders=[order_in("handed_over")])
    run_cabins(t)
    assert t.tables.orders["ord-1"].state == "completed"
    assert told(t) == ["order_completed"]


@pytest.mark.parametrize(("seen", "session"), [(None, None), (ARRIVED, None), (ARRIVED, 2)])
def test_nothing_is_concluded_from_a_machine_that_is_not_reconciled(seen: Any, session: int | None) -> None:
    t = turn(seen, place=CABIN_1, orders=[order_in("staged")], decisions=known(), reconciled_session=session)
    run_cabins(t)
    assert not t.commands


def test_each_cabin_serves_its_own_order() -> None:
    seen = with_cabin_vehicle(ARRIVED, 2, 4712)
    cars = [vehicle(place=CABIN_1), vehicle("car-2", Place("cabin", 0, 2), 4712)]
    orders = [order_in("staged"), order_in("staged", "ord-2", vehicle="car-2", cabin=2)]
    t = turn(seen, vehicles=cars, orders=orders, decisions={"ord-2": replace(known()["ord-1"], order="ord-2")})
    run_cabins(t)
    assert codes(t) == [(Unit.CABIN2, Code.OUTER_DOOR, 1)]


def test_a_sign_that_is_wrong_is_put_right() -> None:
    t = turn(with_cabin(machine(), 2, signal=int(Signal.GREEN)))
    run_cabins(t)
    assert [(w.unit, w.code, w.args[0]) for w in writes(t)] == [(Unit.CABIN2, Code.SIGNAL, Signal.RED)]
