"""Axes that move on trapezoidal profiles, and two-position mechanisms such as doors and locks.

A profile is planned once and then consumed, so a move takes its exact minimum time whatever the step is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

STANDSTILL = 1e-9

AxisUnit = float
"""The unit in which an axis counts: mm, or 0.01° for the turntable. Velocities are in it per second."""


def trapezoid_time_s(distance: float, velocity: float, acceleration: float) -> float:
    """The least time from rest to rest over `distance` (any unit), with limits in that unit per s and s².

    Raises ValueError where a limit is not above 0.
    """
    if velocity <= 0 or acceleration <= 0:
        raise ValueError("velocity and acceleration must be above 0")
    way = abs(distance)
    if way * acceleration <= velocity * velocity:
        return 2.0 * math.sqrt(way / acceleration)
    return way / velocity + velocity / acceleration


def plan(
    start: float, speed_now: float, target: float, velocity: float, acceleration: float
) -> list[tuple[float, float]]:
    """Phases `(duration_s, acceleration)` from `start` with `speed_now` to rest at `target`."""
    phases: list[tuple[float, float]] = []
    way = target - start
    braking_way = speed_now * abs(speed_now) / (2 * acceleration)
    side = math.copysign(1.0, way - braking_way)
    if speed_now * side < 0:  # it runs the wrong way or too fast to stop in time: brake first, then come back
        phases.append((abs(speed_now) / acceleration, math.copysign(acceleration, -speed_now)))
        way -= braking_way
        speed_now = 0.0
        side = math.copysign(1.0, way)
    entry = abs(speed_now)
    if entry > velocity:
        duration_s = (entry - velocity) / acceleration
        phases.append((duration_s, -side * acceleration))
        way -= side * (entry + velocity) / 2 * duration_s
        entry = velocity
    length = abs(way)
    peak = min(velocity, math.sqrt(max(acceleration * length + entry * entry / 2, 0.0)))
    peak = max(peak, entry)
    ramps = (peak * peak - entry * entry + peak * peak) / (2 * acceleration)
    cruise_s = max(length - ramps, 0.0) / peak if peak > 0 else 0.0
    phases.append(((peak - entry) / acceleration, side * acceleration))
    phases.append((cruise_s, 0.0))
    phases.append((peak / acceleration, -side * acceleration))
    return [(duration_s, rate) for duration_s, rate in phases if duration_s > 0]


@dataclass(slots=True)
class Axis:
    """One servo axis. Unit of length: mm, or 0.01° for the turntable. `full_turn`: of one that turns endlessly, else 0."""

    name: str
    low: float
    high: float
    velocity_limit: float
    acceleration_limit: float
    position: AxisUnit = 0.0
    velocity: float = 0.0
    target: AxisUnit = 0.0
    homed: bool = False
    homing: bool = False
    jogging: bool = False
    stopping: bool = False
    jammed: bool = False
    speed_ratio: float = 1.0
    drive_error: int = 0
    trip_code: int = 0
    cycles: int = 0
    full_turn: AxisUnit = 0.0
    _nearest: bool = False
    _phases: list[tuple[float, float]] = field(default_factory=list)
    _planned: tuple[float, float] | None = None

    @property
    def moving(self) -> bool:
        """Whether the axis moves or has still to."""
        return bool(self._phases)

    def rest_key(self) -> tuple[float, float, bool, int, int]:
        """What the block of a standing axis is made of."""
        return self.position, self.target, self.homed, self.drive_error, self.cycles

    def way_to(self, target: float, *, nearest: bool = False) -> float:
        """How far it is to `target`, signed; `nearest` the shorter way round, where the axis turns endlessly."""
        way = target - self.position
        if not (nearest and self.full_turn):
            return way
        return (way + self.full_turn / 2) % self.full_turn - self.full_turn / 2

    def move_to(self, target: float, ratio: float = 1.0, *, nearest: bool = False) -> None:
        """Go to `target` at `ratio` of the axis's speed, `nearest` the shorter way round; the same order again changes nothing.

        The target is kept inside the axis's range.
        """
        goal = min(max(target, self.low), self.high)
        wanted = (goal, ratio)
        if self._planned == wanted and (self._phases or self.position == goal):
            return
        if not self._phases and self.position != goal:
            self.cycles += 1
        self._planned, self._nearest = wanted, nearest
        self.target = goal
        self.stopping = False
        velocity_top = self.velocity_limit * ratio * self.speed_ratio
        self._phases = [] if self.position == goal and self.velocity == 0 else self._plan(goal, velocity_top)
        if not self._phases:
            # a stop while it braked may have ended closer to the goal than any move can be planned
            self.position = goal

    def _plan(self, goal: float, velocity_top: float) -> list[tuple[float, float]]:
        end = self.position + self.way_to(goal, nearest=self._nearest)
        return plan(self.position, self.velocity, end, velocity_top, self.acceleration_limit)

    def stop(self, force: float = 1.0) -> None:
        """Controlled stop on the ramp; `force` above 1 is the quicker stop of an abort."""
        self._planned = None
        self.jogging = self.homing = False
        if not self._phases:
            return
        if abs(self.velocity) <= STANDSTILL or self.jammed:
            self._rest()
            return
        if self.stopping and force == 1.0:
            return
        self.stopping = True
        rate = self.acceleration_limit * force
        self._phases = [(abs(self.velocity) / rate, math.copysign(rate, -self.velocity))]

    def halt(self) -> None:
        """Stand at once: the brake is on."""
        self._planned = None
        self.jogging = self.homing = False
        self._rest()

    def _rest(self) -> None:
        self.velocity = 0.0
        self._phases = []
        self.stopping = False

    def step(self, dt_s: float) -> None:
        """Advance by `dt_s` seconds."""
        if not self._phases:
            return
        if self.jammed:
            self.velocity = 0.0
            return
        left_s = dt_s
        while left_s > 0 and self._phases:
            duration_s, rate = self._phases[0]
            slice_s = min(left_s, duration_s)
            self.position += self.velocity * slice_s + rate * slice_s * slice_s / 2
            self.velocity += rate * slice_s
            left_s -= slice_s
            if slice_s >= duration_s:
                self._phases.pop(0)
            else:
                self._phases[0] = (duration_s - slice_s, rate)
        if self._nearest and self.full_turn:
            self.position %= self.full_turn
        else:
            self.position = min(max(self.position, self.low), self.high)
        if not self._phases:
            if self._planned is not None:
                self.position = self._planned[0]
            self._rest()

    def reset_drive(self) -> None:
        """Take the drive's error away; it comes back at once while its cause stands."""
        self.drive_error = self.trip_code

    def replan(self) -> None:
        """Plan the running move anew, after a jam came loose or the axis became slower."""
        if self._planned is not None and self._phases:
            goal, ratio = self._planned
            self._phases = self._plan(goal, self.velocity_limit * ratio * self.speed_ratio)


