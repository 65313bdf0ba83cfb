"""A transfer cabin as the PLC shows it (registers.csv CAB1, CAB2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Literal


class DoorState(IntEnum):
    """State of an inner or outer door. One stopped half way reads BLOCKED (9.4)."""

    CLOSED = 0
    OPENING = 1
    OPEN = 2
    CLOSING = 3
    BLOCKED = 4
    FAULT = 5


class CabinSensors(IntFlag):
    """Sensor bits of a cabin."""

    LIGHT_CURTAIN_CLEAR = 1 << 0
    PERSON_DETECTED = 1 << 1
    MOTION_DETECTED = 1 << 2
    VEHICLE_FRONT = 1 << 3
    VEHICLE_REAR = 1 << 4
    TOO_FAR_FORWARD = 1 << 5
    TOO_FAR_BACK = 1 << 6
    TOO_FAR_LEFT = 1 << 7
    TOO_FAR_RIGHT = 1 << 8
    EXIT_BUTTON = 1 << 9
    CLEAR_CONFIRMED = 1 << 10
    INTERCOM_CALL = 1 << 11
    DOORWAY_CLEAR = 1 << 12


class Gauge(IntFlag):
    """What the vehicle gauge says."""

    VALID = 1 << 0
    TOO_LONG = 1 << 1
    TOO_WIDE = 1 << 2
    TOO_HIGH = 1 << 3
    TOO_HEAVY = 1 << 4


class Signal(IntEnum):
    """The sign of a cabin; the argument of SIGNAL."""

    OFF = 0
    RED = 1
    GREEN = 2
    DRIVE_FORWARD = 3
    DRIVE_BACK = 4
    STOP = 5
    LEAVE_CABIN = 6


CabinContent = Literal["empty", "occupied", "disagree"]
BOTH_VEHICLE_SENSORS = CabinSensors.VEHICLE_FRONT | CabinSensors.VEHICLE_REAR
SOMEBODY = CabinSensors.PERSON_DETECTED | CabinSensors.MOTION_DETECTED
# plain numbers: asked several times with every snapshot, and arithmetic on flags is slow
_BOTH_VEHICLE_SENSORS = int(BOTH_VEHICLE_SENSORS)
_CURTAIN_CLEAR = int(CabinSensors.LIGHT_CURTAIN_CLEAR)
_NOBODY = int(SOMEBODY) | _CURTAIN_CLEAR
_DESERTED = _NOBODY | _BOTH_VEHICLE_SENSORS


@dataclass(frozen=True, slots=True)
class Cabin:
    """One cabin. Lengths in mm, mass in kg; `tag`, mass and gauge are 0 unless both vehicle sensors are on (5.10)."""

    number: int
    outer_door: DoorState
    inner_door: DoorState
    sensors: CabinSensors
    length_mm: int
    width_mm: int
    height_mm: int
    mass_kg: int
    gauge: Gauge
    tag: int
    signal: int
    occupancy_epoch: int

    @property
    def content(self) -> CabinContent:
        """What both vehicle sensors say together."""
        seen = int(self.sensors) & _BOTH_VEHICLE_SENSORS
        if seen == _BOTH_VEHICLE_SENSORS:
            return "occupied"
        return "disagree" if seen else "empty"

    @property
    def clear(self) -> bool:
        """Cabin clear as the PLC demands it before an inner door opens (5.8)."""
        return CabinSensors.CLEAR_CONFIRMED in self.sensors and not self.sensors & SOMEBODY

    @property
    def nobody(self) -> bool:
        """No person or motion, and the light curtain clear, whether a vehicle stands there or not: the door may close."""
        return int(self.sensors) & _NOBODY == _CURTAIN_CLEAR

    @property
    def fork_may_enter(self) -> bool:
        """Whether the fork may come in, as far as people are concerned (plc-if.md 5, 5.8)."""
        return self.outer_door is DoorState.CLOSED and self.clear

    @property
    def deserted(self) -> bool:
        """No vehicle, person or motion, and the light curtain clear (orders-if.md 5.1)."""
        return int(self.sensors) & _DESERTED == _CURTAIN_CLEAR
