"""What people and fate do to the plant: vehicles, buttons, keys, faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.booth import EXIT_PRESS_S, Booth
from simulator.cars import Car
from simulator.places import Places

if TYPE_CHECKING:
    from simulator.world import World


class Acts(Places):
    """The acts of a simulator; each may be called between two steps."""

    world: World
    frozen: bool

    def _booth(self, cabin: int) -> Booth:
        if not 1 <= cabin <= len(self.plant.booths):
            raise ValueError(f"no such cabin: {cabin}")
        return self.plant.booths[cabin - 1]

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
        self._booth(cabin).clear_pressed = True
        self.plant.touch()

    def press_exit(self, cabin: int) -> None:
        """Press the exit button in the cabin (4.6)."""
        self._booth(cabin).exit_left_s = EXIT_PRESS_S
        self.plant.touch()

    def person(self, cabin: int, present: bool) -> None:
        """A person is in the cabin, or is no longer."""
        self._booth(cabin).person = present
        self.plant.touch()

    def motion(self, cabin: int, present: bool) -> None:
        """Something moves in the cabin that the machine does not move."""
        self._booth(cabin).motion = present
        self.plant.touch()

    def curtain(self, cabin: int, tripped: bool) -> None:
        """Something stands in the light curtain of the outer door."""
        self._booth(cabin).curtain_tripped = tripped
        self.plant.touch()

    def open_by_hand(self, cabin: int) -> None:
        """Somebody inside pushes the outer door open (4.6). Raises ValueError while the PLC or its power holds it."""
        booth = self._booth(cabin)
        fork_inside = self.plant.fork_place() == (0, cabin)
        if self.plant.powered and not fork_inside:
            raise ValueError("the outer door opens by hand without power, or with the fork in the cabin")
        booth.by_hand = True
        booth.outer.drive(1)
        self.plant.touch()

    def swap_cars(self, first: str, second: str) -> None:
        """Change the vehicles of two places (`bay:3-4`, `carriage`, `cabin:1`); the presence sensors see nothing of it.

        Raises ValueError unless a vehicle stands in each.
        """
        tags = {place: tag for tag, place in self.plant.truth().items()}
        for place in (first, second):
            if place not in tags:
                raise ValueError(f"no vehicle in {place}")
        self.place_vehicle(tags[first], "gone")
        self.place_vehicle(tags[second], first)
        self.place_vehicle(tags[first], second)

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
