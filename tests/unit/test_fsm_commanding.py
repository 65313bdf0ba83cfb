"""Mailbox commands from before they leave until their end is known (plc-if.md 5 and 6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    MONO_S,
    commands_of,
    config,
    machine,
    state_of,
    step_row,
    tables_of,
    turn_of,
    with_mailbox,
    with_session,
    with_system,
    writes,
)
from towerd.cabin.registers import outer_door
from towerd.fsm.commanding import doubt, follow_all, free, limit_s, send, shaft_free, unresolved
from towerd.fsm.commands import WriteMailbox
from towerd.fsm.state import State, Step, StepState
from towerd.fsm.turn import Turn
from towerd.jobs.model import Act
from towerd.lift.registers import lift_to
from towerd.plc.codes import Code, MailboxCommand
from towerd.plc.snapshot import Snapshot, Unit

CARRIAGE = Unit.CARRIAGE
ACT = Act(CARRIAGE, lift_to(2, 3), 10.0)
OPEN_OUTER = Act(Unit.CABIN1, outer_door(True), 5.0)
LATE_S = config().unseen_s


def shown(session: int = 3, **mailbox: Any) -> Snapshot:
    """The machine with taken_seq 4 unless given otherwise: seq 5 is the step's own."""
    return with_mailbox(machine(session=session), CARRIAGE, **{"taken_seq": 4, **mailbox})


def after(step: Step, picture: Snapshot, mono_s: float = MONO_S, written_mono_s: float = MONO_S) -> Turn:
    """One look at `picture` with that step open."""
    state = state_of(picture, tables_of(steps=[step]), written_mono_s={CARRIAGE: written_mono_s})
    turn = turn_of(state, mono_s)
    follow_all(turn)
    return turn


def row(turn: Turn) -> Step:
    return turn.tables.steps[CARRIAGE]


def fences(turn: Turn) -> list[tuple[int, int]]:
    assert all(write.code == Code.NOP for write in writes(turn))
    return [(write.session, write.seq) for write in writes(turn)]


# before it leaves


def test_a_command_is_a_row_before_it_is_a_write() -> None:
    turn = turn_of(state_of(shown()))
    step = send(turn, ACT, job=9)
    assert row(turn) == step
    assert (step.state, step.seq, step.session, step.boot_id, step.job) == ("written", 5, 3, 2, 9)
    assert writes(turn) == [WriteMailbox(CARRIAGE, 5, 3, Code.LIFT_TO, (2, 3, 0, 0), 9, 500)]
    assert not free(turn, ACT)
    assert free(turn, OPEN_OUTER)


def test_a_command_without_a_job_carries_job_0() -> None:
    turn = turn_of(state_of(shown()))
    send(turn, ACT)
    assert writes(turn)[0].job_id == 0


def test_nothing_is_sent_into_the_dark() -> None:
    turn = turn_of(state_of(None))
    assert not free(turn, ACT)
    assert not shaft_free(turn)
    with pytest.raises(ValueError, match="no command"):
        send(turn, ACT)
    follow_all(turn)
    assert turn.commands == []


@pytest.mark.parametrize(("taken", "seq"), [(0, 1), (4, 5), (65534, 65535), (65535, 1)])
def test_the_next_number_counts_past_65535_to_1(taken: int, seq: int) -> None:
    assert send(turn_of(state_of(shown(taken_seq=taken))), ACT).seq == seq


@pytest.mark.parametrize("trace", ["reject_seq", "last_seq"])
def test_a_number_that_still_shows_an_old_answer_is_skipped(trace: str) -> None:
    # refused with 12 it was not taken, and its trace would be read as the answer to the new command
    assert send(turn_of(state_of(shown(**{trace: 5}))), ACT).seq == 6


def test_two_traces_side_by_side_are_both_skipped() -> None:
    assert send(turn_of(state_of(shown(reject_seq=5, last_seq=6))), ACT).seq == 7


@pytest.mark.parametrize("state", ["written", "running", "unsure", "fencing"])
def test_a_mailbox_with_an_open_command_is_not_free(state: StepState) -> None:
    assert not free(turn_of(state_of(shown(), tables_of(steps=[step_row(state=state)]))), ACT)


@pytest.mark.parametrize("state", ["settling", "done", "failed", "aborted", "rejected", "lost"])
def test_one_whose_command_ended_is_free_when_the_plc_shows_it_idle(state: StepState) -> None:
    tables = tables_of(steps=[step_row(state=state)])
    assert free(turn_of(state_of(shown(), tables)), ACT)
    assert not free(turn_of(state_of(shown(active_seq=99), tables)), ACT)


