"""What follows when a mailbox command has ended: sensors for the fork, faults and pauses for the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.core_kit import (
    MONO_S,
    OCCUPIED_OPEN,
    config,
    fork_out,
    later,
    machine,
    state_of,
    step_row,
    tables_of,
    told,
    turn_of,
    vehicle,
    with_bay,
)
from towerd.faults import COMMAND_FAILED, COMMAND_REFUSED, DOOR_STUCK
from towerd.fsm.ending import describe, step_ended
from towerd.fsm.inventory import FORK
from towerd.fsm.state import Step, StepState
from towerd.fsm.turn import Turn
from towerd.jobs.model import Act
from towerd.lift.registers import lift_to
from towerd.plc.codes import Args, Code
from towerd.plc.snapshot import Snapshot, Unit

CLOSE = step_row(Unit.CABIN1, "failed", Code.OUTER_DOOR, (0, 0, 0, 0), error=7)


def ended(step: Step, turn: Turn | None = None, picture: Snapshot | None = None) -> Turn:
    turn = turn or turn_of(state_of(picture or machine(), tables_of(vehicles=[vehicle()])))
    step_ended(turn, step)
    return turn


def rejected(why: int = 6, **values: object) -> Step:
    return replace(step_row(state="rejected", reject_code=why), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("unit", "code", "args", "text"),
    [
        (Unit.CARRIAGE, Code.LIFT_TO, (3, 4, 0, 0), "LIFT_TO 3-4"),
        (Unit.CARRIAGE, Code.FORK_GET, (0, 1, 5, 0), "FORK_GET 0-1"),
        (Unit.CARRIAGE, Code.HOME, (2, 0, 0, 0), "HOME 2"),
        (Unit.CABIN2, Code.SIGNAL, (3, 0, 0, 0), "SIGNAL 3"),
        (Unit.CABIN1, Code.INNER_DOOR, (1, 5, 0, 0), "INNER_DOOR open (CABIN1)"),
        (Unit.CABIN2, Code.OUTER_DOOR, (0, 0, 0, 0), "OUTER_DOOR close (CABIN2)"),
    ],
)
def test_a_command_in_words(unit: Unit, code: Code, args: Args, text: str) -> None:
    assert describe(step_row(unit, code=code, args=args)) == text


def test_what_is_about_to_be_sent_reads_the_same() -> None:
    assert describe(Act(Unit.CARRIAGE, lift_to(3, 4), 1.0)) == "LIFT_TO 3-4"


def test_a_refusal_is_paused_upon_and_counted() -> None:
    turn = ended(rejected())
    assert turn.volatile.refusals == {Unit.CARRIAGE: 1}
    assert turn.volatile.retry_after_mono_s == {Unit.CARRIAGE: MONO_S + config().retry_s}
    assert turn.tables.faults == {}


def test_refused_again_and_again_it_is_a_fault_that_says_why() -> None:
    turn = turn_of(state_of(machine()))
    for _ in range(config().refusals_before_fault - 1):
        ended(rejected(10), turn)
    assert turn.tables.faults == {}
    ended(rejected(10), turn)
    assert turn.tables.faults[COMMAND_REFUSED].cause.startswith("LIFT_TO 2-3: person in the cabin or shaft")
    assert turn.volatile.refusals == {Unit.CARRIAGE: 0}


def test_refusals_are_counted_for_each_mailbox() -> None:
    turn = turn_of(state_of(machine()))
    for _ in range(config().refusals_before_fault - 1):
        ended(rejected(), turn)
        ended(rejected(unit=Unit.BAYS, code=Code.BAY_LOCK), turn)
    assert turn.tables.faults == {}


def test_a_success_in_between_starts_the_count_anew() -> None:
    turn = turn_of(state_of(machine()))
    for number in range(3 * config().refusals_before_fault):
        ended(rejected(), turn)
        ended(step_row(state="done", result=3, args=(2, 1 + number % 2, 0, 0)), turn)
    assert turn.tables.faults == {}


def test_a_sign_that_is_refused_stops_no_machine() -> None:
    turn = turn_of(state_of(machine()))
    for _ in range(3 * config().refusals_before_fault):
        ended(rejected(unit=Unit.CABIN1, code=Code.SIGNAL, args=(1, 0, 0, 0)), turn)
    assert turn.tables.faults == {}
    assert list(turn.volatile.retry_after_mono_s) == ["CABIN1 sign"], "the door in the same mailbox waits for nothing"


def test_a_sign_that_fails_stops_no_machine() -> None:
    turn = ended(step_row(Unit.CABIN1, "failed", Code.SIGNAL, (1, 0, 0, 0), result=4, error=8))
    assert turn.tables.faults == {}
    assert list(turn.volatile.retry_after_mono_s) == ["CABIN1 sign"]


def test_an_outer_door_that_fails_at_once_is_not_asked_without_a_pause() -> None:
    # what a cabin does goes on under a fault
    turn = ended(step_row(Unit.CABIN1, "failed", Code.OUTER_DOOR, (1, 5, 0, 0), result=4, error=2))
    assert list(turn.tables.faults) == [COMMAND_FAILED]
    assert turn.volatile.retry_after_mono_s == {Unit.CABIN1: MONO_S + 10}


def test_a_sign_that_does_not_show_is_asked_for_now_and_then_and_stops_no_machine() -> None:
    turn = turn_of(state_of(machine()))
    for number in range(3 * config().refusals_before_fault):
        done(turn, Unit.CABIN1, Code.SIGNAL, (1, 0, 0, 0))
        paused_s = turn.volatile.retry_after_mono_s.get("CABIN1 sign", turn.mono_s) - turn.mono_s
        assert paused_s == number * config().retry_s, "less and less often"
    assert turn.tables.faults == {}


@pytest.mark.parametrize(("code", "text"), [(0, "refusal 0"), (77, "refusal 77")])
def test_a_refusal_that_nobody_knows_is_shown_by_its_number(code: int, text: str) -> None:
    turn = turn_of(state_of(machine()), settings=config(refusals_before_fault=1))
    ended(rejected(code), turn)
    assert turn.tables.faults[COMMAND_REFUSED].cause == f"LIFT_TO 2-3: {text}"


def test_a_refusal_without_a_code_is_one_all_the_same() -> None:
    turn = turn_of(state_of(machine()), settings=config(refusals_before_fault=1))
    ended(step_row(state="rejected"), turn)
    assert COMMAND_REFUSED in turn.tables.faults


@pytest.mark.parametrize("error", [2, 3, 4, 5, 6, 8, 9])
def test_an_error_stops_until_somebody_has_looked(error: int) -> None:
    turn = ended(step_row(state="failed", result=4, error=error))
    assert COMMAND_FAILED in turn.tables.faults
    assert told(turn) == ["TWR-2001 raised"]


@pytest.mark.parametrize(("error", "text"), [(None, "error 0"), (99, "error 99")])
def test_an_error_that_nobody_knows_is_shown_by_its_number(error: int | None, text: str) -> None:
    assert ended(step_row(state="failed", error=error)).tables.faults[COMMAND_FAILED].cause == f"LIFT_TO 2-3: {text}"


def test_an_interlock_lost_on_the_way_is_tried_again_like_a_refusal() -> None:
    turn = ended(step_row(state="failed", result=4, error=1))
    assert turn.tables.faults == {}
    assert turn.volatile.refusals == {Unit.CARRIAGE: 1}


def test_a_blocked_outer_door_is_tried_every_ten_seconds_and_stops_nothing() -> None:
    turn = ended(CLOSE)
    assert list(turn.tables.faults) == [DOOR_STUCK]
    assert turn.volatile.retry_after_mono_s == {Unit.CABIN1: MONO_S + 10.0}
    assert turn.volatile.refusals == {Unit.CABIN1: 0}


def test_once_it_has_closed_the_fault_is_gone_and_opening_does_not_say_so() -> None:
    turn = ended(CLOSE)
    ended(step_row(Unit.CABIN1, "done", Code.OUTER_DOOR, (1, 5, 0, 0)), turn)
    ended(step_row(Unit.CABIN1, "done", Code.INNER_DOOR, (0, 0, 0, 0)), turn)
    assert DOOR_STUCK in turn.tables.faults
    ended(step_row(Unit.CABIN1, "done", Code.OUTER_DOOR, (0, 0, 0, 0)), turn)
    assert turn.tables.faults == {}


def test_error_7_of_another_command_is_no_stuck_door() -> None:
    assert list(ended(step_row(state="failed", error=7)).tables.faults) == [COMMAND_FAILED]


def test_a_plc_that_never_takes_a_command_is_not_written_to_for_ever() -> None:
    turn = turn_of(state_of(machine(), tables_of(vehicles=[vehicle()])))
    for count in range(1, config().refusals_before_fault + 1):
        assert COMMAND_REFUSED not in turn.tables.faults
        ended(step_row(state="lost"), turn)
        assert turn.volatile.retry_after_mono_s == {Unit.CARRIAGE: MONO_S + config().retry_s}
        assert turn.volatile.refusals[Unit.CARRIAGE] == count % config().refusals_before_fault
    assert turn.tables.faults[COMMAND_REFUSED].cause == "LIFT_TO 2-3: the PLC does not take it"


@pytest.mark.parametrize(
    "step", [step_row(state="aborted"), step_row(state="lost", boot_id=1)], ids=["stopped", "boot"]
)
@pytest.mark.parametrize("picture", [machine(), None])
def test_what_was_stopped_or_forgotten_is_nobodys_fault(step: Step, picture: Snapshot | None) -> None:
    turn = turn_of(state_of(picture, tables_of(vehicles=[vehicle()])))
    ended(step, turn)
    assert turn.tables.faults == {}
    assert turn.volatile.refusals == {}
    assert turn.tables.steps == {}


@pytest.mark.parametrize("state", ["done", "failed", "aborted", "lost"])
@pytest.mark.parametrize("code", [Code.FORK_GET, Code.FORK_PUT])
def test_however_a_fork_command_ended_the_sensors_are_asked(state: StepState, code: Code) -> None:
    out = fork_out(with_bay(machine(), 2, 3, OCCUPIED_OPEN))
    turn = ended(step_row(state=state, code=code, error=3), picture=out)
    assert turn.tables.steps[FORK].state == "settling"
    assert (COMMAND_FAILED in turn.tables.faults) is (state == "failed")


@pytest.mark.parametrize("code", [Code.FORK_GET, Code.FORK_PUT])
def test_a_refused_fork_command_did_not_start(code: Code) -> None:
    turn = ended(rejected(code=code), picture=fork_out(machine()))
    assert turn.tables.steps == {}


def test_where_the_sensors_can_tell_at_once_they_are_believed_at_once() -> None:
    turn = ended(step_row(state="lost", code=Code.FORK_GET), picture=with_bay(machine(), 2, 3, OCCUPIED_OPEN))
    assert turn.tables.steps == {}
    assert str(turn.tables.vehicles["car-1"].place) == "bay:2-3"


@pytest.mark.parametrize("state", ["rejected", "failed", "aborted", "lost"])
def test_what_ended_by_hand_is_told_to_its_asker_and_latched_counted_and_tried_again_never(state: StepState) -> None:
    turn = ended(step_row(state=state, error=7, result=4, reject_code=6, by="lin"))
    assert turn.tables.faults == {}
    assert (turn.volatile.refusals, turn.volatile.retry_after_mono_s) == ({}, {})
    assert told(turn) == ["manual_intervention"]


@pytest.mark.parametrize("code", [Code.FORK_GET, Code.FORK_PUT])
def test_a_fork_command_by_hand_is_told_once_the_sensors_have_spoken(code: Code) -> None:
    out = fork_out(with_bay(machine(), 2, 3, OCCUPIED_OPEN))
    turn = ended(step_row(state="failed", code=code, error=3, by="lin"), picture=out)
    assert turn.tables.steps[FORK].state == "settling"
    assert told(turn) == []
    assert turn.tables.faults == {}


def test_a_fork_command_by_hand_that_the_plc_refused_moved_nothing() -> None:
    turn = ended(rejected(code=Code.FORK_GET, by="lin"), picture=fork_out(machine()))
    assert FORK not in turn.tables.steps
    assert told(turn) == ["manual_intervention"]


def done(turn: Turn, unit: Unit, code: Code, args: Args = (0, 0, 0, 0)) -> Turn:
    return ended(step_row(unit, "done", code, args, result=3), turn)


def test_a_command_that_is_done_again_and_again_in_vain_stops_and_says_so() -> None:
    turn = turn_of(state_of(machine()))
    for count in range(1, config().refusals_before_fault + 1):
        assert COMMAND_FAILED not in turn.tables.faults
        done(turn, Unit.CABIN1, Code.INNER_DOOR)
        done(turn, Unit.CABIN1, Code.SIGNAL, (1, 0, 0, 0))
        paused = turn.volatile.retry_after_mono_s.get(Unit.CABIN1)
        assert paused == (None if count == 1 else MONO_S + config().retry_s)
    cause = "INNER_DOOR close (CABIN1): the PLC says done 5 times running, and the machine does not show it"
    assert turn.tables.faults[COMMAND_FAILED].cause == cause


def test_an_outer_door_that_is_done_in_vain_is_tried_every_ten_seconds_and_stops_nothing() -> None:
    turn = turn_of(state_of(machine()))
    for _ in range(config().refusals_before_fault):
        done(turn, Unit.CABIN1, Code.OUTER_DOOR)
    assert list(turn.tables.faults) == [DOOR_STUCK]
    assert turn.volatile.retry_after_mono_s[Unit.CABIN1] == MONO_S + 10


def test_commands_that_alternate_or_come_now_and_then_are_not_in_vain() -> None:
    turn = turn_of(state_of(machine()))
    for number in range(20):
        done(turn, Unit.CABIN1, Code.INNER_DOOR, (number % 2, number, 0, 0))
        done(turn, Unit.BAYS, Code.BAY_LOCK, (1, 1 + number % 2, 0, 0))
    assert not turn.tables.faults
    for _ in range(20):
        turn = later(turn, turn.mono_s + 60)
        done(turn, Unit.CABIN1, Code.INNER_DOOR)
    assert not turn.tables.faults
