"""A driver who brings a car into a cabin, as a person does it: each act is done at once, between two steps.

`World.drive_in` plays a whole arrival on a timetable; this one stops wherever people stop.
"""

from __future__ import annotations

from simulator.booth import Booth
from simulator.cars import Car
from simulator.plant import Plant

TOO_FAR_FORWARD, TOO_FAR_BACK, TOO_FAR_LEFT, TOO_FAR_RIGHT = 1, 2, 4, 8


class Driver:
    """One driver at cabin `cabin`, number 1 or 2."""

    def __init__(self, plant: Plant, cabin: int) -> None:
        self._plant = plant
        self.cabin = cabin

    @property
    def _booth(self) -> Booth:
        return self._plant.booths[self.cabin - 1]

    @property
    def door_open(self) -> bool:
        """Whether the outer door stands fully open."""
        return self._booth.outer.position_ratio == 1.0

    @property
    def may_drive_in(self) -> bool:
        """Whether the outer door stands fully open on an empty cabin."""
        return self.door_open and self._booth.car is None

    def drive_in(self, car: Car, misplaced: int = 0) -> None:
        """Drive `car` in and stay at the wheel; `misplaced` are the bits of where it stands wrong.

        Raises ValueError unless the outer door is open on an empty cabin, or while such a car stands in the tower.
        """
        booth = self._booth
        if not self.may_drive_in:
            raise ValueError(f"cabin {self.cabin} is shut or taken")
        if self._plant.truth().get(car.tag, "gone") != "gone":
            raise ValueError(f"tag {car.tag} stands in {self._plant.truth()[car.tag]}")
        self._plant.gone.pop(car.tag, None)
        booth.car, booth.delivered, booth.misplaced = car, False, misplaced
        self._be_there(True)

    def correct(self, misplaced: int = 0) -> None:
        """Move the car within the cabin."""
        self._booth.misplaced = misplaced
        self._plant.touch()

    def get_out(self) -> None:
        """Leave the cabin on foot; the car stays."""
        self._be_there(False)

    def come_back(self) -> None:
        """Walk in."""
        self._be_there(True)

    def press(self) -> None:
        """Press the button beside the door."""
        self._booth.clear_pressed = True
        self._plant.touch()

    def drive_out(self) -> None:
        """Drive the car away. Raises ValueError unless it stands there and the outer door is open."""
        booth = self._booth
        if not self.door_open or booth.car is None:
            raise ValueError(f"no car can leave cabin {self.cabin}")
        self._plant.gone[booth.car.tag] = booth.car
        booth.car, booth.misplaced = None, 0
        self._be_there(False)

    def _be_there(self, present: bool) -> None:
        self._booth.person = self._booth.motion = present
        self._plant.touch()
