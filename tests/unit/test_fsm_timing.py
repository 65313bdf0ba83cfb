"""How long a job moves, and how long it waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import MONO_S, later, step_row, with_system
from tests.support.moves_kit import STOCKED, job_for, turn
from tests.support.values import AT
from towerd.fsm.commands import AppendOutbox
from towerd.fsm.state import Job
from towerd.fsm.timing import motion_s, tell_done, watch_pause
from towerd.plc.snapshot import PackmlState

LATER = AT + timedelta(seconds=7)


def watched(job: Job, *, seen: Any = STOCKED, steps: Any = (), now: Any = AT) -> Job:
    t = later(turn(seen=seen, jobs=[job], steps=steps), MONO_S, now)
    watch_pause(t, t.tables.jobs[6])
    return t.tables.jobs[6]


WORKING = step_row(job=6)


@pytest.mark.parametrize(
    ("seen", "steps"),
    [
        (STOCKED, ()),
        (None, (WORKING,)),
        (with_system(STOCKED, packml_state=PackmlState.HELD), (WORKING,)),
        (STOCKED, (step_row(job=5),)),
        (STOCKED, (step_row(job=6, state="done"),)),
    ],
)
def test_a_job_without_a_command_under_way_waits(seen: Any, steps: Any) -> None:
    assert watched(job_for(), seen=seen, steps=steps).waiting_since_at == AT


def test_a_pause_is_added_up_once_it_is_over() -> None:
    job = watched(job_for(waiting_since_at=AT, waited_s=1.5), steps=(WORKING,), now=LATER)
    assert (job.waited_s, job.waiting_since_at) == (8.5, None)


def test_nothing_is_written_while_nothing_changes() -> None:
    moving, waiting = job_for(), job_for(waiting_since_at=AT)
    assert watched(moving, steps=(WORKING,), now=LATER) == moving
    assert watched(waiting, now=LATER) == waiting
    t = turn()
    watch_pause(t, None)
    assert not t.commands


def test_what_was_waited_is_no_motion() -> None:
    assert motion_s(job_for()) is None
    assert motion_s(job_for(state="done", ended_at=LATER)) == 7.0
    assert motion_s(job_for(state="done", ended_at=LATER, waited_s=2.0)) == 5.0
    assert motion_s(job_for(state="done", ended_at=LATER, waited_s=2.0, waiting_since_at=AT)) == 0.0
    last = AT + timedelta(seconds=4)
    assert motion_s(job_for(state="done", ended_at=LATER, waiting_since_at=last)) == 4.0


@pytest.mark.parametrize(("minimum_s", "ratio"), [(5.0, 1.4), (0.0, None)])
def test_the_end_is_told_with_its_time(minimum_s: float, ratio: Any) -> None:
    t = turn()
    tell_done(t, job_for(state="done", ended_at=LATER, minimum_s=minimum_s))
    (told,) = [one for one in t.commands if isinstance(one, AppendOutbox)]
    data = told.body["data"]
    assert (data["job"], data["motion_s"], data["minimum_s"], data["ratio"]) == (6, 7.0, minimum_s, ratio)
