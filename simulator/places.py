"""Putting vehicles somewhere and taking them away, as no machine could."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.cars import Car

if TYPE_CHECKING:
    from simulator.plant import Plant


class Places:
    """The acts that move vehicles by decree."""

    plant: Plant

    def place_vehicle(self, car: Car | int, place: str) -> None:
        """Put a vehicle (or one with that tag) into `bay:3-4`, `carriage`, `cabin:1`, or take it away with `gone`.

        Raises ValueError where the place does not exist or another vehicle stands in it.
        """
        plant = self.plant
        known = self._remove(car.tag if isinstance(car, Car) else car)
        vehicle = car if isinstance(car, Car) else known or Car(car)
        kind, _, where = place.partition(":")
        if kind == "gone":
            plant.gone[vehicle.tag] = vehicle
        elif kind == "carriage":
            self._free(plant.carriage_car, place)
            plant.carriage_car, plant.carried = vehicle, False
        elif kind == "cabin":
            booth = plant.booths[self._number(where, len(plant.booths)) - 1]
            self._free(booth.car, place)
            booth.car = vehicle
        elif kind == "bay":
            index = self._bay(where)
            self._free(plant.bays[index].car, place)
            plant.bays[index].car = vehicle
            plant.dirty_bays.add(index)
        else:
            raise ValueError(f"no such place: {place}")
        plant.touch()

    @staticmethod
    def _free(standing: Car | None, place: str) -> None:
        if standing is not None:
            raise ValueError(f"{place} is taken by tag {standing.tag}")

    @staticmethod
    def _number(text: str, most: int) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise ValueError(f"no such place: {text}")
        return int(text)

    def _bay(self, text: str) -> int:
        floor, _, position = text.partition("-")
        if not (floor.isdecimal() and position.isdecimal()):
            raise ValueError(f"no such bay: {text}")
        if int(floor) == 0 or (int(floor), int(position)) not in self.plant.layout.stations:
            raise ValueError(f"no such bay: {text}")
        return self.plant.layout.bay_index(int(floor), int(position))

    def _remove(self, tag: int) -> Car | None:
        plant = self.plant
        found = plant.gone.pop(tag, None)
        if plant.carriage_car is not None and plant.carriage_car.tag == tag:
            found, plant.carriage_car, plant.carried = plant.carriage_car, None, False
        for booth in plant.booths:
            if booth.car is not None and booth.car.tag == tag:
                found, booth.car = booth.car, None
        for index, bay in enumerate(plant.bays):
            if bay.car is not None and bay.car.tag == tag:
                found, bay.car = bay.car, None
                plant.dirty_bays.add(index)
        return found
