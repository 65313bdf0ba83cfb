"""Work by hand as the rest of the core sees it: steps with a name, held jobs, overrides, the lease, silence."""

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
    answers,
    commands_of,
    config,
    fork_out,
    job,
    machine,
    order_in,
    packml_writes,
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
    with_safety,
    with_system,
    writes,
)
from tests.support.values import AT
from towerd.bays.model import BayBits
from towerd.cabin.model import CabinSensors, DoorState
from towerd.fsm.by_hand import MANUAL_HANDLERS
from towerd.fsm.commanding import cancel_running
from towerd.fsm.commands import WriteJog, WriteMailbox, WritePackml
from towerd.fsm.delivering import run_cabins, run_job
from towerd.fsm.ending import step_ended
from towerd.fsm.events import PackmlRequested, PlcObserved, Stamped, TimerExpired
from towerd.fsm.inventory import FORK, forget_unknown, settle_fork
from towerd.fsm.jogging import JOG
from towerd.fsm.manual_events import ManualCancelled, ManualEvent
from towerd.fsm.orders import every_minute
from towerd.fsm.packml import packml_requested, start_machine
from towerd.fsm.planning import request_plan
from towerd.fsm.reducer import step
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import BayRecord, Jog, Lease, PlaceBefore, Step
from towerd.fsm.turn import Turn
from towerd.jobs.settle import settle
from towerd.places import CARRIAGE, UNKNOWN
from towerd.plc.codes import Code
from towerd.plc.snapshot import KeySwitch, PackmlState, Safety, Snapshot, Unit

API = ReplyTo("api", "1")
FULL = with_bay(machine(), 2, 3, OCCUPIED_LOCKED)
MANUAL = with_safety(with_system(FULL, key_switch=KeySwitch.MANUAL), on=Safety.ENABLING_SWITCH)
AWAY = [with_system(FULL, key_switch=key) for key in (KeySwitch.MANUAL, KeySwitch.MAINTENANCE, KeySwitch.OFF)]


def by_hand(state: Any = "done", code: int = Code.FORK_GET, **values: Any) -> Step:
    return replace(step_row(state=state, code=code), by="ada", job=None, **values)


def test_every_event_by_hand_is_taken_in() -> None:
    assert set(MANUAL_HANDLERS) == set(ManualEvent.__args__)


@pytest.mark.parametrize("error", [1, 2, 4])
def test_what_fails_by_hand_is_told_and_not_latched_nor_tried_again(error: int) -> None:
    t = turn_of(state_of(MANUAL, hand_replies={Unit.CARRIAGE: API}))
    step_ended(t, by_hand("failed", Code.LIFT_TO, result=4, error=error))
    assert answers(t)[0].reasons == ("not_done",)
    assert not t.tables.faults
    assert t.volatile.retry_after_mono_s == {}
    assert t.volatile.refusals == {}


def test_a_refused_fork_command_asks_no_sensors() -> None:
    t = turn_of(state_of(MANUAL, hand_replies={Unit.CARRIAGE: API}))
    step_ended(t, by_hand("rejected", reject_code=6))
    assert answers(t)[0].reasons == ("plc_refused",)
    assert FORK not in t.tables.steps


def test_the_sensors_tell_what_the_fork_did_by_hand() -> None:
    seen = with_load(machine())
    t = turn_of(state_of(seen, tables_of(vehicles=[vehicle()]), hand_replies={Unit.CARRIAGE: API}))
    step_ended(t, by_hand(result=3))
    assert t.tables.vehicles["car-1"].place == CARRIAGE
    assert answers(t)[0].ok


def test_a_job_that_still_ran_is_expected_to_move_its_car() -> None:
    before = {str(place): PlaceBefore(place, None, "empty") for place in (HOME_BAY, CARRIAGE)}
    t = turn_of(state_of(with_load(machine()), tables_of(vehicles=[vehicle()], before=before)))
    step_ended(t, step_row(state="done", code=Code.FORK_GET, result=3))
    assert t.tables.before["carriage"] == PlaceBefore(CARRIAGE, "car-1", "occupied")


A, B, LOCKED = BayBits.OCCUPIED_A, BayBits.OCCUPIED_B, BayBits.LOCKED


