"""FORK_GET and FORK_PUT while they run: a cycle of four moves (plc-if.md 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.program import alarms, rules
from simulator.program.carriage_tasks import AxisMove, Watch
from simulator.program.mailbox import (
    ERROR_LOAD,
    ERROR_OVERLOAD,
    ERROR_POSITION,
    ERROR_SENSORS,
    RESULT_DONE,
    RESULT_ERROR,
    Command,
    Outcome,
)

if TYPE_CHECKING:
    from simulator.program.plc import Plc

OUT, IN, RAISE, LOWER = "out", "in", "raise", "lower"
GET_CYCLE = (OUT, RAISE, IN, LOWER)
PUT_CYCLE = (RAISE, OUT, LOWER, IN)
WEIGHED_AT = 0.2


class ForkCycle:
    """Fork out, take or leave the vehicle, fork in. One too heavy is set down again where it stood (error 9)."""

    def __init__(self, plc: Plc, command: Command) -> None:
        self._plc = plc
        self._get = command.code == rules.FORK_GET
        self._station = (command.args[0], command.args[1])
        self._override = plc.override_of(command)
        self._cycle = GET_CYCLE if self._get else PUT_CYCLE
        self._stage = 0
        self._move: AxisMove | None = None
        self._watch = Watch()
        self._too_heavy = False

    def intact(self) -> bool:
        """Still homed and at that station, the bay still unlocked, or the cabin still open, clear and closed to the street."""
        plc = self._plc
        if rules.at_station(plc) != self._station or not plc.plant.fork.homed:
            return False
        if self._station[0] > 0:
            return rules.bay_open_for_fork(plc, self._station, self._override)
        number = self._station[1]
        return rules.cabin_open_for_fork(plc, number) and plc.cabins[number - 1].is_clear

    def tick(self) -> Outcome | None:
        """One scan of the present stage."""
        stage = self._cycle[self._stage]
        outcome = self._drive_fork(stage) if stage in (OUT, IN) else self._drive_pick(stage)
        if outcome is None:
            return None
        if outcome[0] == RESULT_ERROR:
            return outcome
        self._stage += 1
        self._move = None
        self._watch.restart()
        return self._verdict() if self._stage == len(self._cycle) else None

    def _drive_fork(self, stage: str) -> Outcome | None:
        plant = self._plc.plant
        if self._move is None:
            self._move = AxisMove(self._plc, plant.fork, plant.stroke_mm if stage == OUT else 0.0)
        return self._move.tick()

    def _drive_pick(self, stage: str) -> Outcome | None:
        pick = self._plc.plant.pick
        if stage == RAISE and self._overweight(pick.position_ratio):
            self._too_heavy = True
        if self._too_heavy:
            pick.drive(0)
            if not pick.moving:
                self._plc.alarms.pulse(alarms.OVERLOAD)
                return (RESULT_ERROR, ERROR_OVERLOAD)
            return None
        pick.drive(1 if stage == RAISE else 0)
        if not pick.moving:
            return (RESULT_DONE, 0)
        if self._watch.stuck(pick.position_ratio, self._plc.now_ms):
            pick.stop()
            self._plc.alarms.pulse(alarms.FORK_TIMEOUT)
            return (RESULT_ERROR, ERROR_POSITION)
        return None

    def _overweight(self, raised_ratio: float) -> bool:
        plc = self._plc
        return self._get and raised_ratio >= WEIGHED_AT and plc.plant.fork_load_kg > plc.config.limits.mass_kg

    def _verdict(self) -> Outcome:
        state = rules.load_state(self._plc, self._override)
        if state is self._get:
            return (RESULT_DONE, 0)
        return (RESULT_ERROR, ERROR_SENSORS if state is None else ERROR_LOAD)

    def stop(self) -> None:
        """Controlled stop of fork and pick."""
        self._plc.plant.fork.stop()
        self._plc.plant.pick.stop()
        self._watch.restart()
        if self._move is not None:
            self._move.stop()

    def at_rest(self) -> bool:
        """Fork and pick stand still."""
        return not self._plc.plant.fork.moving and not self._plc.plant.pick.moving

    def progress_pct(self) -> int:
        """By stage, and within the fork's way."""
        part = self._move.done_ratio if self._move is not None else self._plc.plant.pick.position_ratio
        return int(100 * min(1.0, (self._stage + part) / len(self._cycle)))
