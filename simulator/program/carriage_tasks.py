"""LIFT_TO and HOME while they run (plc-if.md 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.kinematics import Axis
from simulator.program import alarms, rules
from simulator.program.mailbox import ERROR_POSITION, RESULT_DONE, RESULT_ERROR, Command, Outcome

if TYPE_CHECKING:
    from simulator.program.plc import Plc

STUCK_AFTER_MS = 3000
AXIS_ALARM = {"lift": alarms.POSITION_LIFT, "turntable": alarms.POSITION_TURNTABLE, "fork": alarms.FORK_TIMEOUT}


class Watch:
    """Notices something that should move and does not."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._since_ms = 0

    def stuck(self, reading: float, now_ms: int) -> bool:
        """Whether the reading has not changed for 3 s, by the PLC's clock."""
        if reading != self._last:
            self._last, self._since_ms = reading, now_ms
        return now_ms - self._since_ms >= STUCK_AFTER_MS

    def restart(self) -> None:
        """Forget what was seen, as after a hold."""
        self._last = None


class AxisMove:
    """Drive one axis to a target and see whether it arrives."""

    def __init__(self, plc: Plc, axis: Axis, target: float, homing: bool = False) -> None:
        self._plc = plc
        self.axis = axis
        self.target = target
        self.homing = homing
        self._watch = Watch()
        self._nearest = not homing
        self._way = self._left or 1.0

    def tick(self) -> Outcome | None:
        """Done at the target; error 2 and the axis's alarm when it is stuck."""
        axis, plc = self.axis, self._plc
        ratio = plc.homing_ratio if self.homing else plc.speed_ratio
        axis.move_to(self.target, ratio, nearest=self._nearest)
        axis.homing = self.homing and axis.moving
        if not axis.moving and abs(axis.position - self.target) <= 1.0:
            axis.homed = axis.homed or self.homing
            return (RESULT_DONE, 0)
        if self._watch.stuck(axis.position, plc.now_ms):
            plc.alarms.pulse(AXIS_ALARM[axis.name])
            axis.stop()
            return (RESULT_ERROR, ERROR_POSITION)
        return None

    def stop(self) -> None:
        """Controlled stop."""
        self.axis.stop()
        self._watch.restart()

    @property
    def done_ratio(self) -> float:
        """Share of the way, 0 to 1."""
        return min(1.0, max(0.0, 1.0 - self._left / self._way))

    @property
    def _left(self) -> float:
        return abs(self.axis.way_to(self.target, nearest=self._nearest))


class LiftTo:
    """Lift and turntable together to a taught station."""

    def __init__(self, plc: Plc, command: Command) -> None:
        self._plc = plc
        self._override = plc.override_of(command)
        self._left = plc.plant.station()
        station = plc.plant.layout.station(command.args[0], command.args[1])
        self._moves = (
            AxisMove(plc, plc.plant.lift, station.lift_mm),
            AxisMove(plc, plc.plant.turntable, station.turntable_cdeg),
        )
        self.loaded = rules.load_state(plc, self._override) is True

    def intact(self) -> bool:
        """Homed, fork centred, inner doors closed, bays locked; an override leaves out the lock that it started from."""
        plc = self._plc
        return rules.homed(plc) and rules.travel_allowed(plc, self._override, self._left)

    def tick(self) -> Outcome | None:
        """Both axes one scan on."""
        if self.loaded and rules.load_state(self._plc, self._override) is False and not self.at_rest():
            self._plc.alarms.pulse(alarms.LOAD_LOST)
        outcomes = [move.tick() for move in self._moves]
        for outcome in outcomes:
            if outcome is not None and outcome[0] == RESULT_ERROR:
                self.stop()
                return outcome
        return outcomes[0] if all(outcomes) else None

    def stop(self) -> None:
        """Controlled stop of both."""
        for move in self._moves:
            move.stop()

    def at_rest(self) -> bool:
        """Both stand still."""
        return not any(move.axis.moving for move in self._moves)

    def progress_pct(self) -> int:
        """The slower of the two."""
        return int(100 * min(move.done_ratio for move in self._moves))


class Home:
    """Homes one axis, or the fork, the lift and the turntable one after another."""

    def __init__(self, plc: Plc, command: Command) -> None:
        plant = plc.plant
        self._plc = plc
        chosen = command.args[0]
        axes = {0: [plant.lift], 1: [plant.turntable], 2: [plant.fork], 9: [plant.fork, plant.lift, plant.turntable]}
        self._moves = [AxisMove(plc, axis, 0.0, homing=True) for axis in axes[chosen]]
        self._fork_only = chosen == 2
        self._index = 0
        for move in self._moves:
            move.axis.homed = False

    def intact(self) -> bool:
        """For the fork the cabins that it is in; for the others the rules of travelling."""
        plc = self._plc
        if not self._fork_only:
            return rules.travel_allowed(plc)
        return all(rules.cabin_safe_for_fork(plc, number) for number in rules.cabins_near_fork(plc))

    def tick(self) -> Outcome | None:
        """One scan; after the fork is in, the pick comes down with what is on it."""
        if self._index < len(self._moves):
            move = self._moves[self._index]
            outcome = move.tick()
            if outcome is not None and outcome[0] == RESULT_ERROR:
                return outcome
            if outcome is not None:
                self._index += 1
            return None
        pick = self._plc.plant.pick
        pick.drive(0)
        return None if pick.moving else (RESULT_DONE, 0)

    def stop(self) -> None:
        """Controlled stop."""
        for move in self._moves:
            move.stop()
        self._plc.plant.pick.stop()

    def at_rest(self) -> bool:
        """All stand still."""
        return not any(move.axis.moving for move in self._moves) and not self._plc.plant.pick.moving

    def progress_pct(self) -> int:
        """By axes and by way."""
        return int(100 * sum(move.done_ratio for move in self._moves) / len(self._moves))
