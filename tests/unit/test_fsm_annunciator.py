"""The rows of alarms of both kinds: counted, first-out, named."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.core_kit import MONO_S, config, state_of, tables_of, told, turn_of
from tests.support.values import AT
from towerd.faults import ALARM_FLOOD, COMMAND_FAILED, DOOR_STUCK, PLACE_UNKNOWN
from towerd.fsm.alarm_rows import AlarmRow, Silence
from towerd.fsm.alarm_rules import AlarmRules
from towerd.fsm.annunciator import acknowledge_row, announce, in_flood, is_silent, known_code
from towerd.fsm.latch import clear_fault, raise_fault


def test_the_first_of_the_daemons_own_is_kept_until_none_is_left() -> None:
    turn = turn_of(state_of())
    raise_fault(turn, DOOR_STUCK, "something in the way")
    raise_fault(turn, COMMAND_FAILED, "drive")
    assert turn.tables.meta.first_fault == "TWR-4001"
    clear_fault(turn, DOOR_STUCK, None)
    assert turn.tables.alarms["TWR-4001"].state == "unacked_cleared"
    clear_fault(turn, COMMAND_FAILED, "ada")
    assert turn.tables.meta.first_fault == "TWR-4001", "somebody has still to acknowledge it"
    acknowledge_row(turn, turn.tables.alarms["TWR-4001"], "ada")
    assert (turn.tables.meta.first_fault, turn.tables.alarms) == (None, {})
    raise_fault(turn, PLACE_UNKNOWN, "sensors")
    assert turn.tables.meta.first_fault == "TWR-3001"


def test_an_alarm_of_the_plc_is_no_first_fault() -> None:
    turn = turn_of(state_of())
    announce(turn, "PLC-022", "unacked_active")
    assert turn.tables.meta.first_fault is None


def test_only_as_many_are_counted_as_tell_a_flood_and_old_ones_are_forgotten() -> None:
    settings = config(alarms=AlarmRules(flood_count=2, flood_window_s=600.0))
    turn = turn_of(state_of(), settings=settings)
    for number in range(5):
        announce(turn, f"PLC-{number:03d}", "unacked_active")
    assert turn.tables.meta.alarm_activations == (turn.now,) * 3
    later = turn_of(turn.state, MONO_S + 601, settings)
    announce(later, "PLC-030", "unacked_active")
    assert later.tables.meta.alarm_activations == (later.now,)


def test_the_flood_itself_is_not_counted() -> None:
    turn = turn_of(state_of())
    assert not in_flood(turn.tables)
    raise_fault(turn, ALARM_FLOOD, "11 in 10 minutes")
    assert turn.tables.meta.alarm_activations == ()
    assert in_flood(turn.tables)


def test_what_waits_for_nobody_is_not_acknowledged() -> None:
    row = AlarmRow("TWR-2001", "latched_acked", AT)
    turn = turn_of(state_of(None, tables_of(alarms={row.code: row})))
    acknowledge_row(turn, row, "ada")
    assert told(turn) == []


def test_silent_is_whatever_is_shelved_or_out_of_service() -> None:
    shelf = Silence("shelved", AT, AT + timedelta(hours=1), "bo", "known")
    assert is_silent(AlarmRow("PLC-022", "normal", AT, silence=shelf))
    assert not is_silent(AlarmRow("PLC-022", "unacked_active", AT))


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("22", "PLC-022"),
        ("plc-22", "PLC-022"),
        ("PLC-127", "PLC-127"),
        ("PLC-128", None),
        ("TWR-2001", "TWR-2001"),
        ("twr-2001", "TWR-2001"),
        ("TWR-9999", None),
        ("XYZ-1", None),
        ("PLC-", None),
        ("PLC-²", None),
        ("99999", None),
        ("all", None),
    ],
)
def test_a_code_is_taken_as_people_type_it(typed: str, code: str | None) -> None:
    assert known_code(typed) == code
