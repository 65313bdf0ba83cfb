"""What people and fate do to the plant: vehicles, buttons, keys, faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator import faults
from simulator.booth import EXIT_PRESS_S
from simulator.cars import Car

if TYPE_CHECKING:
    from simulator.plant import Plant
    from simulator.world import World


class Acts:
    """The acts of a simulator; each may be called between two steps."""

    plant: Plant
    world: World
    frozen: bool

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

    # People

    def drive_off(self, cabin: int) -> None:
        """A driver walks in, boards and drives away. Raises ValueError unless the outer door is open on a vehicle."""
        self.world.drive_off(cabin)

    def drive_in(self, cabin: int, car: Car | int) -> None:
        """A vehicle drives in and its driver leaves on foot. Raises ValueError unless the cabin is open and empty."""
        vehicle = car if isinstance(car, Car) else self.plant.gone.get(car, Car(car))
        self.world.drive_in(cabin, vehicle)

    def press_clear(self, cabin: int) -> None:
        """Press the button outside the cabin (5.8)."""
        self.plant.booths[cabin - 1].clear_pressed = True
        self.plant.touch()

    def press_exit(self, cabin: int) -> None:
        """Press the exit button in the cabin (4.6)."""
        self.plant.booths[cabin - 1].exit_left_s = EXIT_PRESS_S
        self.plant.touch()

    def person(self, cabin: int, present: bool) -> None:
        """A person is in the cabin, or is no longer."""
        self.plant.booths[cabin - 1].person = present
        self.plant.touch()

    def motion(self, cabin: int, present: bool) -> None:
        """Something moves in the cabin that the machine does not move."""
        self.plant.booths[cabin - 1].motion = present
        self.plant.touch()

    def curtain(self, cabin: int, tripped: bool) -> None:
        """Something stands in the light curtain of the outer door."""
        self.plant.booths[cabin - 1].curtain_tripped = tripped
        self.plant.touch()

    def open_by_hand(self, cabin: int) -> None:
        """Somebody inside pushes the outer door open (4.6). Raises ValueError while the PLC or its power holds it."""
        booth = self.plant.booths[cabin - 1]
        fork_inside = self.plant.fork_place() == (0, cabin)
        if self.plant.powered and not fork_inside:
            raise ValueError("the outer door opens by hand without power, or with the fork in the cabin")
        booth.by_hand = True
        booth.outer.drive(1)
        self.plant.touch()

    # The cabinet

    def press_reset(self) -> None:
        """Press the reset button at the tower (4.4)."""
        self.plant.inputs.reset_pressed = True
        self.plant.touch()

    def set_key(self, mode: int) -> None:
        """Turn the key: 0 off, 1 auto, 2 manual, 3 maintenance. Raises ValueError for another."""
        if mode not in range(4):
            raise ValueError(f"no such key position: {mode}")
        self.plant.inputs.key_switch = mode
        self.plant.touch()

    def enabling(self, held: bool) -> None:
        """Hold or release the enabling switch."""
        self.plant.inputs.enabling = held
        self.plant.touch()

    def estop(self, pressed: bool) -> None:
        """Open (`True`) or close the emergency stop chain."""
        self.plant.inputs.chain_ok = not pressed
        self.plant.touch()

    def fault(self, name: str, on: bool = True, **where: int | str | float) -> None:
        """Inject a fault of the registry `simulator.faults`, or take it away. Raises ValueError for an unknown one."""
        if name == "frozen_plc":
            self.frozen = on
        else:
            faults.inject(self.plant, name, on, where)
        self.plant.touch()