def test_limits_leave_room_and_doors_more_of_it() -> None:
    assert limit_s(ACT) == 50.0
    for door_s, limit in ((5.0, 60.0), (15.0, 110.0)):
        assert limit_s(Act(Unit.CABIN1, MailboxCommand(Code.OUTER_DOOR, (1, 5, 0, 0)), door_s)) == limit


# the plain way


def test_it_is_watched_while_active_and_its_result_is_taken() -> None:
    turn = after(step_row(), shown(active_seq=5, taken_seq=5))
    assert row(turn).state == "running"
    turn = after(row(turn), shown(last_seq=5, last_result=3, taken_seq=5))
    assert (row(turn).state, row(turn).result) == ("done", 3)
    assert writes(turn) == []


@pytest.mark.parametrize(
    ("result", "state"), [(3, "done"), (4, "failed"), (5, "aborted"), (0, "failed"), (9, "failed")]
)
@pytest.mark.parametrize("before", ["written", "running"])
def test_the_result_decides_how_it_ended(result: int, state: str, before: StepState) -> None:
    turn = after(step_row(state=before), shown(last_seq=5, last_result=result, last_error=2, taken_seq=5))
    assert (row(turn).state, row(turn).error) == (state, 2)
    assert row(turn).ended_at == turn.now


def test_a_refusal_ends_it() -> None:
    turn = after(step_row(), shown(reject_seq=5, reject_code=6, taken_seq=5))
    assert (row(turn).state, row(turn).reject_code) == ("rejected", 6)
    assert row(turn).ended_at == turn.now


def test_a_held_command_is_still_the_same_command() -> None:
    turn = after(step_row(state="running"), shown(active_seq=5, taken_seq=5), mono_s=MONO_S + 3600)
    assert (row(turn).state, writes(turn)) == ("running", [])


def test_a_command_just_written_may_stay_unseen_for_a_moment() -> None:
    turn = after(step_row(), shown(), mono_s=MONO_S + LATE_S - 0.01)
    assert (row(turn).state, writes(turn)) == ("written", [])


def test_traces_of_other_numbers_are_not_its_own() -> None:
    turn = after(step_row(), shown(active_seq=4, last_seq=4, last_result=4, reject_seq=3, reject_code=6, fence_seq=2))
    assert row(turn).state == "written"


def test_another_mailbox_shows_nothing_of_it() -> None:
    picture = with_mailbox(shown(), Unit.BAYS, active_seq=5, last_seq=5, last_result=3)
    assert row(after(step_row(), picture)).state == "written"


# doubt, fence, look up


def test_what_stays_unseen_is_fenced_one_past_its_number() -> None:
    turn = after(step_row(), shown(), mono_s=MONO_S + LATE_S)
    assert row(turn).state == "fencing"
    assert fences(turn) == [(3, 6)]


def test_a_running_command_that_vanished_is_fenced_at_once() -> None:
    turn = after(step_row(state="running"), shown(taken_seq=5))
    assert fences(turn) == [(3, 6)]


def test_a_lost_write_is_fenced_at_the_next_look() -> None:
    turn = turn_of(state_of(shown(), tables_of(steps=[step_row()])))
    doubt(turn, CARRIAGE, 5)
    assert row(turn).state == "unsure"
    assert unresolved(turn)
    assert writes(turn) == []
    follow_all(turn)
    assert fences(turn) == [(3, 6)]


@pytest.mark.parametrize(
    ("step", "seq"),
    [
        (step_row(), 4),
        (step_row(state="running"), 5),
        (step_row(state="fencing", fence_seq=6, fence_session=3), 5),
        (step_row(state="unsure"), 5),
        (step_row(state="done"), 5),
    ],
)
def test_doubt_about_another_write_changes_nothing(step: Step, seq: int) -> None:
    turn = turn_of(state_of(shown(), tables_of(steps=[step])))
    doubt(turn, CARRIAGE, seq)
    assert row(turn) == step


def test_doubt_about_a_mailbox_without_a_command_changes_nothing() -> None:
    turn = turn_of(state_of(shown()))
    doubt(turn, CARRIAGE, 5)
    assert turn.tables.steps == {}


def test_a_lost_fence_is_fenced_under_a_number_further_on() -> None:
    turn = turn_of(state_of(shown(), tables_of(steps=[step_row(state="fencing", fence_seq=6, fence_session=3)])))
    doubt(turn, CARRIAGE, 6)
    follow_all(turn)
    assert fences(turn) == [(3, 7)]
    assert row(turn).fence_seq == 7


