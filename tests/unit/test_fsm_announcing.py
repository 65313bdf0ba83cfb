"""What time does to alarms: shelves end, what nobody acknowledges comes back, floods begin and end."""

from __future__ import annotations

from datetime import timedelta

from tests.support.core_kit import MONO_S, asked, config, state_of, tables_of, told, turn_of
from tests.support.values import AT
from towerd.faults import ALARM_FLOOD, COMMAND_FAILED
from towerd.fsm.alarm_rows import AlarmRow, Silence
from towerd.fsm.alarm_rules import AlarmRules
from towerd.fsm.announcing import TIMER, watch_alarms
from towerd.fsm.annunciator import acknowledge_row, announce
from towerd.fsm.commands import AppendOutbox, StartTimer
from towerd.fsm.latch import raise_fault
from towerd.fsm.state import Meta, State
from towerd.fsm.turn import Turn

RULES = AlarmRules(reannounce_s=600.0, flood_count=4, flood_window_s=300.0)
SETTINGS = config(alarms=RULES)
SHELF = Silence("shelved", AT, AT + timedelta(seconds=60), "bo", "on order")


def later(state: State, after_s: float) -> Turn:
    return turn_of(state, MONO_S + after_s, SETTINGS)


def test_without_alarms_nothing_is_asked() -> None:
    turn = later(state_of(), 0)
    watch_alarms(turn)
    assert turn.commands == []


def test_one_that_nobody_acknowledges_comes_back_again_and_again() -> None:
    turn = later(state_of(), 0)
    raise_fault(turn, COMMAND_FAILED, "drive")
    watch_alarms(turn)
    assert asked(turn, StartTimer) == [StartTimer(TIMER, 600.0)]
    for after_s in (600, 1200, 1800):
        quiet = later(turn.state, after_s - 1)
        watch_alarms(quiet)
        assert told(quiet) == []
        turn = later(quiet.state, after_s)
        watch_alarms(turn)
        assert told(turn) == ["TWR-2001 reannounced"]
        assert asked(turn, AppendOutbox)[0].body["reason"] == "nobody has acknowledged it"
        assert asked(turn, StartTimer) == [StartTimer(TIMER, 600.0)]


def test_the_timer_is_not_set_twice_for_the_same() -> None:
    turn = later(state_of(), 0)
    raise_fault(turn, COMMAND_FAILED, "drive")
    watch_alarms(turn)
    watch_alarms(turn)
    assert len(asked(turn, StartTimer)) == 1


def test_an_acknowledged_one_does_not_come_back() -> None:
    turn = later(state_of(), 0)
    raise_fault(turn, COMMAND_FAILED, "drive")
    acknowledge_row(turn, turn.tables.alarms["TWR-2001"], "jo")
    after = later(turn.state, 6000)
    watch_alarms(after)
    assert told(after) == []


def test_a_row_that_has_never_been_announced_counts_from_its_beginning() -> None:
    rows = {"PLC-022": AlarmRow("PLC-022", "unacked_cleared", AT)}
    turn = later(state_of(None, tables_of(alarms=rows)), 600)
    watch_alarms(turn)
    assert told(turn) == ["PLC-022 reannounced"]


def test_a_shelf_ends_by_itself_and_the_alarm_counts_from_there() -> None:
    rows = {"PLC-022": AlarmRow("PLC-022", "unacked_active", AT - timedelta(hours=5), AT, silence=SHELF)}
    turn = later(state_of(None, tables_of(alarms=rows)), 0)
    watch_alarms(turn)
    assert told(turn) == [], "silent, however old"
    assert asked(turn, StartTimer) == [StartTimer(TIMER, 60.0)]
    turn = later(turn.state, 60)
    watch_alarms(turn)
    assert told(turn) == ["PLC-022 unshelved"]
    row = turn.tables.alarms["PLC-022"]
    assert (row.silence, row.announced_at) == (None, turn.now)


def test_what_is_out_of_service_stays_so() -> None:
    out = Silence("out_of_service", AT, None, "jo", "rebuilt")
    turn = later(state_of(None, tables_of(alarms={"PLC-022": AlarmRow("PLC-022", "normal", AT, silence=out)})), 1e7)
    watch_alarms(turn)
    assert turn.commands == []


def flooded() -> Turn:
    turn = later(state_of(), 0)
    for number in range(4):
        announce(turn, f"PLC-{number:03d}", "unacked_active")
        watch_alarms(turn)
    assert ALARM_FLOOD not in turn.tables.faults, "as many as the limit are none yet"
    turn = later(turn.state, 100)
    announce(turn, "PLC-022", "unacked_active")
    watch_alarms(turn)
    return turn


def test_more_than_a_person_can_take_in_is_a_flood_and_told_once() -> None:
    turn = flooded()
    assert turn.tables.faults[ALARM_FLOOD].cause == "more than 4 alarms in 5 minutes"
    watch_alarms(turn)
    assert told(turn) == ["PLC-022 raised", "TWR-5002 raised"]


def test_a_flood_ends_at_half_as_many_and_the_timer_knows_when() -> None:
    turn = flooded()
    assert asked(turn, StartTimer)[-1] == StartTimer(TIMER, 200.0)
    after = later(turn.state, 299)
    watch_alarms(after)
    assert told(after) == []
    after = later(turn.state, 300)
    watch_alarms(after)
    assert told(after) == ["TWR-5002 cleared"]
    assert after.tables.alarms["TWR-5002"].state == "unacked_cleared"


def test_only_old_activations_are_no_flood() -> None:
    times = tuple(AT - timedelta(hours=1) for _ in range(5))
    turn = later(state_of(None, tables_of(meta=Meta(alarm_activations=times))), 0)
    watch_alarms(turn)
    assert turn.commands == []