@pytest.mark.parametrize(
    ("word", "override", "load", "outcome"),
    [
        (A | LOCKED, 1, "loaded", "after"),
        (A | LOCKED, 2, "empty", "before"),
        (B | LOCKED, 2, "loaded", "after"),
        (B | LOCKED, 1, "empty", "before"),
        (B | LOCKED, 0, "loaded", "unknown"),
        (LOCKED, 4, "rear", "after"),
        (LOCKED, 8, "front", "after"),
        (LOCKED, 8, "rear", "unknown"),
    ],
)
def test_sensors_left_out_are_left_out_when_the_move_is_settled(
    word: int, override: int, load: str, outcome: str
) -> None:
    seen = with_bay(machine(), 2, 3, int(word))
    if load != "empty":
        seen = with_load(seen, present_front=load in ("loaded", "front"), present_rear=load in ("loaded", "rear"))
    assert settle(Code.FORK_GET, (2, 3, 0, override), seen) == outcome


def test_a_cabins_sensors_are_left_out_too() -> None:
    seen = with_cabin(machine(), on=CabinSensors.VEHICLE_REAR)
    assert settle(Code.FORK_PUT, (0, 1, 0, 1), seen) == "after"
    assert settle(Code.FORK_PUT, (0, 1, 0, 2), with_load(seen)) == "before"


def test_what_was_left_out_goes_on_showing_and_is_no_disagreement() -> None:
    seen = with_load(with_bay(machine(), 2, 3, int(B | LOCKED)))
    row = replace(by_hand("settling", args=(2, 3, 0, 2)), unit=FORK)  # type: ignore[arg-type]
    t = turn_of(state_of(seen, tables_of(vehicles=[vehicle()], steps=[row])))
    settle_fork(t)
    assert t.tables.vehicles["car-1"].place == CARRIAGE
    assert t.tables.bays == {"bay:2-3": BayRecord(HOME_BAY, reason="seen by a technician", accepted="disagree")}


def test_that_a_bay_is_disabled_outlives_its_doubt() -> None:
    t = turn_of(state_of(FULL, tables_of(bays={"bay:2-3": BayRecord(HOME_BAY, True, "why", disabled=True)})))
    forget_unknown(t, HOME_BAY)
    assert t.tables.bays["bay:2-3"] == BayRecord(HOME_BAY, reason="why", disabled=True)


def test_only_a_running_command_is_cancelled() -> None:
    t = turn_of(state_of(FULL))
    with pytest.raises(ValueError, match="seen to run"):
        cancel_running(t, step_row(state="written"))


def test_a_held_job_gives_no_command_and_lets_no_other_begin() -> None:
    waiting = order_in("identified", "ord-2", vehicle="car-2")
    tables = tables_of(vehicles=[vehicle()], jobs=[job(state="held")], orders=[order_in("delivering"), waiting])
    t = turn_of(state_of(FULL, tables))
    run_job(t)
    request_plan(t)
    assert t.commands == []
    assert t.volatile.doing == "job 1 is held"


def test_a_held_job_leaves_a_fork_that_is_out_alone() -> None:
    row = replace(step_row(state="settling", code=Code.FORK_GET), unit=FORK)  # type: ignore[arg-type]
    tables = tables_of(vehicles=[vehicle()], jobs=[job(state="held")], steps=[row])
    t = turn_of(state_of(fork_out(FULL), tables))
    run_job(t)
    assert writes(t) == []


@pytest.mark.parametrize(("left", "state", "then"), [(1, "held", None), (2, "running", 1)])
def test_steps_are_counted(left: int, state: str, then: int | None) -> None:
    t = turn_of(state_of(FULL, tables_of(vehicles=[vehicle()], jobs=[job(steps_left=left)])))
    run_job(t)
    assert len(writes(t)) == 1
    assert (t.tables.jobs[1].state, t.tables.jobs[1].steps_left) == (state, then)


def test_a_door_opened_by_hand_hands_nothing_over() -> None:
    seen = with_cabin(with_cabin_vehicle(machine()), outer_door=DoorState.OPEN)
    opened = replace(by_hand(code=Code.OUTER_DOOR, args=(1, 4, 0, 0)), unit=Unit.CABIN1)
    tables = tables_of(vehicles=[vehicle(place=CABIN_1)], orders=[order_in("staged", vehicle="car-1")], steps=[opened])
    t = turn_of(state_of(seen, tables))
    run_cabins(t)
    assert t.tables.orders["ord-1"].state == "staged"
    t.put("steps", Unit.CABIN1, replace(opened, by=None))
    run_cabins(t)
    assert t.tables.orders["ord-1"].state == "ready"


