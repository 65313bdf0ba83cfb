from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.core_kit import machine
from towerd.lift.model import AxisStatus, Load, PlcOpenState


@pytest.mark.parametrize(
    ("front", "rear", "state"),
    [(True, True, "loaded"), (False, False, "empty"), (True, False, "disagree"), (False, True, "disagree")],
)
def test_one_sensor_alone_is_a_disagreement(front: bool, rear: bool, state: str) -> None:
    assert Load(front, rear, True, False, 0, 0).state == state


def test_an_axis_knows_whether_it_is_homed_by_its_own_bit() -> None:
    axis = machine().lift
    assert axis.homed
    assert not replace(axis, status=AxisStatus(0x1FF & ~AxisStatus.HOMED)).homed


@pytest.mark.parametrize("state", list(PlcOpenState))
def test_an_axis_stands_also_while_its_drive_is_off(state: PlcOpenState) -> None:
    # who sets the brake may switch the drive off
    assert replace(machine().lift, plcopen_state=state).standstill is (state in (0, 3))
