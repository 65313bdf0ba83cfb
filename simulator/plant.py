"""The physical tower: drives, locks, doors, vehicles and people. It obeys; it decides nothing and knows no contract.

`Plant.step(dt_s)` is deterministic. `revision` moves with every act from outside, so that the program can tell a plant
in which nothing happened.
"""

from __future__ import annotations

from simulator.cars import Car
from simulator.mechanics import CENTRED_TOLERANCE_MM, FULL_OUT_TOLERANCE_MM
from simulator.sensing import Sensing


class Plant(Sensing):
    """The tower's mechanics. Vehicles are in exactly one place: a bay, the carriage (fork included), a cabin, or gone."""

    def drive_lock(self, index: int, end: int) -> None:
        """Drive the lock of a bay: 1 locks, 0 unlocks."""
        self.bays[index].lock.drive(end)
        self._moving_locks.add(index)
        self.dirty_bays.add(index)

    def stop_lock(self, index: int) -> None:
        """Stop the lock of a bay where it is."""
        self.bays[index].lock.stop()
        self.dirty_bays.add(index)

    def step(self, dt_s: float) -> None:
        """Advance by `dt_s` seconds."""
        if self.powered:
            self._step_carriage(dt_s)
            self._step_locks(dt_s)
        else:
            self.halt()
        for booth in self.booths:
            if booth.moving:
                booth.step(dt_s, self.powered)

    def halt(self) -> None:
        """What is driven stands at once, as when the drives lose their power and the brakes come on."""
        for axis in self.axes:
            axis.halt()
        self.pick.stop()
        for index in tuple(self._moving_locks):
            self.stop_lock(index)
        self._moving_locks.clear()
        for booth in self.booths:
            booth.inner.stop()
            if not booth.by_hand:
                booth.outer.stop()

    def _step_carriage(self, dt_s: float) -> None:
        self.lift.step(dt_s)
        self.turntable.step(dt_s)
        if self.fork.moving:
            self.fork.step(dt_s)
            self._mark_fork_bay()
        if self.pick.direction:
            self.pick.step(dt_s)
            if self.pick.direction == 0:
                self._hand_over()

    def _step_locks(self, dt_s: float) -> None:
        for index in tuple(self._moving_locks):
            lock = self.bays[index].lock
            lock.step(dt_s)
            self.dirty_bays.add(index)
            if lock.direction == 0:
                self._moving_locks.discard(index)

    def _mark_fork_bay(self) -> None:
        station = self.station()
        if station is not None and station[0] > 0:
            self.dirty_bays.add(self.layout.bay_index(*station))

    def _set_car_at(self, station: tuple[int, int], car: Car | None) -> None:
        floor, position = station
        if floor == 0:
            self.booths[position - 1].car = car
            return
        index = self.layout.bay_index(floor, position)
        self.bays[index].car = car
        self.dirty_bays.add(index)

    def _hand_over(self) -> None:
        """The pick has reached an end: a vehicle changes between fork and place, or between fork and carriage."""
        raised = self.pick.position_ratio == 1.0
        if self.fork.position <= CENTRED_TOLERANCE_MM:
            self.carried = raised and self.carriage_car is not None
            return
        if abs(self.fork.position - self.stroke_mm) > FULL_OUT_TOLERANCE_MM:
            return
        station = self.station()
        if station is None:
            return
        if raised:
            self._take_from(station)
        elif self.carried:
            self._leave_at(station)

    def _take_from(self, station: tuple[int, int]) -> None:
        car = self.car_at(station)
        if car is None:
            return
        if self.carriage_car is not None:
            self.collisions.append(f"fork took tag {car.tag} with tag {self.carriage_car.tag} on the carriage")
            return
        self._set_car_at(station, None)
        self.carriage_car, self.carried = car, True

    def _leave_at(self, station: tuple[int, int]) -> None:
        standing = self.car_at(station)
        car = self.carriage_car
        if car is not None and standing is not None:
            self.collisions.append(f"fork left tag {car.tag} on tag {standing.tag}")
            return
        self._set_car_at(station, car)
        if station[0] == 0:
            self.booths[station[1] - 1].delivered = True
        self.carriage_car, self.carried = None, False
