"""`step`: each event taken in, then the same questions asked as after every event (invariant 1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest

from tests.support.core_kit import (
    HOME_BAY,
    MONO_S,
    OCCUPIED_LOCKED,
    commands_of,
    config,
    job,
    machine,
    order_in,
    standing_at,
    state_of,
    step_row,
    tables_of,
    vehicle,
    with_bay,
    with_load,
    with_mailbox,
    with_safety,
    with_session,
    with_system,
)
from tests.support.values import AT
from towerd.faults import LAYOUT_CHANGED, PLACE_UNKNOWN, PLC_NOT_COMPATIBLE, TOWER_DIFFERS
from towerd.fsm import announcing
from towerd.fsm import events as ev
from towerd.fsm.commands import (
    Answer,
    AppendOutbox,
    Command,
    DestroyFaceKey,
    EndProcess,
    RequestPlan,
    StartTimer,
    TrimOutbox,
    WriteMailbox,
    WritePackml,
)
from towerd.fsm.jogging import JOG
from towerd.fsm.kept_rows import FaceRow
from towerd.fsm.reducer import _HANDLERS, GRACE, LAST, MINUTE, step
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import Fault, Jog, Meta, PackmlRequest, Size, State
from towerd.places import UNKNOWN
from towerd.planner.decide import decide
from towerd.plc.codes import Code
from towerd.plc.snapshot import Alarms, KeySwitch, PackmlCommand, PackmlState, Safety, Snapshot, Unit

STOCKED = with_bay(machine(), 2, 3, OCCUPIED_LOCKED)
API = ReplyTo("api", "request 1")


def take(state: State, event: ev.Event, mono_s: float = MONO_S) -> tuple[State, Sequence[Command]]:
    stamped = ev.Stamped(AT + timedelta(seconds=mono_s - MONO_S), mono_s, event)
    return step(state, stamped, config())


def told(commands: Sequence[Command]) -> list[Any]:
    return [row.body.get("type", row.body.get("code")) for row in commands_of(commands, AppendOutbox)]


def seen(picture: Snapshot | None = STOCKED, **values: Any) -> State:
    rows = {"vehicles": [vehicle()], **{key: values.pop(key) for key in list(values) if key in _ROWS}}
    return state_of(picture, tables_of(**rows), **values)


_ROWS = ("vehicles", "orders", "jobs", "steps", "meta", "faults", "faces")


def test_every_event_has_its_handler() -> None:
    assert set(_HANDLERS) == set(get_args(ev.Event))


def test_the_start_counts_and_does_what_time_has_brought_about() -> None:
    state = seen(None, faces={"o_1": FaceRow("o_1", "ab", AT)})
    after, commands = take(state, ev.Started(7, "1.0"))
    assert after.tables.meta.boot == 7
    assert commands_of(commands, DestroyFaceKey) == [DestroyFaceKey("o_1")], "due while the tower was off"
    assert commands_of(commands, StartTimer) == [StartTimer(MINUTE, 60.0)]
    assert told(commands) == ["started"]


def test_each_minute_asks_for_the_next() -> None:
    state = seen(None, faces={"o_1": FaceRow("o_1", "ab", AT)})
    after, commands = take(state, ev.TimerExpired(MINUTE))
    assert not after.tables.faces
    assert commands_of(commands, StartTimer) == [StartTimer(MINUTE, 60.0)]


@pytest.mark.parametrize("name", [GRACE, LAST, "unknown"])
def test_timers_of_a_stop_that_was_not_asked_for_do_nothing(name: str) -> None:
    _after, commands = take(seen(), ev.TimerExpired(name))
    assert not commands


# the machine


def test_the_first_picture_of_a_layout_is_the_known_one() -> None:
    after, _commands = take(seen(None), ev.PlcObserved(STOCKED))
    assert after.tables.meta.layout_crc == STOCKED.identity.layout_crc
    assert after.tables.meta.simulated
    assert after.tables.meta.size == Size(3, 4, 2)
    assert after.volatile.reconciled_session == STOCKED.session
    assert after.volatile.places_checked


def test_another_layout_stops_until_it_is_confirmed() -> None:
    state = seen(None, meta=Meta(layout_crc=1), jobs=[job()])
    after, commands = take(state, ev.PlcObserved(STOCKED))
    assert LAYOUT_CHANGED in after.tables.faults
    assert after.tables.meta.layout_crc == 1
    assert not commands_of(commands, WriteMailbox)
    again, commands = take(after, ev.PlcObserved(with_session(STOCKED, 4)))
    assert again.tables.faults == after.tables.faults
    confirmed, _commands = take(again, ev.LayoutConfirmed("jo", API))
    assert not confirmed.tables.faults


def test_a_plc_that_fits_again_clears_its_fault() -> None:
    refused, _commands = take(seen(), ev.PlcRefused("if_major", "2", "1"))
    assert refused.volatile.snapshot is None
    assert refused.volatile.plc_reason == "if_major is 2, not 1"
    assert PLC_NOT_COMPATIBLE in refused.tables.faults
    again, _commands = take(refused, ev.PlcRefused("if_major", "3", "1"))
    assert again.tables.faults[PLC_NOT_COMPATIBLE].cause == "if_major: 2 seen, 1 wanted", "the first cause is kept"
    back, _commands = take(again, ev.PlcObserved(STOCKED))
    assert not back.tables.faults


@pytest.mark.parametrize(
    ("picture", "disagrees"),
    [
        (with_bay(STOCKED, 3, 3, OCCUPIED_LOCKED), True),
        (with_load(STOCKED), True),
        (replace(STOCKED), False),
        (with_session(STOCKED, 4), False),
    ],
)
def test_places_are_compared_when_they_have_changed(picture: Snapshot, disagrees: bool) -> None:
    before, _commands = take(seen(None), ev.PlcObserved(STOCKED))
    after, _commands = take(before, ev.PlcObserved(picture))
    assert bool(after.tables.bays) is disagrees
    assert after.volatile.places_checked


def test_places_are_not_judged_while_the_carriage_works() -> None:
    running = step_row(state="running")
    state = seen(steps=[running])
    busy = with_mailbox(with_bay(STOCKED, 3, 3, OCCUPIED_LOCKED), Unit.CARRIAGE, active_seq=5, taken_seq=5)
    after, _commands = take(state, ev.PlcObserved(busy))
    assert not after.tables.bays
    assert not after.volatile.places_checked


def test_alarms_are_mirrored_when_they_change() -> None:
    ringing = replace(STOCKED, alarms=Alarms(frozenset({22}), frozenset({22}), 22, 0))
    after, commands = take(seen(), ev.PlcObserved(ringing))
    assert set(after.tables.alarms) == {"PLC-022"}
    assert "PLC-022" in told(commands)
    _after, commands = take(after, ev.PlcObserved(replace(ringing, session=ringing.session)))
    assert "PLC-022" not in told(commands)


@pytest.mark.parametrize(
    ("state", "is_told"),
    [(PackmlState.HELD, True), (PackmlState.ABORTED, True), (PackmlState.HOLDING, False)],
)
def test_a_change_of_the_machines_state_is_told(state: PackmlState, is_told: bool) -> None:
    _after, commands = take(seen(), ev.PlcObserved(with_system(STOCKED, packml_state=state)))
    assert ("mode_changed" in told(commands)) is is_told


@pytest.mark.parametrize(
    "order_state", ["accepted", "arrived", "identified", "delivering", "staged", "ready", "handed_over", "completed"]
)
def test_a_lost_plc_makes_the_machine_unknown_and_loses_no_order(order_state: str) -> None:
    order = order_in(order_state, identified_at=AT)
    request = PackmlRequest(1, 5, 3, MONO_S, reply=API)
    state = seen(orders=[order], jobs=[job(waiting_since_at=AT)], packml=request, plan_pending_mono_s=MONO_S)
    after, commands = take(state, ev.PlcLost("no reply"))
    volatile = after.volatile
    assert (volatile.snapshot, volatile.plc_reason, volatile.reconciled_session) == (None, "no reply", None)
    assert (volatile.packml, volatile.plan_pending_mono_s) == (None, None)
    assert after.tables == state.tables
    assert [answer.reasons for answer in commands_of(commands, Answer)] == [("plc_lost",)]
    assert not commands_of(commands, WriteMailbox)
    assert not commands_of(take(after, ev.PlcLost("no reply"))[1], Answer)


def test_an_unanswered_write_is_doubted_and_nothing_is_reconciled_until_it_is_looked_up() -> None:
    state = seen(steps=[step_row()], reconciled_session=None)
    after, _commands = take(state, ev.PlcWriteUnanswered(Unit.CARRIAGE, 5, "lost"))
    assert after.tables.steps[Unit.CARRIAGE].state == "unsure"
    assert after.volatile.reconciled_session is None


# the rest of the world


def test_small_news_are_remembered() -> None:
    state = seen(None)
    assert take(state, ev.BusChanged(True))[0].volatile.bus_connected
    assert take(state, ev.OutboxAcknowledged(9))[1] == [TrimOutbox(9)]
    reloaded = take(state, ev.SettingsReloaded(("k1",), "k_own", ("plc.host",)))[1]
    assert told(reloaded) == ["keys_reloaded", "settings_reloaded"]


def test_a_plan_becomes_a_job_and_its_first_command_in_the_turns_that_follow() -> None:
    state = seen(orders=[order_in("identified", cabin=None)])
    after, commands = take(state, ev.BusChanged(True))
    (asked,) = commands_of(commands, RequestPlan)
    after, commands = take(after, ev.PlanDecided(decide(asked.snapshot, 1, 0)))
    assert after.tables.orders["ord-1"].state == "delivering"
    (write,) = commands_of(commands, WriteMailbox)
    assert (write.unit, write.args[:2]) == (Unit.CARRIAGE, HOME_BAY.station)


def test_others_get_the_cabin_of_a_car_that_is_lost_in_the_very_turn() -> None:
    one_cabin = with_bay(machine(cabins=1), 2, 3, OCCUPIED_LOCKED)
    waits = order_in("identified", "ord-2", cabin=None, vehicle="car-2")
    cars = [vehicle(place=UNKNOWN, condition="unknown", lost_at=AT), vehicle("car-2", HOME_BAY, 4712)]
    state = seen(one_cabin, orders=[order_in("delivering"), waits], vehicles=cars)
    after, commands = take(state, ev.BusChanged(True))
    (asked,) = commands_of(commands, RequestPlan)
    assert [wish.order for wish in asked.snapshot.wishes] == ["ord-2"]
    assert after.tables.orders["ord-1"].cabin is None


def test_the_order_of_a_lost_car_ends_although_its_fault_stands() -> None:
    lost = vehicle(place=UNKNOWN, condition="unknown", lost_at=AT)
    fault = Fault(PLACE_UNKNOWN, AT, "sensors agree with neither")
    state = seen(orders=[order_in("delivering")], vehicles=[lost], faults={PLACE_UNKNOWN: fault})
    after, commands = take(state, ev.TimerExpired(MINUTE), MONO_S + 1800)
    assert after.tables.orders["ord-1"].reason == "vehicle_unavailable"
    assert told(commands) == ["order_failed"]


def test_the_same_event_on_the_same_state_gives_the_same_and_leaves_the_state_alone() -> None:
    state = seen(orders=[order_in("identified", cabin=None)])
    kept = (dict(state.tables.orders), state.volatile)
    assert take(state, ev.PlcObserved(STOCKED)) == take(state, ev.PlcObserved(STOCKED))
    assert (state.tables.orders, state.volatile) == kept


# SIGTERM


def stopped(state: State, mono_s: float = MONO_S) -> tuple[State, Sequence[Command]]:
    return take(state, ev.StopRequested(5.0), mono_s)


def moving() -> State:
    busy = with_mailbox(STOCKED, Unit.CARRIAGE, active_seq=5, taken_seq=5)
    return seen(busy, steps=[step_row(state="running")], jobs=[job()], orders=[order_in("delivering")])


@pytest.mark.parametrize("picture", [None, STOCKED])
def test_a_stop_with_nothing_under_way_ends_at_once(picture: Snapshot | None) -> None:
    after, commands = stopped(seen(picture, jobs=[job()]))
    assert commands_of(commands, EndProcess) == [EndProcess(0, "stopped")]
    assert not commands_of(commands, WriteMailbox)
    assert after.volatile.stopping


def test_a_stop_lets_what_runs_end() -> None:
    state, commands = stopped(moving())
    assert commands_of(commands, StartTimer) == [StartTimer(GRACE, 3.0)], "the hold itself is within the grace"
    assert not commands_of(commands, EndProcess)
    assert not commands_of(stopped(state)[1], StartTimer), "asked twice, the grace runs once"
    ended = with_mailbox(STOCKED, Unit.CARRIAGE, last_seq=5, last_result=3, taken_seq=5)
    after, commands = take(state, ev.PlcObserved(ended))
    assert commands_of(commands, EndProcess) == [EndProcess(0, "stopped")]
    assert not commands_of(commands, WriteMailbox), "no new motion"
    assert after.tables.jobs[1].state == "running", "the next start goes on from here"


def test_past_the_grace_what_runs_is_held_and_the_process_ends() -> None:
    state, _commands = stopped(moving())
    state, commands = take(state, ev.TimerExpired(GRACE))
    assert [write.command for write in commands_of(commands, WritePackml)] == [PackmlCommand.HOLD]
    assert commands_of(commands, StartTimer) == [StartTimer(LAST, 2.0)]
    assert not commands_of(commands, EndProcess)
    assert state.volatile.snapshot is not None
    held = with_system(state.volatile.snapshot, packml_state=PackmlState.HELD)
    assert commands_of(take(state, ev.PlcObserved(held))[1], EndProcess) == [EndProcess(0, "stopped")]
    last = commands_of(take(state, ev.TimerExpired(LAST))[1], EndProcess)
    assert last == [EndProcess(0, "stopped with the machine held")]


def test_a_faults_row_does_not_keep_the_process() -> None:
    fault = Fault(PLC_NOT_COMPATIBLE, AT, "x")
    assert commands_of(stopped(seen(None, faults={fault.number: fault}))[1], EndProcess)


def test_what_was_said_last_does_not_stay_once_there_is_nothing_to_do() -> None:
    idle, _ = take(seen(doing="LIFT_TO 2-3"), ev.BusChanged(True))
    assert idle.volatile.doing == "nothing to do"
    busy, _ = take(seen(doing="LIFT_TO 2-3", steps=[step_row(state="running")]), ev.BusChanged(True))
    assert busy.volatile.doing == "LIFT_TO 2-3"


def test_what_comes_next_leaves_in_the_turn_that_sees_the_end_of_what_was_before() -> None:
    lifting = step_row(state="running", code=Code.LIFT_TO, args=(2, 3, 0, 0), fence_session=3)
    there = with_mailbox(standing_at(STOCKED, HOME_BAY), Unit.CARRIAGE, last_seq=5, last_result=3, taken_seq=5)
    state = seen(jobs=[job()], steps=[lifting], vehicles=[vehicle(condition="moving")])
    after, commands = take(state, ev.PlcObserved(there))
    assert after.tables.steps[Unit.CARRIAGE].state == "done"
    (write,) = commands_of(commands, WriteMailbox)
    assert (write.unit, write.code) == (Unit.BAYS, Code.BAY_UNLOCK)


def test_of_another_tower_nothing_is_believed_until_the_right_one_is_back() -> None:
    other = replace(STOCKED, identity=replace(STOCKED.identity, positions=9))
    state, commands = take(seen(None, jobs=[job()]), ev.PlcObserved(other))
    assert (state.volatile.snapshot, state.volatile.reconciled_session) == (None, None)
    assert TOWER_DIFFERS in state.tables.faults
    assert not commands_of(commands, WriteMailbox)
    again, _commands = take(state, ev.PlcObserved(other))
    assert again.tables.faults == state.tables.faults, "told once"
    back, _commands = take(again, ev.PlcObserved(STOCKED))
    assert (back.tables.faults, back.volatile.snapshot) == ({}, STOCKED)


def test_timers_of_jog_and_alarms_are_taken_by_their_owners() -> None:
    by_hand = with_safety(with_system(STOCKED, key_switch=KeySwitch.MANUAL), on=Safety.ENABLING_SWITCH)
    jogs = seen(by_hand, jog=Jog(1, 1, "lin", MONO_S + 60.0))
    assert take(jogs, ev.BusChanged(True))[0].volatile.jog is not None
    assert take(jogs, ev.TimerExpired(JOG))[0].volatile.jog is None
    ringing = seen(alarm_timer_at=AT)
    assert take(ringing, ev.TimerExpired(announcing.TIMER))[0].volatile.alarm_timer_at is None