@dataclass(slots=True)
class Mechanism:
    """Something between two ends: 0.0 closed, down, unlocked; 1.0 open, raised, locked."""

    travel_s: float
    position_ratio: float = 0.0
    direction: int = 0
    jammed: bool = False
    speed_ratio: float = 1.0

    @property
    def moving(self) -> bool:
        """Whether it is driven towards an end."""
        return self.direction != 0

    @property
    def at_zero(self) -> bool:
        """At the end 0.0 and not about to leave it."""
        return self.position_ratio == 0.0 and self.direction <= 0

    @property
    def at_one(self) -> bool:
        """At the end 1.0 and not about to leave it."""
        return self.position_ratio == 1.0 and self.direction >= 0

    def drive(self, end: int) -> None:
        """Drive towards end 0 or 1; already there, nothing moves."""
        if self.position_ratio == float(end):
            self.direction = 0
        else:
            self.direction = 1 if end else -1

    def stop(self) -> None:
        """Stop where it is."""
        self.direction = 0

    def step(self, dt_s: float) -> None:
        """Advance by `dt_s` seconds."""
        if self.direction == 0 or self.jammed:
            return
        self.position_ratio += self.direction * dt_s * self.speed_ratio / self.travel_s
        if self.position_ratio <= 1e-12:
            self.position_ratio, self.direction = 0.0, 0
        elif self.position_ratio >= 1.0 - 1e-12:
            self.position_ratio, self.direction = 1.0, 0
