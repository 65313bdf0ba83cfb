"""PackML commands of people, and those a tower may give itself (plc-if.md 3.3, 4.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    MONO_S,
    answers,
    config,
    inner_door_open,
    machine,
    packml_writes,
    state_of,
    step_row,
    tables_of,
    told,
    turn_of,
    unhomed,
    with_mailbox,
    with_safety,
    with_session,
    with_system,
    writes,
)
from tests.support.values import AT
from towerd.fsm.config import CoreConfig
from towerd.fsm.events import PackmlRequested
from towerd.fsm.packml import backing_off, follow_packml, packml_requested, send_packml, start_machine
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import Fault, Lease, Meta, PackmlRequest, Tables
from towerd.fsm.turn import Turn
from towerd.plc.codes import Code
from towerd.plc.snapshot import Alarms, KeySwitch, PackmlCommand, PackmlState, Safety, Snapshot, Unit

P, S = PackmlCommand, PackmlState
AUTO = config(auto_start=True)
RESUME = config(resume_after_link_loss=True)
BY_HAND = config()


def in_state(state: PackmlState, **system: Any) -> Snapshot:
    return with_system(machine(), packml_state=state, **system)


def held(stop_reason: int = 2) -> Snapshot:
    return in_state(S.HELD, stop_reason=stop_reason)


def person(turn: Turn, command: str) -> None:
    packml_requested(turn, PackmlRequested(command, "ada", ReplyTo("api", "1")))


def started(picture: Snapshot, settings: CoreConfig, tables: Tables | None = None, **volatile: Any) -> Turn:
    turn = turn_of(state_of(picture, tables, **volatile), settings=settings)
    start_machine(turn)
    return turn


def sent(turn: Turn) -> list[PackmlCommand]:
    return [write.command for write in packml_writes(turn)]


# numbers


@pytest.mark.parametrize(("ack", "seq"), [(0, 1), (7, 8), (65534, 65535), (65535, 1)])
def test_a_command_takes_the_number_after_the_acknowledged_one_and_never_0(ack: int, seq: int) -> None:
    # the first CTL of a session carries 0: a command under 0 would be no change, and would not act
    turn = turn_of(state_of(in_state(S.STOPPED, packml_ack_seq=ack)))
    assert send_packml(turn, P.RESET)
    assert [(write.seq, write.session) for write in packml_writes(turn)] == [(seq, 3)]


@pytest.mark.parametrize("ack", [1, 65534, 65535])
def test_a_stop_over_an_unanswered_command_is_a_change(ack: int) -> None:
    turn = turn_of(state_of(in_state(S.IDLE, packml_ack_seq=ack)))
    for command in (P.START, P.STOP, P.ABORT):
        assert send_packml(turn, command)
    assert len({ack, *(write.seq for write in packml_writes(turn))}) == 4


def test_a_stop_after_a_command_that_was_given_up_is_a_change() -> None:
    # the given-up Start may have been taken after all: under its number the Stop would do nothing
    picture = in_state(S.IDLE)
    first = turn_of(state_of(picture))
    assert send_packml(first, P.START)
    late = turn_of(first.state, MONO_S + 2.1)
    follow_packml(late)
    assert late.volatile.packml is None
    assert late.volatile.packml_refusal == "Start was not answered"
    assert send_packml(late, P.STOP)
    assert packml_writes(late)[0].seq == packml_writes(first)[0].seq + 1


def test_a_new_session_counts_from_what_the_plc_shows() -> None:
    sent_before = PackmlRequest(P.START, 40, 3, MONO_S)
    picture = with_session(in_state(S.IDLE, packml_ack_seq=0), 8)
    turn = turn_of(state_of(picture, packml_sent=sent_before))
    assert send_packml(turn, P.START)
    assert packml_writes(turn)[0].seq == 1


@pytest.mark.parametrize("command", [P.RESET, P.START, P.UNHOLD, P.CLEAR])
def test_others_wait_for_the_answer_and_what_stops_does_not(command: PackmlCommand) -> None:
    pending = PackmlRequest(P.RESET, 2, 3, MONO_S)
    turn = turn_of(state_of(machine(), packml=pending, packml_sent=pending))
    assert not send_packml(turn, command)
    assert [send_packml(turn, stop) for stop in (P.STOP, P.HOLD, P.ABORT)] == [True, True, True]
    assert [write.seq for write in packml_writes(turn)] == [3, 4, 5]


def test_nothing_is_sent_into_the_dark() -> None:
    assert not send_packml(turn_of(state_of(None)), P.STOP)


# answers


def test_an_answer_frees_the_way() -> None:
    turn = turn_of(state_of(in_state(S.IDLE, packml_ack_seq=2), packml=PackmlRequest(P.RESET, 2, 3, MONO_S)))
    follow_packml(turn)
    assert (turn.volatile.packml, turn.volatile.packml_refusal) == (None, None)
    assert not backing_off(turn, "packml")


@pytest.mark.parametrize(("code", "text"), [(6, "interlock"), (99, "refusal 99")])
def test_a_refusal_is_told_and_paused_upon(code: int, text: str) -> None:
    picture = in_state(S.IDLE, packml_ack_seq=2, packml_reject_code=code)
    turn = turn_of(state_of(picture, packml=PackmlRequest(P.START, 2, 3, MONO_S)))
    follow_packml(turn)
    assert turn.volatile.packml_refusal == f"Start was refused: {text}"
    assert backing_off(turn, "packml")


@pytest.mark.parametrize(
    ("picture", "code", "wanted"),
    [
        (in_state(S.HELD), 5, "towerctl packml unhold"),
        (in_state(S.STOPPED), 5, "towerctl packml reset, then towerctl packml start."),
        (in_state(S.EXECUTE), 5, "runs already"),
        (in_state(S.STOPPING), 5, "wait, then ask again"),
        (with_safety(in_state(S.ABORTED), on=Safety.RESET_REQUIRED), 6, "Press the reset button at the tower."),
        (in_state(S.IDLE), 6, "towerctl why names"),
        (in_state(S.IDLE), 9, "Hold the enabling switch"),
    ],
)
def test_a_refusal_says_what_to_do(picture: Snapshot, code: int, wanted: str) -> None:
    answered = with_system(picture, packml_ack_seq=2, packml_reject_code=code)
    turn = turn_of(state_of(answered, packml=PackmlRequest(P.START, 2, 3, MONO_S, ReplyTo("api", "1"))))
    follow_packml(turn)
    [answer] = answers(turn)
    assert answer.reasons == ("plc_refused",)
    assert answer.result is not None
    assert wanted in answer.result["cure"]


@pytest.mark.parametrize("command", [P.STOP, P.HOLD])
def test_a_stop_that_is_refused_says_what_stops_the_machine(command: P) -> None:
    answered = in_state(S.EXECUTE, packml_ack_seq=2, packml_reject_code=5)
    turn = turn_of(state_of(answered, packml=PackmlRequest(command, 2, 3, MONO_S, ReplyTo("api", "1"))))
    follow_packml(turn)
    [answer] = answers(turn)
    assert answer.result is not None
    assert "press the emergency stop" in answer.result["cure"]


def test_a_request_of_another_session_is_void_and_one_on_its_way_is_waited_for() -> None:
    pending = PackmlRequest(P.START, 2, 3, MONO_S)
    other = turn_of(state_of(with_session(machine(), 8), packml=pending))
    follow_packml(other)
    assert other.volatile.packml is None
    same = turn_of(state_of(machine(), packml=pending), MONO_S + 2.0)
    follow_packml(same)
    assert same.volatile.packml == pending
    for turn in (turn_of(state_of(None, packml=pending)), turn_of(state_of(machine()))):
        before = turn.volatile
        follow_packml(turn)
        assert turn.volatile == before


# people


def test_what_a_person_asks_for_is_sent_and_named() -> None:
    turn = turn_of(state_of(in_state(S.STOPPED)))
    person(turn, "reset")
    assert sent(turn) == [P.RESET]
    assert told(turn) == ["manual_intervention"]
    assert turn.volatile.started_session == 3


def test_a_person_who_comes_too_early_is_told_so() -> None:
    turn = turn_of(state_of(machine(), packml=PackmlRequest(P.RESET, 2, 3, MONO_S)))
    person(turn, "start")
    assert (answers(turn)[0].ok, answers(turn)[0].reasons) == (False, ("busy",))
    assert sent(turn) == []


@pytest.mark.parametrize("command", ["stop", "hold", "abort"])
def test_a_persons_stop_is_remembered_even_when_the_link_is_lost(command: str) -> None:
    turn = turn_of(state_of(None))
    person(turn, command)
    assert answers(turn)[0].reasons == ("plc_lost",)
    assert turn.tables.meta.person_holds
    back = started(held(), config(auto_start=True, resume_after_link_loss=True), turn.tables)
    assert sent(back) == []


@pytest.mark.parametrize(
    ("command", "holds"), [("start", False), ("unhold", False), ("reset", True), ("clear", True), ("stop", True)]
)
def test_only_start_and_unhold_take_a_persons_stop_back(command: str, holds: bool) -> None:
    turn = turn_of(state_of(machine(), Tables(meta=Meta(person_holds=True))))
    person(turn, command)
    assert turn.tables.meta.person_holds is holds


def test_another_command_without_a_link_changes_nothing() -> None:
    turn = turn_of(state_of(None, Tables(meta=Meta(person_holds=True))))
    person(turn, "start")
    assert turn.tables.meta.person_holds
    assert answers(turn)[0].reasons == ("plc_lost",)


@pytest.mark.parametrize(("command", "goes"), [("start", False), ("reset", False), ("stop", True), ("hold", True)])
def test_who_commands_by_hand_is_not_overruled_but_anybody_may_stop(command: str, goes: bool) -> None:
    turn = turn_of(state_of(machine(), lease=Lease("bob", MONO_S + 9)))
    person(turn, command)
    assert bool(sent(turn)) is goes
    assert [answer.reasons for answer in answers(turn)] == ([] if goes else [("lease_held",)])


# Unhold by itself (3.3)


def test_after_a_mere_loss_of_the_link_it_goes_on_where_the_site_allows_it() -> None:
    assert sent(started(held(), RESUME)) == [P.UNHOLD]
    assert sent(started(held(), BY_HAND)) == []
    assert sent(started(held(), AUTO)) == []


@pytest.mark.parametrize("stop_reason", [0, 1, *range(3, 17)])
def test_no_other_hold_is_ended_by_itself(stop_reason: int) -> None:
    assert sent(started(held(stop_reason), config(auto_start=True, resume_after_link_loss=True))) == []


@pytest.mark.parametrize("state", sorted(set(PackmlState) - {S.HELD}))
def test_unhold_is_for_held_only(state: PackmlState) -> None:
    assert sent(started(in_state(state, stop_reason=2), RESUME)) == []


OPEN_CAUSES: list[tuple[str, Snapshot, Tables, dict[str, Any]]] = [
    ("a hold alarm", held(), Tables(), {"alarms": frozenset({20})}),
    ("an abort alarm", held(), Tables(), {"alarms": frozenset({3})}),
    ("an alarm nobody knows", held(), Tables(), {"alarms": frozenset({127})}),
    ("the e-stop chain", with_safety(held(), off=Safety.ESTOP_CHAIN_OK), Tables(), {}),
    ("the reset button", with_safety(held(), on=Safety.RESET_REQUIRED), Tables(), {}),
    ("the shaft", with_safety(held(), off=Safety.SHAFT_CLEAR), Tables(), {}),
    ("a gate", with_safety(held(), off=Safety.GATES_CLOSED), Tables(), {}),
    ("fire", with_safety(held(), on=Safety.FIRE_ALARM), Tables(), {}),
    ("a fault", held(), Tables(faults={2001: Fault(2001, AT, "position")}), {}),
    ("an operator", held(), Tables(meta=Meta(mqtt_hold=True)), {}),
    ("a person", held(), Tables(meta=Meta(person_holds=True)), {}),
    ("the end of the service", held(), Tables(), {"stopping": True}),
    ("a command in doubt", held(), tables_of(steps=[step_row(state="unsure")]), {}),
    ("a command fenced", held(), tables_of(steps=[step_row(Unit.BAYS, "fencing")]), {}),
    ("no reconciliation yet", held(), Tables(), {"reconciled_session": 2}),
    ("the key", with_system(held(), key_switch=KeySwitch.MANUAL), Tables(), {}),
    ("a refusal just now", held(), Tables(), {"retry_after_mono_s": {"packml": MONO_S + 0.1}}),
    ("the last command", held(), Tables(), {"packml": PackmlRequest(P.UNHOLD, 2, 3, MONO_S)}),
]


@pytest.mark.parametrize("case", OPEN_CAUSES, ids=[case[0] for case in OPEN_CAUSES])
@pytest.mark.parametrize("state", [S.HELD, S.STOPPED, S.IDLE])
def test_nothing_starts_by_itself_while_there_is_a_cause(
    case: tuple[str, Snapshot, Tables, dict[str, Any]], state: PackmlState
) -> None:
    _, picture, tables, volatile = case
    alarms = volatile.get("alarms", frozenset())
    rest = {key: value for key, value in volatile.items() if key != "alarms"}
    picture = with_system(replace(picture, alarms=Alarms(alarms, frozenset(), None, 0)), packml_state=state)
    both = config(auto_start=True, resume_after_link_loss=True)
    assert sent(started(picture, both, tables, **rest)) == []


def test_what_holds_nothing_is_no_cause() -> None:
    shown_only = replace(held(), alarms=Alarms(frozenset({11, 19}), frozenset(), None, 0))
    faults = Tables(faults={4001: Fault(4001, AT, "blocked")}, steps={Unit.CARRIAGE: step_row(state="running")})
    assert sent(started(shown_only, RESUME, faults)) == [P.UNHOLD]
    assert sent(started(with_safety(in_state(S.STOPPED), off=Safety.DRIVES_ENABLED), AUTO)) == [P.RESET]


def test_without_a_picture_nothing_happens() -> None:
    assert started(machine(), AUTO).commands == []
    dark = turn_of(state_of(None), settings=AUTO)
    start_machine(dark)
    assert dark.commands == []


# auto start


def test_at_a_new_session_a_tower_resets_and_starts_where_it_may() -> None:
    assert sent(started(in_state(S.STOPPED), AUTO)) == [P.RESET]
    assert sent(started(in_state(S.IDLE), AUTO)) == [P.START]
    assert sent(started(in_state(S.STOPPED), BY_HAND)) == []
    assert sent(started(in_state(S.IDLE), BY_HAND)) == []


@pytest.mark.parametrize("state", sorted(set(PackmlState) - {S.STOPPED, S.IDLE}))
def test_it_neither_clears_an_abort_nor_ends_a_hold(state: PackmlState) -> None:
    assert sent(started(in_state(state), AUTO)) == []


def test_once_it_has_run_a_stop_stays_a_stop() -> None:
    running = started(machine(), AUTO)
    assert running.volatile.started_session == 3
    stopped = turn_of(running.state, settings=AUTO)
    stopped.set(snapshot=in_state(S.STOPPED))
    start_machine(stopped)
    assert sent(stopped) == []


def test_it_does_not_note_a_start_it_was_not_allowed_to_make() -> None:
    assert started(machine(), BY_HAND).volatile.started_session is None


@pytest.mark.parametrize("command", ["stop", "hold", "abort", "reset"])
def test_what_a_person_did_in_this_session_is_not_answered_by_an_auto_start(command: str) -> None:
    asked = turn_of(state_of(in_state(S.STOPPED, packml_ack_seq=1)), settings=AUTO)
    person(asked, command)
    for state in (S.STOPPED, S.IDLE):
        later = turn_of(asked.state, settings=AUTO)
        later.set(packml=None, snapshot=in_state(state, packml_ack_seq=2))
        start_machine(later)
        assert sent(later) == []


def test_a_persons_stop_outlives_the_session_and_the_process() -> None:
    asked = turn_of(state_of(machine()), settings=AUTO)
    person(asked, "stop")
    again = started(with_session(in_state(S.STOPPED), 8), AUTO, asked.tables)
    assert sent(again) == []


def test_it_homes_in_execute_after_closing_what_is_open() -> None:
    assert [write.code for write in writes(started(unhomed(machine()), AUTO))] == [Code.HOME]
    closing = started(inner_door_open(unhomed(machine())), AUTO)
    assert [(write.unit, write.code) for write in writes(closing)] == [(Unit.CABIN1, Code.INNER_DOOR)]
    assert writes(started(unhomed(machine()), BY_HAND)) == []
    assert writes(started(unhomed(in_state(S.IDLE)), AUTO)) == []


def test_homing_waits_for_its_mailbox_its_pause_and_a_clear_shaft() -> None:
    picture = unhomed(machine())
    assert writes(started(with_mailbox(picture, Unit.CARRIAGE, active_seq=9), AUTO)) == []
    assert writes(started(picture, AUTO, retry_after_mono_s={Unit.CARRIAGE: MONO_S + 1})) == []
    assert writes(started(with_safety(picture, off=Safety.GATES_CLOSED), AUTO)) == []
    waiting = with_mailbox(picture, Unit.BAYS, active_seq=9, active_code=Code.BAY_UNLOCK)
    assert writes(started(waiting, AUTO)) == []
