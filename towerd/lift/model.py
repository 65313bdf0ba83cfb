"""The carriage as the PLC shows it (registers.csv AX_* and LOAD)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Literal


class PlcOpenState(IntEnum):
    """PLCopen axis states by the contract's numbers."""

    DISABLED = 0
    ERRORSTOP = 1
    STOPPING = 2
    STANDSTILL = 3
    DISCRETE_MOTION = 4
    CONTINUOUS_MOTION = 5
    SYNCHRONIZED_MOTION = 6
    HOMING = 7


class AxisStatus(IntFlag):
    """Status bits of an axis."""

    POWERED = 1 << 0
    HOMED = 1 << 1
    IN_POSITION = 1 << 2
    MOVING = 1 << 3
    BRAKE_RELEASED = 1 << 4
    LIMIT_PLUS = 1 << 5
    LIMIT_MINUS = 1 << 6
    OVERLOAD = 1 << 7
    SLACK_ROPE = 1 << 8


# a plain number: asked with every snapshot, and arithmetic on flags is slow
_HOMED = int(AxisStatus.HOMED)


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis. `actual`, `target`, `velocity` are raw: mm and mm/s (lift, fork), 0.01° and 0.01°/s (turntable).

    `station_floor` (lift) and `station_position` (turntable) are None where the axis stands at no taught station.
    """

    plcopen_state: PlcOpenState
    status: AxisStatus
    actual: int
    target: int
    velocity: int
    station_floor: int | None
    station_position: int | None
    drive_error: int
    cycles: int

    @property
    def homed(self) -> bool:
        """Whether the axis knows where it is."""
        return bool(int(self.status) & _HOMED)

    @property
    def standstill(self) -> bool:
        """Whether the axis stands: ready, or with its brake set and its drive off, as a PLC may leave it between two moves."""
        return self.plcopen_state in (PlcOpenState.STANDSTILL, PlcOpenState.DISABLED)


LoadState = Literal["empty", "loaded", "disagree"]


@dataclass(frozen=True, slots=True)
class Load:
    """What stands on the carriage. `mass_kg` and `tag` are 0 unless both sensors are on (5.10)."""

    present_front: bool
    present_rear: bool
    centred: bool
    overload: bool
    mass_kg: int
    tag: int

    @property
    def state(self) -> LoadState:
        """Both sensors: loaded; neither: empty; one: a disagreement."""
        if self.present_front and self.present_rear:
            return "loaded"
        return "disagree" if self.present_front or self.present_rear else "empty"
