"""A car that is driven in, one picture at a time (orders-if.md 6.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    CABIN_1,
    HOME_BAY,
    MONO_S,
    OCCUPIED_LOCKED,
    asked,
    config,
    job,
    machine,
    order_in,
    told,
    vehicle,
    with_bay,
    with_cabin,
    with_system,
    writes,
)
from tests.support.intake_kit import EPOCH, LOAN, coming, open_cabin, row, with_car
from tests.support.values import AT
from towerd.bays.sizes import Size
from towerd.cabin.model import CabinSensors, DoorState, Signal
from towerd.faults import INVENTORY_DISAGREES
from towerd.fsm.commands import AppendOutbox, RequestPlan
from towerd.fsm.delivering import run_job
from towerd.fsm.driving_in import drive_in, turn_away
from towerd.fsm.intake_row import Owing
from towerd.fsm.planning import plan_decided, request_plan
from towerd.fsm.turn import Turn
from towerd.orders.loan_facts import Findings
from towerd.orders.readings import Reading
from towerd.orders.rules import OrderRules, ReleaseRules
from towerd.places import CARRIAGE, OUT, UNKNOWN, bay, cabin
from towerd.planner.decide import decide
from towerd.planner.model import PlanSnapshot
from towerd.plc.codes import Code
from towerd.plc.snapshot import PackmlState, Snapshot, Unit

PERSON = CabinSensors.PERSON_DETECTED
SHUT = {"outer_door": DoorState.CLOSED}
CONFIRMED = CabinSensors.CLEAR_CONFIRMED
STORED = {"vehicles": [vehicle(place=CABIN_1, condition="inspection")]}


def run(t: Turn) -> Any:
    """One look at cabin 1; the row after it."""
    assert t.snapshot is not None
    drive_in(t, t.snapshot.cabin(1))
    return t.tables.intakes[1]


def door(t: Turn) -> list[tuple[int, int]]:
    """Commands to the outer door: open or close, and the epoch."""
    return [write.args[:2] for write in writes(t) if write.code == Code.OUTER_DOOR]


def test_without_a_row_the_cabin_is_for_others() -> None:
    for t in (coming(machine()), coming(machine(), row("done"))):
        assert t.snapshot is not None
        assert not drive_in(t, t.snapshot.cabin(1))
        assert not t.commands


def test_the_door_opens_on_the_empty_cabin_that_was_seen() -> None:
    t = coming(machine(), row())
    assert drive_in(t, machine().cabin(1))
    assert door(t) == [(1, EPOCH)]
    assert not told(t)


def test_nothing_is_sent_while_the_machine_is_held() -> None:
    t = coming(with_system(machine(), packml_state=PackmlState.HELD), row())
    assert run(t).state == "opening"
    assert not writes(t)


def test_the_open_door_waits_under_a_green_sign() -> None:
    t = coming(open_cabin(), row())
    after = run(t)
    assert (after.state, after.since_at) == ("waiting", t.now)
    assert [(write.unit, write.code, write.args[0]) for write in writes(t)] == [
        (Unit.CABIN1, Code.SIGNAL, Signal.GREEN)
    ]


def test_a_door_on_its_way_is_left_alone() -> None:
    t = coming(with_cabin(machine(), 1, outer_door=DoorState.OPENING), row())
    run(t)
    assert not door(t)


def test_the_right_car_makes_its_loan_returning_once() -> None:
    t = coming(with_car(), row("waiting"))
    assert run(t).state == "securing"
    assert t.tables.loans["ord-1"].state == "returning"
    assert told(t) == ["loan_returning"]
    again = coming(with_car(), t.tables.intakes[1], loans=t.tables.loans)
    assert run(again).state == "securing"
    assert not told(again)
    assert t.tables.vehicles["car-1"].place == OUT


def test_a_car_that_stands_wrong_is_not_back_yet() -> None:
    t = coming(with_cabin(with_car(), 1, on=CabinSensors.TOO_FAR_BACK), row("waiting"))
    assert run(t).state == "positioning"
    assert t.tables.loans["ord-1"].state == "out"
    assert not told(t)


def test_other_reasons_in_the_same_state_are_kept() -> None:
    back = with_car()
    back = with_cabin(back, 1, on=CabinSensors.TOO_FAR_BACK)
    t = coming(back, row("positioning", reasons=("too_far_forward",)))
    after = run(t)
    assert after.reasons == ("too_far_back",)
    assert after.since_at == AT
    assert run(coming(back, after)) == after


def test_the_answer_counts_for_the_car_it_was_about() -> None:
    shown = with_cabin(with_car(), 1, off=CONFIRMED)
    assert run(coming(shown, row("securing", secured_epoch=EPOCH))).state == "clearing"
    assert run(coming(shown, row("clearing", secured_epoch=EPOCH - 1))).state == "securing"


def test_the_door_closes_over_the_car_and_then_it_is_taken_in() -> None:
    t = coming(with_car(), row("clearing", secured_epoch=EPOCH))
    assert run(t).state == "closing"
    assert door(t) == [(0, 0)]
    returning = {"ord-1": replace(LOAN, state="returning")}
    t = coming(with_car(**SHUT), row("closing", secured_epoch=EPOCH, lost_s=12.0), loans=returning)
    assert run(t).state == "storing"
    car, loan = t.tables.vehicles["car-1"], t.tables.loans["ord-1"]
    assert (car.place, car.condition) == (CABIN_1, "inspection")
    assert (loan.state, loan.ended_at) == ("returned", t.now)
    assert told(t) == ["loan_returned", "vehicle_condition"]
    first = asked(t, AppendOutbox)[0].body
    assert (first["customer"], first["data"]["button_wait_s"]) == ("cust-1", 12.0)
    assert not door(t)


@pytest.mark.parametrize(
    ("damage", "rests_as", "kept_for"),
    [(False, "available", ()), (True, "available", ("damage_told",)), (False, "out_of_service", None)],
)
def test_the_sites_rule_is_asked_where_staff_have_said_nothing(
    damage: bool, rests_as: Any, kept_for: tuple[str, ...] | None
) -> None:
    found = Findings(Reading(1200, fuel_ratio=0.5), damage=damage)
    returning = {"ord-1": replace(LOAN, state="returning", odometer_out_km=1000)}
    cars = [vehicle(place=OUT, condition="out", rests_as=rests_as)]
    intake = row("closing", secured_epoch=EPOCH, found=found)
    t = coming(with_car(**SHUT), intake, loans=returning, vehicles=cars)
    t.config = config(rules=OrderRules(release=ReleaseRules(by_rule=True, photos=False)))
    assert run(t).state == "storing"
    car = t.tables.vehicles["car-1"]
    assert (car.kept_for, car.condition == "available", car.odometer_km) == (kept_for, False, 1200)


def test_a_car_without_a_loan_is_taken_in_for_its_own_sake() -> None:
    intake = row("closing", kind="vehicle", about="car-1", secured_epoch=EPOCH)
    fetched = vehicle(place=OUT, condition="out", reasons=("fetched", "damage"))
    t = coming(with_car(**SHUT), intake, loans={}, vehicles=[fetched])
    assert run(t).state == "storing"
    assert t.tables.vehicles["car-1"].reasons == ("damage",)
    assert told(t) == ["vehicle_condition"]


def test_a_new_car_is_taken_in_for_its_dealers_order() -> None:
    intake = row("closing", kind="stock", about="ord-1", secured_epoch=EPOCH)
    order = order_in("identified", kind="stock_in", cabin=None)
    t = coming(with_car(**SHUT), intake, loans={}, orders=[order])
    assert run(t).state == "storing"
    car = t.tables.vehicles["car-1"]
    assert (car.place, car.condition, car.rests_as) == (CABIN_1, "reserved", "available")
    assert told(t) == []


@pytest.mark.parametrize("place", [CARRIAGE, bay(1, 1)])
def test_it_is_done_when_the_car_has_left_the_cabin(place: Any) -> None:
    t = coming(machine(), row("storing"), vehicles=[vehicle(place=place)])
    assert run(t).state == "done"
    assert run(coming(with_car(**SHUT), row("storing"), **STORED)).state == "storing"


def test_what_was_taken_in_and_is_lost_is_never_opened_for() -> None:
    t = coming(with_car(**SHUT), row("storing"), vehicles=[vehicle(place=UNKNOWN)])
    after = run(t)
    assert (after.state, after.reasons) == ("refused", ("vehicle_gone",))
    assert not door(t)


def test_a_door_that_the_exit_button_opened_is_closed_again_once_confirmed() -> None:
    t = coming(with_car(), row("storing"), **STORED)
    run(t)
    assert door(t) == [(0, 0)]
    t = coming(with_cabin(with_car(), 1, off=CONFIRMED), row("storing"), **STORED)
    run(t)
    assert t.tables.owing[1].what == "button"
    assert not door(t)


def test_another_car_is_turned_away_and_its_door_left_open() -> None:
    t = coming(with_car(tag=99), row("waiting"))
    after = run(t)
    assert (after.state, after.reasons) == ("turned_away", ("wrong_tag",))
    [message] = asked(t, AppendOutbox)
    assert (message.body["type"], message.body["order"]) == ("vehicle_turned_away", "ord-1")
    assert message.body["data"] == {"vehicle": "car-1", "cabin": 1, "tag": 99, "reasons": ["wrong_tag"]}
    assert not door(t)
    assert not t.tables.faults
    assert t.tables.loans["ord-1"].state == "out"


def test_a_car_that_turns_out_wrong_behind_the_closed_door_is_let_out() -> None:
    returning = {"ord-1": replace(LOAN, state="returning")}
    t = coming(with_car(mass_kg=2000, **SHUT), row("closing", secured_epoch=EPOCH), loans=returning)
    assert run(t).reasons == ("wrong_mass",)
    assert door(t) == [(1, EPOCH)]
    assert t.tables.loans["ord-1"].state == "out"
    assert told(t) == ["loan_out", "vehicle_turned_away"]


@pytest.mark.parametrize(
    ("place", "unknown"), [(HOME_BAY, True), (CARRIAGE, False), (CABIN_1, False)], ids=["bay", "carriage", "this cabin"]
)
def test_the_tag_of_a_car_of_the_inventory_opens_nothing(place: Any, unknown: bool) -> None:
    cars = [vehicle(place=OUT), vehicle("car-2", place, 99)]
    t = coming(with_car(tag=99, **SHUT), row("closing", secured_epoch=EPOCH), vehicles=cars)
    assert run(t).state == "turned_away"
    assert not door(t)
    assert INVENTORY_DISAGREES in t.tables.faults
    assert (t.tables.vehicles["car-2"].place == UNKNOWN) is unknown


@pytest.mark.parametrize(
    ("reason", "state"), [("expired", "expired"), ("cancelled", "cancelled"), ("wrong_tag", "refused")]
)
def test_turned_away_ends_behind_the_closed_door(reason: str, state: str) -> None:
    away = row("turned_away", reasons=(reason,))
    t = coming(open_cabin(), away)
    assert run(t).state == "turned_away"
    assert door(t) == [(0, 0)]
    t = coming(machine(), away)
    after = run(t)
    assert (after.state, after.reasons) == (state, (reason,))
    assert not door(t)
    assert run(coming(with_car(), away)).state == "turned_away"


def test_a_car_that_drives_off_takes_its_loan_along() -> None:
    returning = {"ord-1": replace(LOAN, state="returning")}
    t = coming(open_cabin(), row("clearing", secured_epoch=EPOCH), loans=returning)
    assert run(t).state == "waiting"
    assert t.tables.loans["ord-1"].state == "out"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ({"vehicles": [vehicle(place=HOME_BAY)]}, "vehicle_elsewhere"),
        ({"loans": {"ord-1": replace(LOAN, state="sold")}}, "loan_ended"),
    ],
)
def test_a_car_that_is_awaited_no_more_is_turned_away(rows: dict[str, Any], reason: str) -> None:
    t = coming(with_car(), row("waiting"), **rows)
    after = run(t)
    assert (after.state, after.reasons) == ("turned_away", (reason,))


FORGOTTEN: Snapshot = with_cabin(with_car(), 1, off=CONFIRMED)


def test_what_the_button_cost_is_kept_with_the_car() -> None:
    waiting = row("clearing", secured_epoch=EPOCH, lost_s=5.0)
    t = coming(FORGOTTEN, waiting)
    assert run(t) == waiting
    assert t.tables.owing == {1: Owing(1, "button", t.now)}
    t = coming(with_cabin(FORGOTTEN, 1, on=PERSON), waiting, owing={1: Owing(1, "button", AT)}, mono_s=MONO_S + 40)
    assert run(t).lost_s == 45.0
    assert not t.tables.owing


def test_nothing_is_owed_once_it_has_ended() -> None:
    t = coming(machine(), row("turned_away", reasons=("cancelled",)), owing={1: Owing(1, "vehicle", AT)})
    assert run(t).state == "cancelled"
    assert not t.tables.owing


def test_a_cabin_that_nobody_drives_into_may_owe_too() -> None:
    seen = with_cabin(with_car(**SHUT), 1, off=CONFIRMED)
    t = coming(seen, None, vehicles=[vehicle(place=CABIN_1)])
    assert not drive_in(t, seen.cabin(1))
    assert t.tables.owing[1].what == "button"


def test_somebody_gives_up() -> None:
    returning = {"ord-1": replace(LOAN, state="returning")}
    t = coming(with_car(), row("securing"), loans=returning)
    after = turn_away(t, t.tables.intakes[1], "cancelled")
    assert (after.state, after.reasons) == ("turned_away", ("cancelled",))
    assert t.tables.loans["ord-1"].due_back_at == LOAN.due_back_at
    assert asked(t, AppendOutbox)[0].body["data"]["due_back_s"] == timedelta(days=3).total_seconds()


# what the carriage has to do with it


def planned(t: Turn) -> PlanSnapshot:
    request_plan(t)
    return asked(t, RequestPlan)[0].snapshot


def test_what_was_taken_in_is_stored() -> None:
    t = coming(with_car(**SHUT), row("storing"), **STORED)
    plan = planned(t)
    assert [wish.source for wish in plan.wishes] == [CABIN_1]
    plan_decided(t, decide(plan, 1, 0))
    (begun,) = t.tables.jobs.values()
    assert (begun.purpose, begun.source, begun.order) == ("store", CABIN_1, None)
    assert t.tables.vehicles["car-1"].condition == "inspection"


def test_no_car_is_delivered_into_the_cabin_that_one_is_driven_into() -> None:
    waiting = order_in("identified", "ord-2", cabin=None, vehicle="car-2")
    cars = [vehicle(place=OUT), vehicle("car-2", HOME_BAY, 2)]
    t = coming(with_bay(machine(), 2, 3, OCCUPIED_LOCKED), row("opening"), vehicles=cars, orders=[waiting])
    assert [wish.targets for wish in planned(t).wishes] == [(cabin(2),)]


@pytest.mark.parametrize(
    ("seen", "values", "state"),
    [
        (with_cabin(with_car(**SHUT), 1, off=CONFIRMED), {}, "cancelled"),
        (with_car(), {}, "cancelled"),
        (with_car(**SHUT), {}, "running"),
        (with_cabin(with_car(**SHUT), 1, off=CONFIRMED, inner_door=DoorState.OPEN), {}, "running"),
        (with_cabin(with_car(**SHUT), 1, off=CONFIRMED), {"by": "lin"}, "running"),
        (with_cabin(with_car(**SHUT), 1, off=CONFIRMED), {"order": "ord-9"}, "running"),
    ],
    ids=["not confirmed", "open", "ready", "under way", "a person's", "an order's"],
)
def test_the_carriage_waits_at_no_cabin_for_the_button(seen: Snapshot, values: dict[str, Any], state: str) -> None:
    storing = job(source=CABIN_1, target=HOME_BAY, **{"order": None, "purpose": "store", **values})
    t = coming(seen, row("storing"), jobs=[storing], **STORED)
    run_job(t)
    assert t.tables.jobs[1].state == state
    assert (t.volatile.doing == "cabin:1 has to be confirmed clear") is (state == "cancelled")


def test_it_does_not_even_set_out() -> None:
    t = coming(with_cabin(with_car(**SHUT), 1, off=CONFIRMED), row("storing"), **STORED)
    request_plan(t)
    assert not asked(t, RequestPlan)
    t = coming(with_car(**SHUT), row("storing"), **STORED)
    assert len(planned(t).wishes) == 1
    own = order_in("identified", cabin=None)
    t = coming(with_cabin(with_car(**SHUT), 1, off=CONFIRMED), None, orders=[own], **STORED)
    assert [wish.targets for wish in planned(t).wishes] == [(CABIN_1,)]


@pytest.mark.parametrize(
    ("table", "height_mm", "state"),
    [
        ((Size(5200, 2000, 1600, 1400),), 1500, "securing"),
        ((Size(5200, 2000, 1600, 1400),), 1950, "turned_away"),
        ((), 1950, "securing"),
    ],
)
def test_a_car_that_no_free_bay_takes_is_not_taken_in(table: Any, height_mm: int, state: str) -> None:
    t = coming(with_car(height_mm=height_mm, mass_kg=1490), row("reading"))
    t.config = config(bay_sizes=table)
    assert run(t).state == state, "the driver may still be in it"
    assert run(t).reasons == (("no_room",) if state == "turned_away" else ())
