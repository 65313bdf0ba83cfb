"""CANCEL of what runs (plc-if.md 5.7)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.core_kit import machine, state_of, step_row, tables_of, turn_of, with_mailbox, writes
from towerd.fsm.commanding import cancel_running
from towerd.plc.codes import Code
from towerd.plc.snapshot import Unit

RUNNING = step_row(state="running")


def test_a_cancel_names_the_number_that_runs_and_takes_one_of_its_own() -> None:
    turn = turn_of(
        state_of(with_mailbox(machine(), Unit.CARRIAGE, taken_seq=5, active_seq=5), tables_of(steps=[RUNNING]))
    )
    cancel_running(turn, RUNNING)
    [write] = writes(turn)
    assert (write.unit, write.seq, write.code, write.args[0], write.job_id) == (Unit.CARRIAGE, 6, Code.CANCEL, 5, 1)
    assert turn.tables.steps[Unit.CARRIAGE] == RUNNING, "its end is what follow_all sees"


@pytest.mark.parametrize(("seen", "state"), [(None, "running"), (machine(), "written"), (machine(), "done")])
def test_what_is_not_seen_to_run_cannot_be_cancelled(seen: Any, state: Any) -> None:
    turn = turn_of(state_of(seen))
    with pytest.raises(ValueError, match="seen to run"):
        cancel_running(turn, step_row(state=state))
    assert not turn.commands
