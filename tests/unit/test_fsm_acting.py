"""What may be sent is sent once; what may not is not (plc-if.md 5)."""

from __future__ import annotations

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
from tests.support.values import AT
from towerd.cabin.model import Signal
from towerd.cabin.registers import outer_door, signal
from towerd.faults import COMMAND_FAILED
from towerd.fsm.acting import close_outer, open_outer, show_sign, try_act, try_in_cabin, wait_for
from towerd.fsm.state import Fault
from towerd.fsm.turn import Turn
from towerd.jobs.model import Act
from towerd.plc.codes import Code
from towerd.plc.snapshot import PackmlState, Unit

SIGN = Act(Unit.CABIN1, signal(2), 1.0)


def turn(seen: Any = None, **rows: Any) -> Turn:
    volatile = {name: rows.pop(name) for name in ("retry_after_mono_s",) if name in rows}
    return turn_of(state_of(seen or machine(), tables_of(**rows), **volatile))


def test_a_command_leaves_with_its_job_and_is_told() -> None:
    t = turn()
    try_act(t, SIGN, 7)
    assert [(write.unit, write.code, write.job_id) for write in writes(t)] == [(Unit.CABIN1, Code.SIGNAL, 7)]
    assert t.volatile.doing == "SIGNAL 2"


@pytest.mark.parametrize(
    "t",
    [
        turn(with_mailbox(machine(), Unit.CABIN1, active_seq=4)),
        turn(steps=[step_row(Unit.CABIN1, "written", Code.SIGNAL)]),
        turn(retry_after_mono_s={"CABIN1 sign": MONO_S + 1}),
    ],
    ids=["busy", "ours is open", "after a refusal"],
)
def test_nothing_leaves_for_a_unit_that_is_not_free(t: Turn) -> None:
    try_act(t, SIGN, None)
    assert not t.commands


def test_a_cabin_works_under_a_fault_of_the_carriage_and_not_while_held() -> None:
    t = turn(faults={COMMAND_FAILED: Fault(COMMAND_FAILED, AT, "lift")})
    try_in_cabin(t, SIGN)
    assert writes(t)
    t = turn(with_system(machine(), packml_state=PackmlState.HELD))
    try_in_cabin(t, SIGN)
    assert not t.commands


def test_the_door_opens_for_what_was_seen_and_closes_for_nothing() -> None:
    shown = machine().cabin(1)
    t = turn()
    open_outer(t, shown)
    assert [write.args for write in writes(t)] == [outer_door(True, shown.occupancy_epoch).args]
    t = turn()
    close_outer(t, shown)
    assert [write.args for write in writes(t)] == [(0, 0, 0, 0)]


def test_what_is_waited_for_is_remembered_once() -> None:
    t = turn()
    wait_for(t, "the customer")
    before = t.volatile
    wait_for(t, "the customer")
    assert t.volatile is before
    assert before.doing == "the customer"


def test_a_sign_is_sent_where_it_shows_something_else() -> None:
    shown = machine().cabin(1)
    t = turn()
    show_sign(t, shown, Signal.RED)
    assert not t.commands
    show_sign(t, shown, Signal.GREEN)
    assert [(write.unit, write.code, write.args[0]) for write in writes(t)] == [
        (Unit.CABIN1, Code.SIGNAL, Signal.GREEN)
    ]
