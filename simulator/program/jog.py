"""Jog (plc-if.md 7): by hand, at manual speed, as long as the token moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.kinematics import Axis
from simulator.program import packml, rules
from simulator.program.crc import crc16_words

if TYPE_CHECKING:
    from simulator.program.plc import Plc

TOKEN_MS = 250
LIFT, TURNTABLE, FORK = 0, 1, 2


class Jog:
    """The JOG block. `busy` while an axis moves by it."""

    def __init__(self, plc: Plc) -> None:
        self._plc = plc
        self._token = 0
        self._token_ms = 0
        self._axis = LIFT
        self._direction = 0
        self._goal: float | None = None
        self._ratio = 1.0
        self._step = False

    @property
    def busy(self) -> bool:
        """Whether jog drives an axis, or that axis still stops."""
        return self._goal is not None

    @property
    def axis(self) -> Axis:
        """The axis of the last JOG."""
        return self._plc.plant.axes[self._axis]

    def written(self, words: list[int]) -> None:
        """JOG was written: start, go on, or stop."""
        token, axis, direction, speed_pct, step, check = words
        direction = direction - (1 << 16) if direction >> 15 else direction
        if crc16_words([*words[:5], self._plc.link.session]) != check or self._plc.link.session == 0:
            self.stop()
            return
        if token == self._token:
            return
        self._token, self._token_ms = token, self._plc.now_ms
        if self.busy and (axis != self._axis or direction != self._direction or bool(step) != self._step):
            self.stop()
            return
        if direction == 0:
            self.stop()
            return
        if self.busy and self._step:
            return
        self._start(axis, direction, speed_pct, step)

    def _start(self, number: int, direction: int, speed_pct: int, step: int) -> None:
        self._axis, self._direction, self._step = number, direction, bool(step)
        if not self._allowed():
            # also where a fresh token finds it moving: a condition was lost since the last scan
            self.stop()
            return
        axis = self.axis
        far = axis.high if direction > 0 else axis.low
        goal = axis.position + direction * step if step else far
        self._goal = min(max(goal, axis.low), axis.high)
        self._ratio = speed_pct / 100

    def _allowed(self) -> bool:
        plc = self._plc
        base = plc.manual and plc.enabled and plc.link.alive and plc.packml.state in (packml.IDLE, packml.EXECUTE)
        if not base or plc.units["CARRIAGE"].active is not None or not (plc.shaft_clear and plc.gates_closed):
            return False
        if plc.alarms.holding(plc.manual):
            return False
        if self._axis == FORK:
            return self._fork_allowed()
        return rules.travel_allowed(plc) and rules.load_fit(plc)

    def _fork_allowed(self) -> bool:
        plc = self._plc
        near = rules.cabins_near_fork(plc)
        if not all(rules.cabin_safe_for_fork(plc, number) for number in near):
            return False
        if self._direction < 0:
            return True
        station = rules.at_station(plc)
        if station is None or not plc.plant.fork.homed:
            return False
        if station[0] > 0:
            return rules.bay_open_for_fork(plc, station)
        return rules.cabin_open_for_fork(plc, station[1]) and rules.cabin_safe_for_fork(plc, station[1])

    def tick(self) -> None:
        """One scan."""
        if self._goal is None:
            return
        stale = not self._step and self._plc.now_ms - self._token_ms >= TOKEN_MS
        if stale or not self._allowed():
            self.stop()
            return
        axis = self.axis
        axis.move_to(self._goal, self._ratio * self._plc.manual_ratio)
        axis.jogging = axis.moving
        if not axis.moving:
            self._goal = None

    def stop(self) -> None:
        """Controlled stop."""
        if self._goal is not None:
            self.axis.stop()
            self._goal = None
