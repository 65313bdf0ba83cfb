"""A command that the PLC does not end is told and cancelled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    MONO_S,
    machine,
    state_of,
    step_row,
    tables_of,
    turn_of,
    with_mailbox,
    with_system,
    writes,
)
from towerd.faults import COMMAND_FAILED
from towerd.fsm.overdue import watch_limits
from towerd.fsm.state import State, Step
from towerd.fsm.turn import Turn
from towerd.plc.codes import Code
from towerd.plc.snapshot import MailboxState, PackmlState, Snapshot, Unit

RUNNING = step_row(state="running")
LIMIT_S = RUNNING.limit_ds // 10
WORKS = with_mailbox(machine(), Unit.CARRIAGE, active_seq=5, taken_seq=5, state=MailboxState.BUSY)
HOLDING = with_mailbox(WORKS, Unit.CARRIAGE, state=MailboxState.HOLDING)


class Watched:
    """A core that looks once a second, and what it asked for."""

    def __init__(self, step: Step = RUNNING) -> None:
        self.state = state_of(WORKS, tables_of(steps=[step]))
        self.mono_s, self.asked = MONO_S, 0
        self.look()

    def look(self, picture: Snapshot | None = WORKS, after_s: float = 1.0) -> Turn:
        """One more picture."""
        self.mono_s += after_s
        t = turn_of(State(self.state.tables, replace(self.state.volatile, snapshot=picture)), self.mono_s)
        watch_limits(t)
        self.state, self.asked = t.state, self.asked + len(writes(t))
        return t

    def looks(self, count: int, picture: Snapshot | None = WORKS) -> Turn:
        """So many pictures; the last turn."""
        for _ in range(count - 1):
            self.look(picture)
        return self.look(picture)


def test_a_command_that_does_not_end_is_told_and_cancelled_once() -> None:
    core = Watched()
    assert core.looks(LIMIT_S + 5).tables.faults == {}
    assert core.asked == 0
    late = core.look()
    cause = "LIFT_TO 2-3: the PLC has not ended it 5 s after its limit of 30 s"
    assert late.tables.faults[COMMAND_FAILED].cause == cause
    assert [(write.code, write.args[0]) for write in writes(late)] == [(Code.CANCEL, 5)]
    core.looks(200)
    assert core.asked == 1


def test_by_hand_the_limit_is_the_longest_and_counts_as_well() -> None:
    core = Watched(replace(RUNNING, by="lin", limit_ds=6000))
    assert core.looks(605).tables.faults == {}
    assert COMMAND_FAILED in core.look().tables.faults


@pytest.mark.parametrize(
    "held", [HOLDING, with_system(WORKS, packml_state=PackmlState.HELD)], ids=["mailbox", "machine"]
)
def test_held_time_does_not_count(held: Snapshot) -> None:
    core = Watched()
    core.looks(20)
    core.looks(200, held)
    core.looks(LIMIT_S + 5 - 20)
    assert core.asked == 0
    core.look()
    assert core.asked == 1


@pytest.mark.parametrize("values", [{"state": "done"}, {"state": "written"}, {"seq": 6}])
def test_what_has_ended_or_is_another_begins_anew(values: dict[str, Any]) -> None:
    core = Watched()
    core.looks(LIMIT_S)
    step = replace(RUNNING, **values)
    core.state = replace(core.state, tables=tables_of(steps=[step]))
    core.looks(LIMIT_S, with_mailbox(WORKS, Unit.CARRIAGE, active_seq=step.seq))
    assert core.asked == 0
    assert list(core.state.volatile.runs) == (["CARRIAGE 6"] if "seq" in values else [])


def test_one_that_ends_just_now_is_not_cancelled() -> None:
    core = Watched()
    core.looks(LIMIT_S + 5)
    core.look(with_mailbox(WORKS, Unit.CARRIAGE, active_seq=0, last_seq=5))
    assert core.asked == 0
    assert core.state.volatile.runs == {}


def test_what_nobody_saw_does_not_count() -> None:
    core = Watched()
    core.looks(9_999, None)
    core.look(after_s=9_999.0)
    assert core.asked == 0
    assert not turn_of(core.state).tables.faults
