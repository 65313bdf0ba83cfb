"""The carriage's blocks and commands (registers.csv AX_*, LOAD; plc-if.md 5). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from towerd.lift.model import Axis, AxisStatus, Load, PlcOpenState
from towerd.plc.codes import Code, MailboxCommand

NO_STATION = 0xFFFF


class HomeAxis(IntEnum):
    """arg0 of HOME."""

    LIFT = 0
    TURNTABLE = 1
    FORK = 2
    ALL = 9


def decode_axis(values: Mapping[str, int]) -> Axis:
    """An axis from the fields of its block. Raises ValueError on a PLCopen state that the contract does not know."""
    floor, position = values["station_floor"], values["station_position"]
    return Axis(
        plcopen_state=PlcOpenState(values["plcopen_state"]),
        status=AxisStatus(values["status"]),
        actual=values["position"],
        target=values["target"],
        velocity=values["velocity"],
        station_floor=None if floor == NO_STATION else floor,
        station_position=None if position == NO_STATION else position,
        drive_error=values["drive_error"],
        cycles=values["cycles"],
    )


def decode_load(values: Mapping[str, int]) -> Load:
    """What stands on the carriage, from the fields of LOAD; mass in kg."""
    bits = values["load"]
    return Load(
        present_front=bool(bits & 1),
        present_rear=bool(bits & 2),
        centred=bool(bits & 4),
        overload=bool(bits & 8),
        mass_kg=values["mass_kg"],
        tag=values["tag"],
    )


def lift_to(floor: int, position: int, override: int = 0) -> MailboxCommand:
    """LIFT_TO: lift and turntable to a taught station. `override` is arg3, 0 in Auto (5.11)."""
    return MailboxCommand(Code.LIFT_TO, (floor, position, 0, override))


def fork_get(floor: int, position: int, epoch: int = 0, override: int = 0) -> MailboxCommand:
    """FORK_GET: take the vehicle. `epoch` counts on floor 0 only (5.9); `override` is arg3, 0 in Auto (5.11)."""
    return MailboxCommand(Code.FORK_GET, (floor, position, epoch, override))


def fork_put(floor: int, position: int, epoch: int = 0, override: int = 0) -> MailboxCommand:
    """FORK_PUT: leave the vehicle. `epoch` counts on floor 0 only (5.9); `override` is arg3, 0 in Auto (5.11)."""
    return MailboxCommand(Code.FORK_PUT, (floor, position, epoch, override))


def home(axis: HomeAxis | int = HomeAxis.ALL) -> MailboxCommand:
    """HOME: 0 lift, 1 turntable, 2 fork, 9 all. Raises ValueError on another number."""
    return MailboxCommand(Code.HOME, (HomeAxis(axis).value, 0, 0, 0))
