"""What the plant's sensors say: the truth, unless a fault forces them."""

from __future__ import annotations

from dataclasses import replace

from simulator.booth import Booth
from simulator.cars import Car
from simulator.mechanics import CENTRED_TOLERANCE_MM, Mechanics


class Sensing(Mechanics):
    """The mechanics with its sensors."""

    @property
    def fork_load_kg(self) -> int:
        """What the fork feels while it is raised or rising, kg."""
        if self.carried and self.carriage_car is not None:
            return self.carriage_car.mass_kg + self.extra_mass_kg
        if self.pick.position_ratio == 0.0 or self.fork.position <= CENTRED_TOLERANCE_MM:
            return 0
        station = self.station()
        car = self.car_at(station) if station is not None else None
        return car.mass_kg + self.extra_mass_kg if car is not None else 0

    def load_sensors(self) -> tuple[bool, bool]:
        """The carriage's sensors: front, rear."""
        front = rear = self.carriage_car is not None
        if self.carried:
            front = front and self.fork.position < 0.2 * self.stroke_mm
            rear = rear and self.fork.position < 0.4 * self.stroke_mm
        if self.carriage_forced:
            front = self.carriage_forced.get("front", front)
            rear = self.carriage_forced.get("rear", rear)
        return front, rear

    def car_seen(self, booth: Booth) -> Car | None:
        """The vehicle that tag reader and gauge of a cabin see: the one that stands there, or one on the fork."""
        car = booth.car
        if car is None and self.carried and self.fork_place() == (0, booth.number):
            car = self.carriage_car
        return car if car is None or not booth.oversize else self._beyond(car, booth.oversize)

    def _beyond(self, car: Car, oversize: int) -> Car:
        """The vehicle as a gauge measures it that finds it beyond these limits: 1 length, 2 width, 4 height, 8 mass."""
        limits = self.config.limits
        return replace(
            car,
            length_mm=limits.length_mm + 1 if oversize & 1 else car.length_mm,
            width_mm=limits.width_mm + 1 if oversize & 2 else car.width_mm,
            height_mm=limits.height_mm + 1 if oversize & 4 else car.height_mm,
            mass_kg=limits.mass_kg + 1 if oversize & 8 else car.mass_kg,
        )

    def tag_read(self, car: Car | None, place: str) -> int:
        """What the reader of `carriage`, `cabin:1` or `cabin:2` says of a vehicle: 0 none or not readable."""
        if car is None:
            return 0
        return self.false_tags.get(place, self.false_tags.get("everywhere", car.tag))

    def place_sensors(self, station: tuple[int, int]) -> tuple[bool, bool]:
        """The two occupancy sensors of a bay or a cabin (front, rear)."""
        first = second = self.car_at(station) is not None
        if self.carried and not first and self.fork.position > 0.5 * self.stroke_mm and self.station() == station:
            first = True
            second = self.fork.position > 0.8 * self.stroke_mm
        floor, position = station
        if floor == 0:
            forced = self.booths[position - 1].forced
        else:
            forced = self.bays[self.layout.bay_index(floor, position)].forced
        if forced:
            first, second = forced.get("first", first), forced.get("second", second)
        return first, second

    def bay_locked(self, index: int) -> bool:
        """The lock's end switch: locked, and not on the way to anywhere else."""
        bay = self.bays[index]
        truth = bay.lock.at_one
        return bay.forced.get("locked", truth) if bay.forced else truth

    def doorway_clear(self, booth: Booth) -> bool:
        """Whether nothing reaches through the inner door of a cabin."""
        free = not booth.doorway_blocked and self.fork_place() != (0, booth.number)
        return booth.sense("doorway", free)