def test_a_fence_that_does_not_show_is_followed_by_another() -> None:
    fencing = step_row(state="fencing", fence_seq=6, fence_session=3)
    assert writes(after(fencing, shown(), mono_s=MONO_S + LATE_S - 0.01)) == []
    assert fences(after(fencing, shown(), mono_s=MONO_S + LATE_S)) == [(3, 7)]


@pytest.mark.parametrize("look", [{"active_seq": 5}, {"last_seq": 5, "last_result": 3}, {"reject_seq": 5}, {}])
def test_before_the_fence_shows_nothing_is_decided(look: dict[str, int]) -> None:
    fencing = step_row(state="fencing", fence_seq=6, fence_session=3)
    turn = after(fencing, shown(fence_seq=4, taken_seq=5, **look))
    assert row(turn) == fencing


@pytest.mark.parametrize("fence_seq", [6, 7, 900])
@pytest.mark.parametrize(
    ("look", "state"),
    [
        ({"active_seq": 5}, "running"),
        ({"last_seq": 5, "last_result": 3}, "done"),
        ({"last_seq": 5, "last_result": 5}, "aborted"),
        ({"reject_seq": 5, "reject_code": 12}, "rejected"),
        ({}, "lost"),
        ({"last_seq": 4, "last_result": 3, "reject_seq": 3, "reject_code": 6}, "lost"),
    ],
)
def test_once_the_fence_or_a_later_one_shows_it_is_looked_up(fence_seq: int, look: dict[str, int], state: str) -> None:
    fencing = step_row(state="fencing", fence_seq=6, fence_session=3)
    turn = after(fencing, shown(fence_seq=fence_seq, taken_seq=fence_seq, **look))
    assert row(turn).state == state
    assert writes(turn) == []
    assert not unresolved(turn)


def test_a_fence_overtaken_by_the_late_command_itself() -> None:
    # both were on their way: the PLC takes 5, starts it, and then the fence 6
    fencing = step_row(state="fencing", fence_seq=6, fence_session=3)
    waiting = after(fencing, shown(active_seq=5, taken_seq=5, fence_seq=0))
    assert row(waiting).state == "fencing"
    turn = after(row(waiting), shown(active_seq=5, taken_seq=6, fence_seq=6))
    assert row(turn).state == "running"
    ended = after(row(turn), shown(last_seq=5, last_result=3, taken_seq=6, fence_seq=6))
    assert row(ended).state == "done"


def test_a_fence_overwritten_by_the_late_command_is_sent_anew() -> None:
    # the PLC never saw fence 6: the late write stood in the mailbox when it looked
    fencing = step_row(state="fencing", fence_seq=6, fence_session=3)
    turn = after(fencing, shown(active_seq=5, taken_seq=5), mono_s=MONO_S + LATE_S)
    assert fences(turn) == [(3, 7)]


def test_numbers_wrap_in_fences_too() -> None:
    turn = after(step_row(seq=65535), shown(taken_seq=65534), mono_s=MONO_S + LATE_S)
    assert fences(turn) == [(3, 1)]
    assert row(after(row(turn), shown(taken_seq=65535, fence_seq=65500))).state == "fencing"
    assert row(after(row(turn), shown(taken_seq=1, fence_seq=1))).state == "lost"


def test_a_fence_of_the_last_round_is_not_taken_for_a_later_one() -> None:
    # nothing was fenced for so long that the number shown lies ahead of this one on the ring
    fencing = step_row(state="fencing", seq=64899, fence_seq=64900, fence_session=3)
    assert row(after(fencing, shown(taken_seq=64898, fence_seq=300))).state == "fencing"
    assert row(after(fencing, shown(taken_seq=64900, fence_seq=64900))).state == "lost"


def test_a_plc_that_has_taken_nothing_yet_is_fenced_all_the_same() -> None:
    turn = after(step_row(seq=1), shown(taken_seq=0), mono_s=MONO_S + LATE_S)
    assert fences(turn) == [(3, 2)]
    assert row(after(row(turn), shown(taken_seq=0, fence_seq=0))).state == "fencing"
    assert row(after(row(turn), shown(taken_seq=2, fence_seq=2))).state == "lost"


def test_no_fence_since_boot_is_no_fence_however_close_the_wrap_is() -> None:
    fencing = step_row(seq=65000, state="fencing", fence_seq=65001, fence_session=3)
    assert row(after(fencing, shown(taken_seq=65000, fence_seq=0))) == fencing


def test_a_fence_from_before_the_plc_moved_on_starts_from_what_was_taken() -> None:
    turn = after(step_row(state="unsure"), shown(taken_seq=8))
    assert fences(turn) == [(3, 9)]


