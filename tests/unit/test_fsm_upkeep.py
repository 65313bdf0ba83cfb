"""Cycles, times and tries from what the machine shows; what wears or is due is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    answers,
    config,
    machine,
    state_of,
    step_row,
    tables_of,
    told,
    turn_of,
    with_axis,
    with_system,
)
from tests.support.values import AT
from towerd.faults import DEVICE_SLOWER, DEVICE_TRIES, SERVICE_DUE
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import Step, Tables
from towerd.fsm.turn import Turn
from towerd.fsm.upkeep import device_of, follow_devices, note_command, service_done, tell_wear
from towerd.fsm.upkeep_events import ServiceDone
from towerd.fsm.upkeep_show import device_views
from towerd.fsm.watched import AxisRun, AxisSample
from towerd.lift.kinematics import Kinematics
from towerd.lift.model import PlcOpenState
from towerd.plc.codes import Code
from towerd.plc.snapshot import KeySwitch, PackmlState, Snapshot, Unit
from towerd.upkeep.model import ServiceRule, UpkeepRules, Wear

STILL = machine()
API = ReplyTo("api", "1")
RULES = UpkeepRules(intervals={"lift": ServiceRule(cycles=100)})


def moving(picture: Snapshot, axis: str, state: PlcOpenState = PlcOpenState.DISCRETE_MOTION) -> Snapshot:
    return with_axis(picture, axis, plcopen_state=state)


def turn(tables: Tables | None = None, seen: Snapshot = STILL, mono_s: float = 1000.0, **volatile: Any) -> Turn:
    return turn_of(state_of(seen, tables or Tables(), **volatile), mono_s, config(upkeep=RULES))


def done(unit: Unit, code: int, args: tuple[int, int, int, int] = (2, 3, 0, 0), **values: Any) -> Step:
    return step_row(unit, "done", code, args, **values)


@pytest.mark.parametrize(
    ("unit", "code", "args", "want"),
    [
        (Unit.CARRIAGE, Code.FORK_GET, (2, 3, 0, 0), ("fork", "fork")),
        (Unit.CARRIAGE, Code.FORK_PUT, (2, 3, 0, 0), ("fork", "fork")),
        (Unit.CARRIAGE, Code.LIFT_TO, (2, 3, 0, 0), None),
        (Unit.CARRIAGE, Code.HOME, (9, 0, 0, 0), None),
        (Unit.BAYS, Code.BAY_LOCK, (2, 3, 0, 0), ("lock", "lock 2-3")),
        (Unit.BAYS, Code.BAY_UNLOCK, (1, 4, 0, 0), ("lock", "lock 1-4")),
        (Unit.CABIN1, Code.INNER_DOOR, (1, 0, 0, 0), ("inner_door", "inner_door 1")),
        (Unit.CABIN2, Code.OUTER_DOOR, (0, 0, 0, 0), ("outer_door", "outer_door 2")),
        (Unit.CABIN2, Code.SIGNAL, (1, 0, 0, 0), None),
    ],
)
def test_which_device_a_command_works(unit: Unit, code: int, args: tuple[int, int, int, int], want: object) -> None:
    found = device_of(unit, code, args)
    assert found == want


def test_an_axis_is_followed_from_its_start_to_its_stop() -> None:
    going = with_axis(moving(STILL, "lift"), "lift", actual=10)
    t = turn(seen=going, mono_s=1000.0)
    follow_devices(t, STILL, going)
    assert t.volatile.axis_runs == {"lift": AxisRun(1000.0, 0)}
    there = with_axis(STILL, "lift", actual=6000)
    t = turn(seen=there, mono_s=1007.5, axis_runs=t.volatile.axis_runs)
    follow_devices(t, going, there)
    assert t.volatile.axis_runs == {}
    assert t.volatile.axis_samples == (AxisSample("lift", 7.5, 6000),)


def test_homing_and_jogging_are_no_sample() -> None:
    for state in (PlcOpenState.HOMING, PlcOpenState.CONTINUOUS_MOTION):
        t = turn()
        follow_devices(t, STILL, moving(STILL, "lift", state))
        assert t.volatile.axis_runs == {}
    t = turn()
    follow_devices(t, moving(STILL, "turntable"), STILL)
    assert t.volatile.axis_samples == ()


def test_an_axis_that_goes_on_is_no_news() -> None:
    going, further = (
        with_axis(moving(STILL, "lift"), "lift", actual=10),
        with_axis(moving(STILL, "lift"), "lift", actual=20),
    )
    runs = {"lift": AxisRun(1000.0, 0)}
    t = turn(seen=further, axis_runs=runs)
    follow_devices(t, going, further)
    follow_devices(t, further, further)
    assert t.volatile.axis_runs == runs


@pytest.mark.parametrize(
    "picture",
    [with_system(STILL, key_switch=KeySwitch.MANUAL), with_system(STILL, packml_state=PackmlState.HELD)],
)
def test_what_people_hold_up_is_no_time_of_the_machine(picture: Snapshot) -> None:
    tables = tables_of(steps=[step_row(Unit.BAYS, "running", Code.BAY_LOCK)])
    t = turn(tables, picture, axis_runs={"lift": AxisRun(1.0, 0)}, axis_samples=(AxisSample("lift", 1.0, 1),))
    follow_devices(t, STILL, picture)
    assert (t.volatile.axis_runs, t.volatile.axis_samples) == ({}, ())
    assert t.volatile.held_units == {Unit.BAYS}
    before = t.volatile
    follow_devices(t, picture, picture)
    assert t.volatile is before
    t.set(written_mono_s={Unit.BAYS: 990.0})
    note_command(t, done(Unit.BAYS, Code.BAY_LOCK))
    wear = next(iter(t.tables.wear.values()))
    assert (wear.cycles, wear.samples) == (1, 0)
    assert t.volatile.held_units == frozenset()


def test_a_first_picture_begins_nothing() -> None:
    t = turn(seen=moving(STILL, "lift"))
    follow_devices(t, None, moving(STILL, "lift"))
    assert t.volatile.axis_runs == {}


def test_a_travel_counts_for_both_axes_by_the_plcs_own_count() -> None:
    samples = (AxisSample("lift", 6.0, 6000), AxisSample("turntable", 5.0, -27000), AxisSample("lift", 0.2, 10))
    t = turn(axis_samples=samples)
    note_command(t, done(Unit.CARRIAGE, Code.LIFT_TO))
    lift, table = t.tables.wear["lift"], t.tables.wear["turntable"]
    assert (lift.samples, table.samples) == (1, 1)
    assert lift.reference_ratio == pytest.approx(6.0 / (6000 / 1500 + 1500 / 800))
    # 270 degrees as the register shows them are a quarter turn over zero
    assert table.reference_ratio == pytest.approx(5.0 / (90 / 30 + 30 / 20))
    assert lift.plc_cycles == STILL.lift.cycles
    assert t.volatile.axis_samples == ()
    note_command(t, step_row(Unit.CARRIAGE, "rejected", Code.LIFT_TO))
    assert t.tables.wear["lift"] == lift


def test_a_lock_is_timed_by_its_commands() -> None:
    t = turn(written_mono_s={Unit.BAYS: 998.8})
    note_command(t, done(Unit.BAYS, Code.BAY_UNLOCK))
    wear = next(iter(t.tables.wear.values()))
    assert wear.device == "lock 2-3"
    assert (wear.cycles, wear.commands, wear.samples) == (1, 1, 1)
    assert wear.reference_ratio == pytest.approx(1.2 / Kinematics().bay_lock_s)


def test_the_fork_counts_as_the_plc_does() -> None:
    t = turn(written_mono_s={Unit.CARRIAGE: 990.0})
    note_command(t, done(Unit.CARRIAGE, Code.FORK_GET))
    assert t.tables.wear["fork"].plc_cycles == STILL.fork.cycles
    assert t.tables.wear["fork"].reference_ratio == pytest.approx(10.0 / Kinematics().fork_cycle_s, abs=1e-6)


@pytest.mark.parametrize(
    ("values", "volatile"),
    [
        ({}, {}),
        ({"fence_seq": 7}, {"written_mono_s": {Unit.CABIN1: 999.0}}),
        ({"args": (0, 0, 0, 0), "code": Code.OUTER_DOOR}, {"written_mono_s": {Unit.CABIN1: 999.0}}),
    ],
)
def test_a_command_of_another_life_in_doubt_or_kept_open_by_people_is_not_timed(
    values: dict[str, Any], volatile: dict[str, Any]
) -> None:
    code, args = values.pop("code", Code.INNER_DOOR), values.pop("args", (1, 0, 0, 0))
    t = turn(**volatile)
    note_command(t, done(Unit.CABIN1, code, args, **values))
    wear = next(iter(t.tables.wear.values()))
    assert (wear.cycles, wear.samples) == (1, 0)


def test_second_tries_are_told_and_let_go_again() -> None:
    t = turn()
    refused = step_row(Unit.CABIN1, "rejected", Code.INNER_DOOR, (1, 0, 0, 0))
    blocked = step_row(Unit.CABIN1, "failed", Code.INNER_DOOR, (0, 0, 0, 0), error=7)
    for _ in range(10):
        note_command(t, refused)
        note_command(t, blocked)
    assert t.tables.wear["inner_door 1"].cycles == 10
    assert "inner_door 1 needs another try" in t.tables.faults[DEVICE_TRIES].cause
    assert told(t) == ["TWR-2102 raised"]
    for _ in range(40):
        note_command(t, done(Unit.CABIN1, Code.INNER_DOOR, (1, 0, 0, 0)))
    assert DEVICE_TRIES not in t.tables.faults
    assert told(t) == ["TWR-2102 raised", "TWR-2102 cleared"]


def test_what_people_ask_in_vain_is_no_second_try_of_the_device() -> None:
    t = turn()
    by_hand = step_row(Unit.BAYS, "rejected", Code.BAY_UNLOCK, (2, 5, 0, 0), by="ada")
    held_up = step_row(Unit.CABIN1, "failed", Code.INNER_DOOR, (0, 0, 0, 0), error=7)
    for _ in range(30):
        note_command(t, by_hand)
        t.set(held_units=frozenset({Unit.CABIN1}))
        note_command(t, held_up)
    note_command(t, done(Unit.BAYS, Code.BAY_LOCK, by="ada"))
    assert {name: (wear.cycles, wear.commands, wear.tries_ratio) for name, wear in t.tables.wear.items()} == {
        "inner_door 1": (30, 0, 0.0),
        "lock 2-3": (1, 0, 0.0),
    }
    assert told(t) == []


def test_a_device_that_has_become_slow_is_told_with_how_much() -> None:
    slow = Wear("lift", "lift", AT, samples=30, reference_ratio=1.0, recent_ratio=1.3)
    t = turn(replace(Tables(), wear={"lift": slow}))
    tell_wear(t)
    tell_wear(t)
    assert t.tables.faults[DEVICE_SLOWER].cause == "lift takes 30 % longer than after its service"
    assert told(t) == ["TWR-2101 raised"]


def test_a_service_is_due_until_it_is_done() -> None:
    t = turn(replace(Tables(), wear={"lift": Wear("lift", "lift", AT, cycles=90)}))
    tell_wear(t)
    assert t.tables.faults[SERVICE_DUE].cause == "lift after 90 cycles"
    service_done(t, ServiceDone("lift", "ada", "new rope", API))
    assert t.tables.wear["lift"].serviced_by == "ada"
    assert SERVICE_DUE not in t.tables.faults
    assert told(t) == ["TWR-2103 raised", "serviced", "TWR-2103 cleared"]
    assert answers(t)[0].ok


def test_a_device_that_is_not_there_is_refused_with_those_that_are() -> None:
    t = turn()
    service_done(t, ServiceDone("engine", "ada", "", API))
    assert (answers(t)[0].ok, answers(t)[0].reasons) == (False, ("no_such_device",))
    assert "none has worked yet" in (answers(t)[0].result or {})["text"]
    assert told(t) == []


def test_the_devices_are_shown_with_what_is_due() -> None:
    wear = Wear("lift", "lift", AT, cycles=95, samples=30, reference_ratio=1.0, recent_ratio=1.1)
    tables = replace(Tables(), wear={"lift": wear, "fork": Wear("fork", "fork", AT)})
    fork, lift = device_views(state_of(STILL, tables), config(upkeep=RULES), AT + timedelta(days=1))
    assert (lift.device, lift.due, lift.drift_ratio, lift.cycles_between_services) == ("lift", "soon", 0.1, 100)
    assert (fork.device, fork.due, fork.due_at, fork.recent_ratio) == ("fork", "no", None, None)
