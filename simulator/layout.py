"""The taught stations: which lift height and which turntable angle belong to which bay or cabin."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from simulator.config import SimulatorConfig

FULL_TURN_CDEG = 36_000
LIFT_TOLERANCE_MM = 5.0
TURNTABLE_TOLERANCE_CDEG = 20.0


@dataclass(frozen=True, slots=True)
class Station:
    """A taught station. Floor 0 is the ground floor, where `position` is the cabin number."""

    floor: int
    position: int
    lift_mm: float
    turntable_cdeg: float


@dataclass(frozen=True, slots=True)
class Layout:
    """The station table of one tower."""

    floors: int
    positions: int
    stations: dict[tuple[int, int], Station]
    floor_heights_mm: tuple[float, ...]

    def station(self, floor: int, position: int) -> Station:
        """The taught station. Raises KeyError where there is none."""
        return self.stations[floor, position]

    def bay_index(self, floor: int, position: int) -> int:
        """The bay's place in the block BAY: `(floor-1)*positions + position-1`."""
        return (floor - 1) * self.positions + position - 1

    def bay_at(self, index: int) -> tuple[int, int]:
        """Floor and position of a bay by its place in the block BAY."""
        return index // self.positions + 1, index % self.positions + 1

    def floor_at(self, lift_mm: float) -> int | None:
        """The taught floor at that height, or None between floors."""
        for floor, height_mm in enumerate(self.floor_heights_mm):
            if abs(lift_mm - height_mm) <= LIFT_TOLERANCE_MM:
                return floor
        return None

    def position_at(self, floor: int, turntable_cdeg: float) -> int | None:
        """The taught position (cabin number on floor 0) at that angle, or None."""
        for (on_floor, position), station in self.stations.items():
            if on_floor == floor and abs(turntable_cdeg - station.turntable_cdeg) <= TURNTABLE_TOLERANCE_CDEG:
                return position
        return None

    def station_at(self, lift_mm: float, turntable_cdeg: float) -> tuple[int, int] | None:
        """The station in front of which the carriage is, or None."""
        floor = self.floor_at(lift_mm)
        if floor is None:
            return None
        position = self.position_at(floor, turntable_cdeg)
        return None if position is None else (floor, position)

    @property
    def crc(self) -> int:
        """CRC-32 of the station table, the value of `ID.layout_crc`."""
        raw = b"".join(
            struct.pack(">HHii", s.floor, s.position, round(s.lift_mm), round(s.turntable_cdeg))
            for s in self.stations.values()
        )
        return zlib.crc32(raw)


def build_layout(config: SimulatorConfig) -> Layout:
    """Bays evenly around the shaft, each cabin half a bay further, so that it has an angle of its own."""
    stations: dict[tuple[int, int], Station] = {}
    half_bay_cdeg = FULL_TURN_CDEG / config.positions / 2
    for cabin in range(1, config.cabins + 1):
        angle = (cabin - 1) * FULL_TURN_CDEG / config.cabins + half_bay_cdeg
        stations[0, cabin] = Station(0, cabin, 0.0, float(round(angle)))
    for floor in range(1, config.floors + 1):
        for position in range(1, config.positions + 1):
            angle = (position - 1) * FULL_TURN_CDEG / config.positions
            stations[floor, position] = Station(
                floor, position, float(floor * config.floor_height_mm), float(round(angle))
            )
    heights = tuple(float(floor * config.floor_height_mm) for floor in range(config.floors + 1))
    return Layout(config.floors, config.positions, stations, heights)
