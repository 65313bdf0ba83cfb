"""A cabin's block and commands (registers.csv CAB1, CAB2; plc-if.md 5)."""

from __future__ import annotations

import pytest

from towerd.cabin.model import Cabin, CabinSensors, DoorState, Gauge, Signal
from towerd.cabin.registers import decode_cabin, inner_door, outer_door, signal
from towerd.plc.codes import Args, MailboxCommand

BLOCK = {
    "outer_door": 2,
    "inner_door": 0,
    "sensors": 0b11001,
    "length_mm": 4300,
    "width_mm": 1800,
    "height_mm": 1500,
    "mass_kg": 1400,
    "gauge": 1,
    "tag": 4711,
    "signal": 3,
    "occupancy_epoch": 7,
}


@pytest.mark.parametrize(
    ("command", "code", "args"),
    [
        (inner_door(True, 9), 20, (1, 9, 0, 0)),
        (inner_door(False, 9), 20, (0, 0, 0, 0)),
        (outer_door(True, 9), 21, (1, 9, 0, 0)),
        (outer_door(False, 9), 21, (0, 0, 0, 0)),
        (signal(Signal.GREEN), 22, (2, 0, 0, 0)),
    ],
)
def test_commands_carry_the_contracts_numbers(command: MailboxCommand, code: int, args: Args) -> None:
    assert command == MailboxCommand(code, args)


def test_a_sign_that_the_contract_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="7"):
        signal(7)


def test_a_block_becomes_a_cabin() -> None:
    sensors = CabinSensors.LIGHT_CURTAIN_CLEAR | CabinSensors.VEHICLE_FRONT | CabinSensors.VEHICLE_REAR
    assert decode_cabin(2, BLOCK) == Cabin(
        2, DoorState.OPEN, DoorState.CLOSED, sensors, 4300, 1800, 1500, 1400, Gauge.VALID, 4711, 3, 7
    )


@pytest.mark.parametrize("door", ["inner_door", "outer_door"])
def test_a_door_state_that_the_contract_does_not_know_is_no_cabin(door: str) -> None:
    with pytest.raises(ValueError, match="6"):
        decode_cabin(1, {**BLOCK, door: 6})
