"""The carriage's blocks and commands (registers.csv AX_*, LOAD; plc-if.md 5)."""

from __future__ import annotations

import pytest

from towerd.lift.model import Axis, AxisStatus, Load, PlcOpenState
from towerd.lift.registers import NO_STATION, HomeAxis, decode_axis, decode_load, fork_get, fork_put, home, lift_to
from towerd.plc.codes import Args, MailboxCommand

AXIS = {
    "plcopen_state": 0,
    "status": 0,
    "position": 6200,
    "target": 6300,
    "velocity": 900,
    "station_floor": 2,
    "station_position": 3,
    "drive_error": 0,
    "cycles": 17,
}


@pytest.mark.parametrize(
    ("command", "code", "args"),
    [
        (lift_to(2, 3), 1, (2, 3, 0, 0)),
        (lift_to(2, 3, 16), 1, (2, 3, 0, 16)),
        (fork_get(0, 1, 55), 2, (0, 1, 55, 0)),
        (fork_put(4, 2, override=1), 3, (4, 2, 0, 1)),
        (home(), 4, (9, 0, 0, 0)),
        (home(HomeAxis.FORK), 4, (2, 0, 0, 0)),
    ],
)
def test_commands_carry_the_contracts_numbers(command: MailboxCommand, code: int, args: Args) -> None:
    assert command == MailboxCommand(code, args)


def test_an_axis_that_the_contract_does_not_know_is_not_homed() -> None:
    with pytest.raises(ValueError, match="3"):
        home(3)


@pytest.mark.parametrize(("floor", "position", "stands"), [(2, 3, (2, 3)), (NO_STATION, NO_STATION, (None, None))])
def test_a_block_becomes_an_axis_between_stations_or_at_one(
    floor: int, position: int, stands: tuple[int | None, int | None]
) -> None:
    read = decode_axis({**AXIS, "station_floor": floor, "station_position": position})
    assert read == Axis(PlcOpenState(0), AxisStatus(0), 6200, 6300, 900, *stands, 0, 17)


@pytest.mark.parametrize(
    ("bits", "load"),
    [
        (0, Load(False, False, False, False, 1400, 4711)),
        (1, Load(True, False, False, False, 1400, 4711)),
        (2, Load(False, True, False, False, 1400, 4711)),
        (4, Load(False, False, True, False, 1400, 4711)),
        (8, Load(False, False, False, True, 1400, 4711)),
    ],
)
def test_each_bit_of_the_load_is_one_sensor(bits: int, load: Load) -> None:
    assert decode_load({"load": bits, "mass_kg": 1400, "tag": 4711}) == load
