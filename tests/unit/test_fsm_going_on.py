"""Whether open work goes on."""

from __future__ import annotations

from datetime import timedelta

from tests.support.core_kit import job, machine, state_of, step_row, tables_of, with_system
from tests.support.values import AT
from towerd.fsm.going_on import open_step, stands, waits_for
from towerd.fsm.state import State
from towerd.plc.codes import Code
from towerd.plc.snapshot import PackmlState, Snapshot, Unit
from towerd.view import Obstacle

FAULT = (Obstacle("TWR-3002", "another car", "Look at it"),)
STEP = step_row(state="running")
HELD = with_system(machine(), packml_state=PackmlState.HELD)


def state(*steps: object, seen: Snapshot | None = None) -> State:
    return state_of(seen, tables_of(steps=list(steps)))


def test_the_newest_open_command_but_for_signs() -> None:
    later = step_row(Unit.BAYS, "running", Code.BAY_LOCK, written_at=AT + timedelta(seconds=1))
    sign = step_row(Unit.CABIN1, "running", Code.SIGNAL, (1, 0, 0, 0), written_at=AT + timedelta(seconds=2))
    assert open_step(state(STEP, later, sign)) == later
    assert open_step(state(step_row(state="done"), sign)) is None


def test_work_stands_once_nothing_may_leave_and_nothing_is_executed() -> None:
    assert not stands(state(seen=machine()), ())
    assert stands(state(seen=machine()), FAULT)
    assert not stands(state(STEP, seen=machine()), FAULT)
    assert stands(state(STEP, seen=HELD), FAULT)
    assert stands(state(STEP), FAULT)


def test_a_running_job_names_what_it_stands_behind() -> None:
    assert waits_for(state(seen=machine()), job(), FAULT) == ("TWR-3002",)
    assert waits_for(state(STEP, seen=machine()), job(), FAULT) == ()
    assert waits_for(state(seen=machine()), job(state="held"), FAULT) == ()
