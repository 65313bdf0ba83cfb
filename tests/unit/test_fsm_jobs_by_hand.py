"""Jobs in a technician's hands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    CABIN_1,
    HOME_BAY,
    MONO_S,
    OCCUPIED_LOCKED,
    answers,
    job,
    machine,
    order_in,
    state_of,
    step_row,
    tables_of,
    told,
    turn_of,
    vehicle,
    with_bay,
    with_cabin_vehicle,
    with_load,
    with_safety,
    with_system,
    writes,
)
from tests.support.values import AT
from towerd.fsm.inventory import FORK
from towerd.fsm.jobs_by_hand import job_commanded, job_finished
from towerd.fsm.manual_events import JobCommanded, JobFinished, JobVerb
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import Lease, Move
from towerd.fsm.turn import Turn
from towerd.places import CARRIAGE, OUT, UNKNOWN, Place, bay, cabin
from towerd.plc.codes import Code
from towerd.plc.snapshot import KeySwitch, Safety, Snapshot, Unit

API = ReplyTo("api", "1")
FULL = with_bay(machine(), 2, 3, OCCUPIED_LOCKED)
BY_HAND = with_safety(with_system(FULL, key_switch=KeySwitch.MANUAL), on=Safety.ENABLING_SWITCH)


def turn(seen: Snapshot | None = FULL, *, place: Place = HOME_BAY, state: str = "running", **values: Any) -> Turn:
    volatile = {key: values.pop(key) for key in ("lease", "reconciled_session") if key in values}
    rows: dict[str, Any] = {
        "vehicles": [vehicle(place=place, condition="moving")],
        "orders": [order_in("delivering")],
        "jobs": {1: job(state=state)},
    }
    more = {key: values.pop(key) for key in ("steps", "moves") if key in values}
    rows["jobs"] = [replace(rows["jobs"][1], **values)]
    return turn_of(state_of(seen, tables_of(**(rows | more)), **volatile))


def command(t: Turn, verb: JobVerb, number: int = 1) -> Any:
    job_commanded(t, JobCommanded(number, verb, "ada", API))
    given = answers(t)
    return given[-1] if given else None


def state_now(t: Turn) -> str:
    return t.tables.jobs[1].state


def test_hold_and_resume() -> None:
    t = turn(steps_left=2)
    assert command(t, "hold").result == {"job": 1, "state": "held"}
    assert t.tables.jobs[1].steps_left is None
    assert command(t, "hold").reasons == ("job_over",)
    assert command(t, "resume").result == {"job": 1, "state": "running"}
    assert command(t, "resume").reasons == ("job_over",)
    assert t.volatile.lease is not None


@pytest.mark.parametrize("orders", [[order_in("cancelled")], []], ids=["ended", "forgotten"])
def test_a_held_job_that_nobody_waits_for_any_more_is_not_resumed(orders: list[Any]) -> None:
    t = turn(state="held")
    t.tables.orders.clear()
    t.tables.orders.update({order.id: order for order in orders})
    assert command(t, "resume").result == {"job": 1, "state": "cancelled"}


def test_a_held_job_of_no_order_is_resumed() -> None:
    assert command(turn(state="held", order=None), "resume").result == {"job": 1, "state": "running"}


@pytest.mark.parametrize("state", ["running", "held"])
def test_a_step_in_auto_lets_one_more_command_go(state: str) -> None:
    t = turn(state=state)
    assert command(t, "step").ok
    assert (t.tables.jobs[1].state, t.tables.jobs[1].steps_left) == ("running", 1)


def test_a_step_in_manual_goes_out_at_once_and_is_answered_at_its_end() -> None:
    t = turn(BY_HAND)
    assert command(t, "step") is None
    [write] = writes(t)
    assert (write.code, write.job_id, write.limit_ds) == (Code.LIFT_TO, 1, 6000)
    assert state_now(t) == "held"
    assert t.volatile.hand_replies == {"CARRIAGE": API}
    assert command(t, "step").reasons == ("plc_refused",), "one after the other"


def test_the_last_step_finishes_the_job() -> None:
    seen = with_cabin_vehicle(
        with_safety(with_system(machine(), key_switch=KeySwitch.MANUAL), on=Safety.ENABLING_SWITCH)
    )
    t = turn(seen, place=CABIN_1, state="held")
    assert command(t, "step").result == {"job": 1, "state": "done"}


@pytest.mark.parametrize(
    ("seen", "place", "reason"),
    [
        (BY_HAND, UNKNOWN, "vehicle_unknown"),
        (with_safety(BY_HAND, off=Safety.SHAFT_CLEAR), HOME_BAY, "waits"),
        (with_safety(with_load(BY_HAND, tag=99), on=Safety.ENABLING_SWITCH), CARRIAGE, "wrong"),
        (with_safety(BY_HAND, off=Safety.ENABLING_SWITCH), HOME_BAY, "plc_refused"),
    ],
)
def test_why_a_step_does_not_go_out(seen: Snapshot, place: Place, reason: str) -> None:
    t = turn(seen, place=place)
    assert command(t, "step").reasons == (reason,)
    assert writes(t) == []


def test_a_cancelled_job_of_an_order_waits_for_a_word() -> None:
    t = turn()
    assert command(t, "cancel").ok
    row = t.tables.jobs[1]
    assert (row.state, row.stopped_by) == ("cancelled", "ada")
    assert row.ended_at is not None
    assert t.tables.vehicles["car-1"].condition == "reserved"
    assert command(t, "cancel").reasons == ("job_over",)
    assert command(t, "step").reasons == ("job_over",)
    assert command(t, "resume").ok
    assert t.tables.jobs[1].stopped_by is None


def test_a_car_that_is_away_from_its_bay_goes_on_moving() -> None:
    t = turn(place=CARRIAGE, order=None)
    assert command(t, "cancel").ok
    assert t.tables.jobs[1].stopped_by is None
    assert t.tables.vehicles["car-1"].condition == "moving"


@pytest.mark.parametrize(("number", "ends"), [(1, True), (2, False)])
def test_what_a_person_wanted_moved_is_wanted_no_more(number: int, ends: bool) -> None:
    move = Move(4, "fetch", "car-1", HOME_BAY, None, "bob", AT, job=number)
    t = turn(order=None, moves={4: move})
    assert command(t, "cancel").ok
    assert (t.tables.moves[4].state == "cancelled") is ends


@pytest.mark.parametrize(
    ("seen", "values", "number", "reason"),
    [
        (None, {}, 1, "plc_lost"),
        (FULL, {"lease": Lease("bob", MONO_S + 9)}, 1, "lease_held"),
        (FULL, {}, 2, "no_such_job"),
    ],
)
def test_who_may_not_and_what_is_not(seen: Snapshot | None, values: Any, number: int, reason: str) -> None:
    assert command(turn(seen, **values), "hold", number).reasons == (reason,)


def test_a_running_job_that_may_give_no_command_is_a_technicians_to_finish() -> None:
    t = turn(BY_HAND)
    assert finish(t, HOME_BAY).ok, "the key is at Manual"
    t = turn(steps=[step_row(Unit.CABIN1, "running", Code.SIGNAL)], state="held")
    assert finish(t, HOME_BAY).ok, "a sign moves nothing"


def finish(t: Turn, place: Place, number: int = 1) -> Any:
    job_finished(t, JobFinished(number, place, "by hand", "ada", API))
    return answers(t)[-1]


def test_a_job_declared_finished_where_the_car_is_seen() -> None:
    t = turn(place=CARRIAGE, state="held")
    assert finish(t, HOME_BAY).ok
    found = t.tables.vehicles["car-1"]
    assert (found.place, found.condition) == (HOME_BAY, "reserved")
    assert state_now(t) == "done"
    assert told(t)[-1] == "manual_intervention"


def test_in_a_cabin_the_car_goes_on_being_its_orders() -> None:
    t = turn(with_cabin_vehicle(machine()), state="held")
    assert finish(t, cabin(1)).ok
    assert t.tables.vehicles["car-1"].condition == "moving"
    t = turn(with_load(machine()), state="held")
    assert finish(t, CARRIAGE).ok


@pytest.mark.parametrize(
    ("seen", "place", "values", "reason"),
    [
        (FULL, bay(3, 1), {}, "sensors_disagree"),
        (with_load(FULL), HOME_BAY, {}, "sensors_disagree"),
        (FULL, bay(9, 9), {}, "no_place"),
        (FULL, OUT, {}, "no_place"),
        (FULL, HOME_BAY, {"state": "done"}, "job_over"),
        (FULL, HOME_BAY, {"state": "running"}, "job_runs"),
        (FULL, HOME_BAY, {"steps": [step_row(state="running")]}, "moving"),
        (FULL, HOME_BAY, {"steps": [step_row(Unit.BAYS, "running", Code.BAY_UNLOCK)]}, "moving"),
        (
            FULL,
            HOME_BAY,
            {"steps": [replace(step_row(state="settling", code=Code.FORK_GET), unit=FORK)]},  # type: ignore[arg-type]
            "moving",
        ),
        (None, HOME_BAY, {}, "plc_lost"),
    ],
)
def test_what_the_sensors_do_not_say_is_not_finished(
    seen: Snapshot | None, place: Place, values: dict[str, Any], reason: str
) -> None:
    t = turn(seen, **{"state": "held", **values})
    before = t.tables
    assert finish(t, place).reasons == (reason,)
    assert t.tables is before


def test_a_car_that_is_out_is_back_by_more_than_the_end_of_its_job() -> None:
    t = turn(place=OUT, state="held")
    assert finish(t, HOME_BAY).reasons == ("car_is_out",)
    assert (t.tables.vehicles["car-1"].place, state_now(t)) == (OUT, "held")


def test_not_where_another_stands_by_the_books() -> None:
    t = turn(place=CARRIAGE, state="held")
    t.put("vehicles", "car-2", vehicle("car-2", HOME_BAY, 4712))
    assert finish(t, HOME_BAY).reasons == ("place_taken",)
