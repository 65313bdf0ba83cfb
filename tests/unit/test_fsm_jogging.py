"""Jog: as long as the key is held, and not a moment longer (plc-if.md 7)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.core_kit import (
    MONO_S,
    answers,
    asked,
    config,
    machine,
    state_of,
    told,
    turn_of,
    with_mailbox,
    with_safety,
    with_system,
)
from towerd.fsm.commands import CancelTimer, StartTimer, WriteJog
from towerd.fsm.jogging import ALIVE_S, JOG, TOO_OLD_S, jog_expired, jog_requested, watch_jog
from towerd.fsm.manual_events import JogRequested
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import Jog, Lease
from towerd.fsm.turn import Turn
from towerd.plc.snapshot import KeySwitch, PackmlState, Safety, Snapshot, Unit

API = ReplyTo("api", "1")
READY = with_safety(with_system(machine(), key_switch=KeySwitch.MANUAL), on=Safety.ENABLING_SWITCH)
UNDER_WAY = Jog(1, 1, "ada", MONO_S + 0.1)


def turn(seen: Snapshot | None = READY, settings: Any = None, **volatile: Any) -> Turn:
    return turn_of(state_of(seen, **volatile), settings=settings)


def word(axis: int = 0, direction: int = 1, step: int = 0, **more: Any) -> JogRequested:
    values: dict[str, Any] = {"speed_pct": 50, "received_mono_s": MONO_S, "by": "ada", "reply": API}
    return JogRequested(axis, direction, step=step, **(values | more))


def test_each_word_is_written_and_lives_for_a_moment() -> None:
    t = turn()
    jog_requested(t, word())
    jog_requested(t, word())
    assert asked(t, WriteJog) == [WriteJog(0, 1, 50, 0, READY.session)] * 2
    assert asked(t, StartTimer) == [StartTimer(JOG, ALIVE_S)] * 2
    assert t.volatile.jog == Jog(0, 1, "ada", MONO_S + ALIVE_S)
    assert [answer.ok for answer in answers(t)] == [True, True]
    assert told(t) == ["manual_intervention"] * 2, "the lease and the jog, once each"


def test_letting_go_stops_at_once() -> None:
    t = turn(jog=UNDER_WAY)
    jog_requested(t, word(direction=0))
    assert asked(t, WriteJog) == [WriteJog(1, 0, 1, 0, READY.session)]
    assert asked(t, CancelTimer) == [CancelTimer(JOG)]
    assert t.volatile.jog is None
    jog_requested(t, word(direction=0))
    assert asked(t, WriteJog)[1].axis == 0, "stopping what does not move is no harm"


def test_a_step_runs_to_its_end_by_itself() -> None:
    t = turn()
    jog_requested(t, word(step=200))
    assert asked(t, WriteJog) == [WriteJog(0, 1, 50, 200, READY.session)]
    assert asked(t, StartTimer) == []
    assert t.volatile.jog is None


def test_silence_stops() -> None:
    t = turn(jog=UNDER_WAY)
    jog_expired(t)
    assert asked(t, WriteJog)[0].direction == 0
    jog_expired(t)
    assert len(asked(t, WriteJog)) == 1


def test_silence_in_the_dark_asks_nothing_of_the_plc() -> None:
    t = turn(None, jog=UNDER_WAY)
    jog_expired(t)
    assert asked(t, WriteJog) == []
    assert t.volatile.jog is None


@pytest.mark.parametrize(
    ("seen", "volatile", "event", "reason"),
    [
        (None, {}, word(), "plc_lost"),
        (READY, {"lease": Lease("bob", MONO_S + 9)}, word(), "lease_held"),
        (READY, {"lease": Lease("bob", MONO_S + 9)}, word(direction=0), "lease_held"),
        (READY, {}, word(axis=3), "plc_refused"),
        (READY, {}, word(step=201), "plc_refused"),
        (READY, {}, word(speed_pct=0), "plc_refused"),
        (machine(), {}, word(), "plc_refused"),
        (with_safety(READY, off=Safety.ENABLING_SWITCH), {}, word(), "plc_refused"),
        (with_mailbox(READY, Unit.CARRIAGE, active_seq=4), {}, word(), "plc_refused"),
        (READY, {}, word(received_mono_s=MONO_S - TOO_OLD_S - 0.01), "too_late"),
    ],
)
def test_what_is_refused_moves_nothing(
    seen: Snapshot | None, volatile: dict[str, Any], event: JogRequested, reason: str
) -> None:
    t = turn(seen, **volatile)
    jog_requested(t, event)
    assert answers(t)[0].reasons == (reason,)
    assert asked(t, WriteJog) == []


def test_a_refused_word_ends_what_it_was_part_of() -> None:
    t = turn(machine(), jog=UNDER_WAY)
    jog_requested(t, word())
    assert asked(t, WriteJog)[0].direction == 0
    t = turn(machine(), jog=Jog(0, 1, "bob", MONO_S + 0.1))
    jog_requested(t, word())
    assert asked(t, WriteJog) == []


def test_not_on_a_slow_line() -> None:
    t = turn(settings=config(jog_served=False))
    jog_requested(t, word())
    assert answers(t)[0].reasons == ("line_too_slow",)


@pytest.mark.parametrize(
    ("seen", "volatile", "stops"),
    [
        (READY, {}, False),
        (READY, {"lease": Lease("ada", MONO_S + 9)}, False),
        (READY, {"lease": Lease("bob", MONO_S + 9)}, True),
        (with_safety(READY, off=Safety.ENABLING_SWITCH), {}, True),
        (with_system(READY, packml_state=PackmlState.HELD), {}, True),
        (None, {}, True),
    ],
)
def test_jog_ends_with_what_it_asks(seen: Snapshot | None, volatile: dict[str, Any], stops: bool) -> None:
    t = turn(seen, jog=UNDER_WAY, **volatile)
    watch_jog(t)
    assert (t.volatile.jog is None) is stops
    t = turn(seen)
    watch_jog(t)
    assert asked(t, WriteJog) == []