@pytest.mark.parametrize("somebody", [True, False])
def test_a_door_left_open_by_hand_is_closed_before_the_car_comes(somebody: bool) -> None:
    on = CabinSensors.PERSON_DETECTED if somebody else CabinSensors(0)
    seen = with_cabin(with_load(machine()), outer_door=DoorState.OPEN, signal=1, on=on)
    tables = tables_of(vehicles=[vehicle(place=CARRIAGE)], jobs=[job()], orders=[order_in("delivering")])
    t = turn_of(state_of(seen, tables))
    run_cabins(t)
    closing = [w for w in writes(t) if w.code == Code.OUTER_DOOR and w.args[0] == 0]
    assert bool(closing) is not somebody


@pytest.mark.parametrize("seen", AWAY, ids=["manual", "maintenance", "off"])
def test_nothing_automatic_is_asked_while_the_key_is_away(seen: Snapshot) -> None:
    """A car on the way, a fork out, an open door without its customer, a machine to be started: silence."""
    pictures = [
        seen,
        fork_out(seen),
        with_cabin(seen, outer_door=DoorState.OPEN, signal=0),
        with_system(seen, packml_state=PackmlState.STOPPED),
        with_system(seen, packml_state=PackmlState.IDLE),
        with_system(seen, packml_state=PackmlState.HELD, stop_reason=2),
    ]
    owed = replace(step_row(state="settling", code=Code.FORK_GET), unit=FORK)  # type: ignore[arg-type]
    settings = config(auto_start=True, resume_after_link_loss=True)
    for picture in pictures:
        for steps in ([], [owed]):
            tables = tables_of(
                vehicles=[vehicle(), vehicle("car-2", CARRIAGE, 4712)],
                jobs=[job()],
                orders=[order_in("delivering"), order_in("handed_over", "ord-2", vehicle="car-2")],
                steps=steps,
            )
            state = state_of(picture, tables)
            stamped = Stamped(AT, MONO_S, PlcObserved(picture))
            after, commands = step(state, stamped, settings)
            asked = [c for c in commands if isinstance(c, WriteMailbox | WritePackml | WriteJog)]
            assert asked == [], picture.system
            assert not any(row.open for row in after.tables.steps.values())


def test_what_changed_keeps_the_machine_from_starting_by_itself() -> None:
    before = {"bay:2-3": PlaceBefore(HOME_BAY, "car-1", "occupied")}
    seen = with_system(machine(), packml_state=PackmlState.STOPPED)
    t = turn_of(state_of(seen, tables_of(before=before)), settings=config(auto_start=True))
    start_machine(t)
    assert packml_writes(t) == []


def test_who_does_not_hold_the_lease_may_stop_and_nothing_else() -> None:
    t = turn_of(state_of(FULL, lease=Lease("ada", MONO_S + 9)))
    packml_requested(t, PackmlRequested("reset", "bob", API))
    assert answers(t)[0].reasons == ("lease_held",)
    packml_requested(t, PackmlRequested("hold", "bob", API))
    assert len(packml_writes(t)) == 1


def test_the_timer_of_silence_stops_the_axis() -> None:
    state = state_of(MANUAL, jog=Jog(0, 1, "ada", MONO_S))
    after, commands = step(state, Stamped(AT, MONO_S, TimerExpired(JOG)), config())
    assert commands_of(commands, WriteJog) == [WriteJog(0, 0, 1, 0, MANUAL.session)]
    assert after.volatile.jog is None


def test_a_job_whose_command_was_cancelled_is_held() -> None:
    t: Turn = turn_of(
        state_of(FULL, tables_of(vehicles=[vehicle(place=UNKNOWN)], jobs=[job()], steps=[step_row(state="running")]))
    )
    MANUAL_HANDLERS[ManualCancelled](t, ManualCancelled(Unit.CARRIAGE, "ada", API))
    assert answers(t)[0].ok
    assert t.tables.jobs[1].state == "held"
    assert "manual_intervention" in told(t)


@pytest.mark.parametrize(("state", "kept"), [("delivering", True), ("completed", False)])
def test_a_job_that_holds_its_order_back_is_remembered(state: str, kept: bool) -> None:
    long_ago = AT - timedelta(days=9)
    row = job(state="cancelled", stopped_by="ada", ended_at=long_ago)
    t = turn_of(state_of(FULL, tables_of(jobs=[row], orders=[order_in(state)])))
    every_minute(t)
    assert (1 in t.tables.jobs) is kept
