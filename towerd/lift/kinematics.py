"""How long the machine's parts need: the mechanical minimum of a move. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt


@dataclass(frozen=True, slots=True)
class Motion:
    """Limits of one axis: its unit per s and per s squared."""

    velocity: float
    acceleration: float

    def time_s(self, distance: float) -> float:
        """Least time in s for a distance (either sign) from rest to rest with a trapezoidal profile."""
        length = abs(distance)
        ramp = self.velocity**2 / self.acceleration
        if length < ramp:
            return 2 * sqrt(length / self.acceleration)
        return length / self.velocity + self.velocity / self.acceleration


@dataclass(frozen=True, slots=True)
class Kinematics:
    """What the settings say of the tower's mechanics. mm, degrees, s. `speed_up` is 1 on a real tower."""

    lift_mm_s: float = 1500.0
    lift_mm_s2: float = 800.0
    turntable_deg_s: float = 30.0
    turntable_deg_s2: float = 20.0
    fork_out_s: float = 4.0
    fork_pick_s: float = 1.0
    bay_lock_s: float = 1.0
    inner_door_s: float = 4.0
    outer_door_s: float = 5.0
    ground_mm: float = 0.0
    first_floor_mm: float = 3000.0
    floor_pitch_mm: float = 2400.0
    cabin_deg: tuple[float, ...] = field(default_factory=lambda: (0.0, 180.0))
    positions: int = 6
    speed_up: float = 1.0

    def height_mm(self, floor: int) -> float:
        """Lift height of a floor; 0 is the ground floor."""
        return self.ground_mm if floor == 0 else self.first_floor_mm + (floor - 1) * self.floor_pitch_mm

    def angle_deg(self, floor: int, position: int) -> float:
        """Turntable angle of a station; on floor 0 `position` is the cabin. 0 for a cabin that no setting names."""
        if floor == 0:
            return self.cabin_deg[position - 1] if position <= len(self.cabin_deg) else 0.0
        return (position - 1) * 360.0 / self.positions

    def turn_deg(self, start_deg: float, end_deg: float) -> float:
        """The shorter way round, 0 to 180."""
        turn = abs(end_deg - start_deg) % 360.0
        return min(turn, 360.0 - turn)

    def travel_s(self, height_mm: float, angle_deg: float, station: tuple[int, int]) -> float:
        """Least time for LIFT_TO from a height and an angle to a station: both axes run together."""
        lift = Motion(self.lift_mm_s, self.lift_mm_s2).time_s(self.height_mm(station[0]) - height_mm)
        turn = Motion(self.turntable_deg_s, self.turntable_deg_s2).time_s(
            self.turn_deg(angle_deg, self.angle_deg(*station))
        )
        return max(lift, turn) / self.speed_up

    @property
    def fork_cycle_s(self) -> float:
        """Least time of FORK_GET or FORK_PUT: out, pick or leave, in."""
        return (2 * self.fork_out_s + self.fork_pick_s) / self.speed_up
