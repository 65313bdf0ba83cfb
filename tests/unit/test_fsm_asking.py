"""When the questions of a turn need not be asked."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support import passed_over
from tests.support.core_kit import MONO_S, config, machine, state_of, turn_of, with_axis, with_cabin, with_system
from tests.support.values import AT
from towerd.fsm import reducer
from towerd.fsm.events import PlcObserved, Stamped
from towerd.fsm.rest import Rest
from towerd.fsm.state import State
from towerd.fsm.turn import Turn
from towerd.plc.snapshot import Snapshot

SETTINGS = config()
BEATS = with_system(machine(), plc_heartbeat=77)
IN_5_S = AT + timedelta(seconds=5)
Question = Callable[[Turn], object]


def resting(*questions: Question, picture: Snapshot | None = BEATS) -> State:
    """The state after questions that had nothing to do."""
    turn = turn_of(state_of(picture), settings=SETTINGS)
    turn.begin_questions(all_of_them=True)
    for question in questions:
        question(turn)
    return turn.found()


def next_turn(state: State, picture: Snapshot | None = None, after_s: float = 0.1) -> Turn:
    """The turn of the next event, which shows this picture."""
    turn = turn_of(state, MONO_S + after_s, SETTINGS)
    if picture is not None:
        turn.set(snapshot=picture)
    return turn


def test_nothing_is_known_of_a_state_before_it_was_asked() -> None:
    assert not next_turn(state_of(machine()), BEATS).rests()


def test_nothing_to_do_stays_so_while_nothing_happens() -> None:
    state = resting()
    assert state.rest == Rest(SETTINGS, AT, None, math.inf)
    assert next_turn(state).rests()
    assert next_turn(state, with_axis(machine(), "lift", actual=3)).rests()
    assert next_turn(state, after_s=1e6).rests()


def test_it_is_kept_from_turn_to_turn() -> None:
    state = resting()
    turn = next_turn(state, with_system(machine(), plc_heartbeat=78))
    after = turn.found()
    assert after.rest is state.rest
    assert after.volatile.snapshot is turn.snapshot


@pytest.mark.parametrize(
    "happens",
    [
        lambda turn: turn.set(snapshot=with_cabin(machine(), 1, tag=9)),
        lambda turn: turn.set(snapshot=None),
        lambda turn: turn.set(doing="something"),
        lambda turn: turn.put("jobs", 1, object()),
    ],
    ids=["picture", "no picture", "volatile", "row"],
)
def test_whatever_happens_ends_it(happens: Question) -> None:
    turn = next_turn(resting())
    happens(turn)
    assert not turn.rests()


def test_a_first_picture_ends_it() -> None:
    assert not next_turn(resting(picture=None), machine()).rests()
    assert next_turn(resting(picture=None)).rests()


@pytest.mark.parametrize(
    ("waits", "until_at", "until_mono_s"),
    [
        (lambda turn: turn.reached(IN_5_S), IN_5_S, math.inf),
        (lambda turn: turn.reached(IN_5_S) or turn.reached(IN_5_S + timedelta(seconds=9)), IN_5_S, math.inf),
        (lambda turn: turn.reached(IN_5_S + timedelta(seconds=9)) or turn.reached(IN_5_S), IN_5_S, math.inf),
        (lambda turn: turn.reached_mono(MONO_S + 5) or turn.reached_mono(MONO_S + 9), None, MONO_S + 5),
        (lambda turn: turn.reached(AT) and turn.reached_mono(MONO_S), None, math.inf),
    ],
    ids=["one", "earlier first", "later first", "this process's clock", "past"],
)
def test_a_moment_that_is_waited_for_ends_it(waits: Question, until_at: object, until_mono_s: float) -> None:
    rest = resting(waits).rest
    assert rest is not None
    assert (rest.until_at, rest.until_mono_s) == (until_at, until_mono_s)


def test_it_ends_when_the_moment_has_come() -> None:
    state = resting(lambda turn: turn.reached(IN_5_S))
    assert next_turn(state, after_s=4.9).rests()
    assert not next_turn(state, after_s=5.0).rests()


@pytest.mark.parametrize(
    "reads",
    [
        lambda turn: turn.now,
        lambda turn: turn.mono_s,
        lambda turn: turn.set(doing="something"),
        lambda turn: turn.put("jobs", 1, object()),
    ],
    ids=["now", "mono_s", "set", "put"],
)
def test_who_did_something_or_read_the_time_itself_is_asked_again(reads: Question) -> None:
    assert resting(reads).rest is None


def test_what_was_read_or_done_before_the_questions_is_not_theirs() -> None:
    turn = turn_of(state_of(machine()), settings=SETTINGS)
    assert (turn.now, turn.mono_s) == (AT, MONO_S)
    turn.reached(IN_5_S)
    turn.set(doing="something")
    turn.begin_questions(all_of_them=True)
    assert turn.found().rest == Rest(SETTINGS, AT, None, math.inf)


def test_but_where_they_saw_a_row_change_or_heard_something_said_they_are_asked_once_more() -> None:
    turn = turn_of(state_of(machine()), settings=SETTINGS)
    turn.put("jobs", 1, object())
    turn.begin_questions(all_of_them=True)
    assert turn.found().rest is None
    turn = turn_of(state_of(machine()), settings=SETTINGS)
    turn.said = True
    turn.begin_questions(all_of_them=True)
    assert turn.found().rest is None


def test_some_of_them_are_not_all() -> None:
    turn = turn_of(state_of(machine()), settings=SETTINGS)
    turn.begin_questions(all_of_them=False)
    assert turn.found().rest is None


def test_a_state_that_was_made_of_another_is_asked() -> None:
    state = resting()
    assert replace(state, volatile=state.volatile).rest is None
    assert State(state.tables, state.volatile) == state


def seen(picture: Snapshot, state: State, after_s: float) -> State:
    """The core after one more picture."""
    stamped = Stamped(AT + timedelta(seconds=after_s), MONO_S + after_s, PlcObserved(picture))
    return reducer.step(state, stamped, SETTINGS)[0]


def idle() -> State:
    """A core that has seen a machine at which nothing is to be done, as often as it takes."""
    state = state_of(None)
    for number in range(5):
        state = seen(machine(), state, 0.1 * number)
    return state


def test_a_picture_without_news_is_kept_and_nothing_else_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    state = idle()
    assert state.rest is not None
    asked: list[bool] = []
    monkeypatch.setattr(reducer, "Turn", Turn)
    monkeypatch.setattr(reducer, "ask_all", lambda turn, last, looks: asked.append(looks))
    goes_on = with_axis(with_system(machine(), plc_heartbeat=9), "lift", actual=12)
    after = seen(goes_on, state, 0.6)
    assert (asked, after.tables, after.volatile.snapshot) == ([], state.tables, goes_on)
    seen(with_cabin(machine(), 1, tag=9), after, 0.7)
    assert asked == [True]


def test_a_question_that_reads_what_is_no_news_is_found_by_whoever_tests_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def looks_at_the_way(turn: Turn) -> None:
        if turn.snapshot is not None and turn.snapshot.lift.actual > 5:
            turn.set(plc_reason="far up")

    state = idle()
    monkeypatch.setattr(reducer, "watch_obstacles", looks_at_the_way)
    for number in range(passed_over.EVERY):
        state = seen(with_axis(machine(), "lift", actual=6), state, 0.6 + 0.1 * number)
    [found] = passed_over.WRONG
    passed_over.WRONG.clear()
    assert "'plc_reason'" in found
