"""What came of a jog step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.core_kit import MONO_S, answers, fork_out, machine, state_of, turn_of, with_axis, with_session
from towerd.fsm.manual_events import JogRequested
from towerd.fsm.reply import JogStep, ReplyTo
from towerd.fsm.stepping import STILL_S, step_begins, step_denies, watch_step
from towerd.fsm.turn import Turn
from towerd.lift.model import AxisStatus
from towerd.plc.snapshot import Snapshot

API = ReplyTo("api", "1")
STANDS = with_axis(machine(), "lift", actual=5000)
LIFT = JogStep(0, 20, 5000, 5000, MONO_S - STILL_S, STANDS.session, API)
TURNTABLE = JogStep(1, -100, 50, 35950, MONO_S, STANDS.session, API)


def watched(seen: Snapshot | None, step: JogStep = LIFT) -> Turn:
    t = turn_of(state_of(seen, jog_step=step))
    watch_step(t)
    return t


def at(mm: int, seen: Snapshot = STANDS) -> Snapshot:
    return with_axis(seen, "lift", actual=mm)


def test_it_is_watched_from_where_the_axis_stands() -> None:
    t = turn_of(state_of(STANDS))
    assert step_denies(t) is None
    watch_step(t)
    step_begins(t, STANDS, JogRequested(0, -1, 50, 20, MONO_S, "ada", API))
    assert t.volatile.jog_step == replace(LIFT, way=-20, since_mono_s=MONO_S)
    denied = step_denies(t)
    assert denied is not None
    assert denied.reason == "busy"
    assert answers(t) == []


def test_as_long_as_the_axis_moves_nobody_is_told() -> None:
    t = watched(at(5012))
    assert t.volatile.jog_step == replace(LIFT, seen=5012, since_mono_s=MONO_S)
    moving = with_axis(STANDS, "lift", status=STANDS.lift.status | AxisStatus.MOVING)
    assert watched(moving).volatile.jog_step == replace(LIFT, since_mono_s=MONO_S)
    young = replace(LIFT, since_mono_s=MONO_S - STILL_S + 0.1)
    assert answers(watched(STANDS, young)) == []


@pytest.mark.parametrize("mm", [5018, 5020, 5022])
def test_a_whole_step_is_told_at_once(mm: int) -> None:
    t = watched(at(mm), replace(LIFT, seen=mm, since_mono_s=MONO_S))
    [answer] = answers(t)
    assert answer.ok
    assert answer.result == {
        "axis": "lift",
        "before": 5000,
        "after": mm,
        "text": f"lift moved {mm - 5000} mm: 5000 mm to {mm} mm",
    }
    assert t.volatile.jog_step is None


def test_the_turntable_passes_its_zero() -> None:
    t = watched(with_axis(machine(), "turntable", actual=35950), TURNTABLE)
    [answer] = answers(t)
    assert answer.ok
    assert answer.result is not None
    assert answer.result["text"] == "turntable moved -1.00°: 0.50° to 359.50°"


def test_no_motion_is_no_success() -> None:
    [answer] = answers(watched(STANDS))
    assert (answer.ok, answer.reasons) == (False, ("not_done",))
    assert answer.result is not None
    assert answer.result["text"] == "lift did not move: it stands at 5000 mm"
    assert "enabling switch" in answer.result["cure"]


@pytest.mark.parametrize("way", [1, 2])
def test_a_smallest_step_that_did_not_come_or_went_the_other_way_is_no_success(way: int) -> None:
    assert not answers(watched(STANDS, replace(LIFT, way=way)))[0].ok
    assert not answers(watched(at(4999), replace(LIFT, way=way, seen=4999)))[0].ok


def test_a_part_of_the_way_is_told_with_what_is_in_the_way() -> None:
    [answer] = answers(watched(fork_out(at(5007)), replace(LIFT, seen=5007)))
    assert not answer.ok
    assert answer.result is not None
    assert answer.result["text"] == "lift moved 7 mm of 20 mm: 5000 mm to 5007 mm: the fork is not centred"
    assert answer.result["cure"] == "towerctl home fork."


@pytest.mark.parametrize("seen", [None, with_session(STANDS, 99)])
def test_a_lost_link_says_that_nobody_knows(seen: Snapshot | None) -> None:
    t = watched(seen)
    assert answers(t)[0].reasons == ("plc_lost",)
    assert t.volatile.jog_step is None
