"""A command begins only where none is in flight to another mailbox that would contradict it (plc-if.md 5)."""

from __future__ import annotations

import pytest

from tests.support.core_kit import inner_door_open, machine, state_of, step_row, tables_of, turn_of, with_mailbox
from towerd.bays.registers import bay_lock
from towerd.cabin.registers import inner_door, outer_door
from towerd.fsm.commanding import free, shaft_free
from towerd.jobs.model import Act
from towerd.lift.registers import lift_to
from towerd.plc.codes import Code
from towerd.plc.snapshot import Unit

ACT = Act(Unit.CARRIAGE, lift_to(2, 3), 10.0)
OPEN_OUTER = Act(Unit.CABIN1, outer_door(True), 5.0)


@pytest.mark.parametrize(
    ("unit", "code", "clashes"),
    [
        (Unit.BAYS, Code.BAY_UNLOCK, True),
        (Unit.BAYS, Code.BAY_LOCK, True),
        (Unit.CABIN2, Code.INNER_DOOR, True),
        (Unit.CABIN2, Code.OUTER_DOOR, False),
        (Unit.CABIN2, Code.SIGNAL, False),
    ],
)
def test_what_moves_in_the_shaft_waits_for_what_is_in_flight_to_another_mailbox(
    unit: Unit, code: Code, clashes: bool
) -> None:
    written = turn_of(state_of(machine(), tables_of(steps=[step_row(unit, "written", code)])))
    working = turn_of(state_of(with_mailbox(machine(), unit, active_seq=9, active_code=code)))
    for turn in (written, working):
        assert shaft_free(turn) is not clashes
        assert free(turn, ACT) is not clashes
        assert free(turn, OPEN_OUTER), "nothing in the shaft asks how a door to the street stands"


def test_behind_an_open_inner_door_the_outer_one_is_waited_for_as_well() -> None:
    opened = inner_door_open(with_mailbox(machine(), Unit.CABIN1, active_seq=9, active_code=Code.OUTER_DOOR))
    assert not shaft_free(turn_of(state_of(opened)))


def test_a_lock_and_an_inner_door_wait_for_the_carriage() -> None:
    turn = turn_of(state_of(machine(), tables_of(steps=[step_row(state="written")])))
    assert not free(turn, Act(Unit.BAYS, bay_lock(2, 3), 1.0))
    assert not free(turn, Act(Unit.CABIN1, inner_door(False), 1.0))
