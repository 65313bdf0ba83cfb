"""Doors, locks and bays that change: whose hand it was, and what follows where it was nobody's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    HOME_BAY,
    MONO_S,
    asked,
    machine,
    state_of,
    step_row,
    tables_of,
    told,
    turn_of,
    vehicle,
    with_bay,
    with_cabin,
    with_safety,
    with_system,
)
from tests.support.values import AT
from towerd.bays.model import BayBits
from towerd.cabin.model import CabinSensors, DoorState
from towerd.faults import BAY_CHANGED, DOOR_CHANGED, LAYOUT_CHANGED, LOCK_CHANGED
from towerd.fsm.alarm_rows import Seen
from towerd.fsm.commands import AppendOutbox
from towerd.fsm.inventory import FORK
from towerd.fsm.state import Fault, State, Step
from towerd.fsm.turn import Turn
from towerd.fsm.uncommanded import GRACE_S, mark_own, watch_changes
from towerd.places import UNKNOWN, bay
from towerd.plc.codes import Code
from towerd.plc.snapshot import Alarms, KeySwitch, Safety, Snapshot, Unit

HERE = f"{HOME_BAY.floor}-{HOME_BAY.position}"
LOCKED = int(BayBits.LOCKED)
FULL = int(BayBits.OCCUPIED_A | BayBits.OCCUPIED_B | BayBits.LOCKED)


def rested() -> Snapshot:
    """Mains on, everything closed, one vehicle in its bay."""
    return with_safety(with_word(machine(), FULL), on=Safety.MAINS_OK)


def known(picture: Snapshot, *steps: Step, **tables: Any) -> State:
    """A core that has seen this picture."""
    t = turn_of(state_of(picture, tables_of(vehicles=[vehicle()], steps=steps, **tables)))
    mark_own(t)
    watch_changes(t, None)
    assert told(t) == [], "the first look adopts what it sees"
    return t.state


def look(state: State, picture: Snapshot, *, gap: bool = False, after_s: float = 0.1) -> Turn:
    """The next look: `gap` where nobody could look in between."""
    before = None if gap else state.volatile.snapshot
    t = turn_of(State(state.tables, replace(state.volatile, snapshot=picture)), MONO_S + after_s)
    mark_own(t)
    watch_changes(t, before)
    return t


def with_word(picture: Snapshot, word: int) -> Snapshot:
    return with_bay(picture, *HOME_BAY.station, word)


CHANGES = {
    "bay": (lambda p: with_word(p, LOCKED), f"bay:{HERE}", BAY_CHANGED),
    "lock": (lambda p: with_word(p, FULL & ~LOCKED), f"lock:{HERE}", LOCK_CHANGED),
    "outer": (lambda p: with_cabin(p, 1, outer_door=DoorState.OPENING), "outer:1", DOOR_CHANGED),
    "inner": (lambda p: with_cabin(p, 1, inner_door=DoorState.BLOCKED), "inner:1", DOOR_CHANGED),
}
each_change = pytest.mark.parametrize("kind", list(CHANGES))


@each_change
@pytest.mark.parametrize("gap", [False, True], ids=["seen", "while nobody looked"])
def test_what_nobody_asked_for_is_a_security_alarm(kind: str, gap: bool) -> None:
    change, key, fault = CHANGES[kind]
    t = look(known(rested()), change(rested()), gap=gap)
    cause = t.tables.faults[fault].cause
    assert cause.endswith("while nobody could look") is gap
    assert t.tables.seen[key].value == ("empty" if kind == "bay" else "unlocked" if kind == "lock" else "open")
    unknown = kind in ("bay", "lock")
    assert (str(HOME_BAY) in t.tables.bays) is unknown
    assert (t.tables.vehicles["car-1"].place == UNKNOWN) is unknown
    again = look(t.state, change(rested()))
    assert told(again) == [], "told once"


@each_change
def test_back_again_is_a_change_too(kind: str) -> None:
    change, _key, fault = CHANGES[kind]
    t = look(known(change(rested())), rested())
    assert fault in t.tables.faults


OURS = {
    "bay": step_row(Unit.CARRIAGE, "running", Code.FORK_GET, (*HOME_BAY.station, 0, 0)),
    "lock": step_row(Unit.BAYS, "running", Code.BAY_UNLOCK, (*HOME_BAY.station, 0, 0)),
    "outer": step_row(Unit.CABIN1, "running", Code.OUTER_DOOR, (1, 0, 0, 0)),
    "inner": step_row(Unit.CABIN1, "running", Code.INNER_DOOR, (1, 0, 0, 0)),
}


@each_change
def test_a_command_of_ours_explains_it(kind: str) -> None:
    t = look(known(rested(), OURS[kind]), CHANGES[kind][0](rested()))
    assert told(t) == []
    assert not t.tables.bays


@each_change
def test_also_where_the_link_was_lost_meanwhile_and_the_process_died(kind: str) -> None:
    state = known(rested())
    tables = replace(state.tables, steps={OURS[kind].unit: OURS[kind]})
    t = look(state_of(None, tables), CHANGES[kind][0](rested()), gap=True)
    assert told(t) == []


@each_change
def test_a_command_elsewhere_explains_nothing(kind: str) -> None:
    other = replace(OURS[kind], args=(1, 1, 0, 0), unit=Unit.CARRIAGE if kind == "bay" else OURS[kind].unit)
    if kind in ("outer", "inner"):
        other = replace(other, code=Code.INNER_DOOR if kind == "outer" else Code.OUTER_DOOR)
    t = look(known(rested(), other), CHANGES[kind][0](rested()))
    assert CHANGES[kind][2] in t.tables.faults


@pytest.mark.parametrize("code", [Code.SIGNAL, Code.HOME, Code.LIFT_TO])
def test_other_commands_touch_nothing_that_is_watched(code: Code) -> None:
    t = look(known(rested(), step_row(Unit.CARRIAGE, "running", code)), CHANGES["outer"][0](rested()))
    assert DOOR_CHANGED in t.tables.faults


@pytest.mark.parametrize(("after_s", "explained"), [(GRACE_S, True), (GRACE_S + 5.0, False)])
def test_a_command_that_has_ended_explains_what_comes_into_view_shortly_after(after_s: float, explained: bool) -> None:
    ended = replace(OURS["outer"], state="done", ended_at=AT)
    t = look(known(rested(), ended), CHANGES["outer"][0](rested()), after_s=after_s)
    assert (DOOR_CHANGED not in t.tables.faults) is explained


def test_and_even_where_the_mailbox_shows_the_next_one_already() -> None:
    state = known(rested(), OURS["outer"])
    sign = step_row(Unit.CABIN1, "running", Code.SIGNAL, (1, 0, 0, 0))
    state = State(replace(state.tables, steps={Unit.CABIN1: sign}), state.volatile)
    t = look(state, CHANGES["outer"][0](rested()))
    assert told(t) == []
    late = look(state, CHANGES["outer"][0](rested()), after_s=10.0)
    assert DOOR_CHANGED in late.tables.faults


def test_the_marks_of_what_is_long_over_are_forgotten() -> None:
    state = known(rested(), OURS["outer"])
    state = State(replace(state.tables, steps={Unit.BAYS: OURS["lock"]}), state.volatile)
    t = look(state, rested(), after_s=60.0)
    assert set(t.volatile.touched_mono_s) == {f"lock:{HERE}"}


def test_a_fork_command_is_watched_until_the_sensors_have_said_what_came_of_it() -> None:
    owed = {FORK: replace(OURS["bay"], state="settling", ended_at=AT - timedelta(hours=1))}
    state = known(rested())
    t = look(State(replace(state.tables, steps=owed), state.volatile), CHANGES["bay"][0](rested()))
    assert told(t) == []


def test_one_of_two_sensors_says_nothing_yet() -> None:
    half = with_word(rested(), int(BayBits.OCCUPIED_A) | LOCKED)
    t = look(known(rested()), half)
    assert told(t) == []
    t = look(t.state, with_word(rested(), LOCKED))
    assert BAY_CHANGED in t.tables.faults, "empty now, and occupied when both last agreed"


@each_change
@pytest.mark.parametrize("key", [KeySwitch.MANUAL, KeySwitch.MAINTENANCE])
def test_a_technician_with_the_key_is_told_as_such(kind: str, key: KeySwitch) -> None:
    change, name, _fault = CHANGES[kind]
    t = look(known(rested()), with_system(change(rested()), key_switch=key))
    assert not t.tables.faults
    body = asked(t, AppendOutbox)[-1].body
    assert (body["type"], body["data"]["changed"], body["data"]["how"]) == ("manual_intervention", name, "technician")
    assert (str(HOME_BAY) in t.tables.bays) is (kind == "bay"), "what is in the bay has to be looked at"


def test_the_key_that_has_just_been_turned_back_counts() -> None:
    state = known(with_system(rested(), key_switch=KeySwitch.MANUAL))
    assert not look(state, CHANGES["lock"][0](rested())).tables.faults
    assert look(state, CHANGES["lock"][0](rested()), gap=True).tables.faults


def test_the_key_at_off_allows_nobody() -> None:
    t = look(known(rested()), with_system(CHANGES["lock"][0](rested()), key_switch=KeySwitch.OFF))
    assert LOCK_CHANGED in t.tables.faults


PRESSED = {
    "pressed": lambda p: with_cabin(p, 1, on=CabinSensors.EXIT_BUTTON),
    "alarm": lambda p: replace(p, alarms=Alarms(frozenset({32}), frozenset(), 32, 1)),
    "held for it": lambda p: replace(
        with_system(p, stop_reason=9), alarms=Alarms(frozenset(), frozenset({32}), None, 0)
    ),
}


@pytest.mark.parametrize("pressed", list(PRESSED))
@pytest.mark.parametrize("kind", ["outer", "inner"])
def test_the_exit_button_lets_people_out_and_is_told(pressed: str, kind: str) -> None:
    t = look(known(rested()), PRESSED[pressed](CHANGES[kind][0](rested())))
    assert not t.tables.faults
    assert asked(t, AppendOutbox)[-1].body["data"]["how"] == "exit button"


def test_the_exit_button_moves_no_lock() -> None:
    t = look(known(rested()), PRESSED["alarm"](CHANGES["lock"][0](rested())))
    assert LOCK_CHANGED in t.tables.faults


def test_an_old_exit_alarm_that_nobody_acknowledged_opens_no_door() -> None:
    old = replace(CHANGES["outer"][0](rested()), alarms=Alarms(frozenset(), frozenset({32}), None, 0))
    assert DOOR_CHANGED in look(known(rested()), old).tables.faults


def dark(picture: Snapshot) -> Snapshot:
    return with_safety(picture, off=Safety.MAINS_OK)


@pytest.mark.parametrize(
    "powerless",
    [dark, lambda p: with_system(p, boot_id=p.system.boot_id + 1)],
    ids=["now", "the PLC has restarted"],
)
def test_without_power_the_outer_door_opens_by_hand(powerless: Any) -> None:
    t = look(known(rested()), powerless(CHANGES["outer"][0](rested())), gap=True)
    assert not t.tables.faults
    assert asked(t, AppendOutbox)[-1].body["data"]["how"] == "by hand, without power"
    t = look(known(rested()), powerless(CHANGES["inner"][0](rested())), gap=True)
    assert DOOR_CHANGED in t.tables.faults, "the inner one does not"


def test_a_restart_explains_the_first_look_only() -> None:
    restarted = with_system(rested(), boot_id=99)
    t = look(known(rested()), restarted, gap=True)
    assert t.tables.seen["boot"] == Seen("boot", "99")
    t = look(t.state, CHANGES["outer"][0](restarted))
    assert DOOR_CHANGED in t.tables.faults


def test_another_station_table_is_adopted_until_a_technician_has_confirmed_it() -> None:
    state = known(rested(), faults={LAYOUT_CHANGED: Fault(LAYOUT_CHANGED, AT, "x")})
    t = look(state, CHANGES["bay"][0](rested()), gap=True)
    assert told(t) == []
    assert t.tables.seen[f"bay:{HERE}"].value == "empty"


def test_without_a_picture_nothing_is_compared() -> None:
    t = turn_of(state_of())
    mark_own(t)
    watch_changes(t, None)
    assert t.commands == []


def test_more_bays_than_before_are_looked_at_whole() -> None:
    smaller = replace(rested(), bay_words=rested().bay_words[:1])
    state = known(smaller)
    t = look(state, rested())
    assert len([key for key in t.tables.seen if key.startswith("lock:")]) == len(rested().bay_words)


def test_two_bays_at_once_are_both_unknown_and_both_told() -> None:
    other = bay(1, 1)
    picture = with_bay(CHANGES["bay"][0](rested()), *other.station, FULL)
    t = look(known(rested()), picture)
    assert {str(HOME_BAY), str(other)} <= set(t.tables.bays)
    assert told(t).count("TWR-3101 raised") == 2
