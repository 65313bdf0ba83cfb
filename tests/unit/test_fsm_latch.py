from __future__ import annotations

from dataclasses import replace

from tests.support.core_kit import MONO_S, asked, state_of, tables_of, told, turn_of
from tests.support.values import AT
from towerd.faults import COMMAND_FAILED, DOOR_STUCK, FAULTS, PLACE_UNKNOWN
from towerd.fsm.annunciator import acknowledge_row
from towerd.fsm.commands import AppendOutbox
from towerd.fsm.latch import clear_fault, raise_fault, stopping_faults
from towerd.fsm.state import Fault
from towerd.fsm.turn import Turn


def standing(cause: str = "drive fault") -> Turn:
    turn = turn_of(state_of())
    raise_fault(turn, COMMAND_FAILED, cause)
    return turn


def test_a_fault_is_latched_and_told_once() -> None:
    turn = standing()
    fault = turn.tables.faults[COMMAND_FAILED]
    assert (fault.cause, fault.since_at, fault.count) == ("drive fault", turn.now, 1)
    assert told(turn) == ["TWR-2001 raised"]
    assert asked(turn, AppendOutbox)[0].body["reason"] == "drive fault"


def test_it_keeps_its_first_cause_and_time() -> None:
    first = standing()
    later = turn_of(first.state, MONO_S + 60)
    raise_fault(later, COMMAND_FAILED, "time limit")
    raise_fault(later, COMMAND_FAILED, "drive fault")
    known = first.tables.faults[COMMAND_FAILED]
    raise_fault(later, COMMAND_FAILED, "time limit")
    assert later.tables.faults[COMMAND_FAILED] == replace(known, count=2, last_cause="time limit")
    assert told(later) == ["TWR-2001 raised"], "another cause is news once"
    row = later.tables.alarms["TWR-2001"]
    assert (row.since_at, row.announced_at) == (known.since_at, later.now)


def test_another_cause_waits_for_an_acknowledgement_of_its_own() -> None:
    turn = standing()
    acknowledge_row(turn, turn.tables.alarms["TWR-2001"], "ada")
    raise_fault(turn, COMMAND_FAILED, "time limit")
    assert turn.tables.alarms["TWR-2001"].state == "latched_unacked"


def test_the_same_cause_seen_again_changes_no_row() -> None:
    first = standing()
    later = turn_of(first.state, MONO_S + 60)
    raise_fault(later, COMMAND_FAILED, "drive fault")
    assert later.tables is first.tables


def test_it_stays_until_somebody_lets_go() -> None:
    turn = standing()
    clear_fault(turn, COMMAND_FAILED, "ada")
    assert turn.tables.faults == {}
    assert told(turn) == ["TWR-2001 raised", "TWR-2001 cleared"]
    assert asked(turn, AppendOutbox)[-1].body["by"] == "ada"


def test_one_that_goes_by_itself_still_waits_for_somebody_unless_he_has_seen_it() -> None:
    turn = turn_of(state_of())
    raise_fault(turn, DOOR_STUCK, "something in the way")
    assert turn.tables.alarms["TWR-4001"].state == "unacked_active"
    clear_fault(turn, DOOR_STUCK, None)
    assert turn.tables.alarms["TWR-4001"].state == "unacked_cleared"
    raise_fault(turn, DOOR_STUCK, "something in the way")
    acknowledge_row(turn, turn.tables.alarms["TWR-4001"], "ada")
    clear_fault(turn, DOOR_STUCK, None)
    assert turn.tables.alarms == {}


def test_a_fault_of_an_older_journal_goes_as_well() -> None:
    turn = turn_of(state_of(None, tables_of(faults={COMMAND_FAILED: Fault(COMMAND_FAILED, AT, "drive")})))
    clear_fault(turn, COMMAND_FAILED, "ada")
    assert told(turn) == ["TWR-2001 cleared"]


def test_letting_go_of_nothing_is_nothing() -> None:
    turn = turn_of(state_of())
    clear_fault(turn, COMMAND_FAILED, "ada")
    assert turn.commands == []


def test_faults_that_stop_are_told_apart_from_those_that_do_not() -> None:
    turn = turn_of(state_of())
    for number in (PLACE_UNKNOWN, DOOR_STUCK, COMMAND_FAILED):
        raise_fault(turn, number, "seen")
    assert stopping_faults(turn.tables) == (COMMAND_FAILED, PLACE_UNKNOWN)
    assert not FAULTS[DOOR_STUCK].stops