def test_at_the_end_of_the_window_the_same_fence_is_written_again() -> None:
    # one further would be refused; one from the beginning would give a number a second meaning
    far = step_row(state="fencing", fence_seq=1004, fence_session=3)
    assert fences(after(far, shown(), mono_s=MONO_S + LATE_S)) == [(3, 1004)]
    nearly = replace(far, fence_seq=1003)
    assert fences(after(nearly, shown(), mono_s=MONO_S + LATE_S)) == [(3, 1004)]


# another session, another boot


@pytest.mark.parametrize("state", ["written", "running"])
def test_another_session_fences_whatever_the_mailbox_shows(state: StepState) -> None:
    turn = after(step_row(state=state), shown(session=8, active_seq=5, taken_seq=5))
    assert row(turn).state == "fencing"
    assert fences(turn) == [(8, 6)]


def test_in_another_session_the_fence_starts_after_what_was_taken() -> None:
    # the old write is void there, so that its number is free again
    assert fences(after(step_row(), shown(session=8))) == [(8, 5)]


def test_the_fence_under_the_commands_own_number_is_not_taken_for_it() -> None:
    fencing = row(after(step_row(), shown(session=8)))
    turn = after(fencing, shown(session=8, taken_seq=5, fence_seq=5, last_seq=4, last_result=3))
    assert row(turn).state == "lost"


def test_seen_active_again_in_a_new_session_it_is_watched_there() -> None:
    fencing = step_row(state="fencing", fence_seq=6, fence_session=8)
    running = row(after(fencing, shown(session=8, active_seq=5, taken_seq=6, fence_seq=6)))
    assert running.state == "running"
    watched = after(running, shown(session=8, active_seq=5, taken_seq=6, fence_seq=6), mono_s=MONO_S + 100)
    assert writes(watched) == []
    gone = after(running, shown(session=8, taken_seq=6, fence_seq=6))
    assert fences(gone) == [(8, 7)]


def test_a_fence_of_another_session_is_void() -> None:
    fencing = step_row(state="fencing", fence_seq=6, fence_session=3)
    turn = after(fencing, shown(session=8, fence_seq=6, taken_seq=6))
    assert row(turn).state == "unsure"
    follow_all(turn)
    assert fences(turn) == [(8, 7)]


def test_after_a_restart_of_the_process_nothing_is_taken_for_written_just_now() -> None:
    state = state_of(shown(session=8), tables_of(steps=[step_row()]))
    turn = turn_of(state)
    follow_all(turn)
    assert fences(turn) == [(8, 5)]
    later = turn_of(turn.state, MONO_S + LATE_S)
    follow_all(later)
    assert fences(later) == [(8, 6)]


@pytest.mark.parametrize("state", ["written", "running", "unsure", "fencing"])
def test_another_boot_of_the_plc_means_it_will_never_be_known(state: StepState) -> None:
    step = step_row(state=state, fence_seq=6, fence_session=3)
    picture = with_system(shown(taken_seq=0, last_seq=5, last_result=3), boot_id=9)
    turn = after(step, picture)
    assert row(turn).state == "lost"
    assert row(turn).ended_at == turn.now
    assert writes(turn) == []


@pytest.mark.parametrize("state", ["done", "failed", "aborted", "rejected", "lost", "settling"])
def test_what_has_ended_stays_ended(state: StepState) -> None:
    step = step_row(state=state)
    turn = after(step, with_system(with_session(shown(active_seq=5), 8), boot_id=9))
    assert row(turn) == step
    assert not unresolved(turn)


def test_each_mailbox_is_followed_on_its_own() -> None:
    steps = [step_row(), step_row(Unit.BAYS, code=Code.BAY_UNLOCK), step_row(Unit.CABIN1, "done", Code.SIGNAL)]
    picture = with_mailbox(shown(active_seq=5, taken_seq=5), Unit.BAYS, last_seq=5, last_result=3, taken_seq=5)
    turn = turn_of(state_of(picture, tables_of(steps=steps)))
    follow_all(turn)
    assert {unit: step.state for unit, step in turn.tables.steps.items()} == {
        "CARRIAGE": "running",
        "BAYS": "done",
        "CABIN1": "done",
    }


def test_the_state_before_is_left_as_it_was() -> None:
    before: State = state_of(shown(taken_seq=5, active_seq=5), tables_of(steps=[step_row()]))
    turn = turn_of(before)
    follow_all(turn)
    assert before.tables.steps[CARRIAGE].state == "written"
    assert commands_of(turn.commands, WriteMailbox) == []
