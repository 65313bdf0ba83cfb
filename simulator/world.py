"""The people of the demo and of tests: drivers who come and go, staff who press the clear button.

Their times are people's times: the speed-up of the plant does not touch them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulator.booth import Booth
from simulator.cars import Car
from simulator.config import Actors
from simulator.plant import Plant

LOOK_EVERY_MS = 100
CROSSING_MS = 500


@dataclass(frozen=True, slots=True)
class _Deed:
    at_ms: int
    act: Callable[[], None]


class World:
    """A timetable of deeds over the plant."""

    def __init__(self, plant: Plant, actors: Actors) -> None:
        self._plant = plant
        self._actors = actors
        self._deeds: list[_Deed] = []
        self._busy: set[int] = set()
        self.now_ms = 0
        self._look_ms = 0

    @property
    def people_under_way(self) -> bool:
        """Whether somebody is about to do something."""
        return bool(self._deeds)

    def step(self, dt_ms: int) -> None:
        """Let `dt_ms` pass and do what is due."""
        self.now_ms += dt_ms
        while self._deeds and self._deeds[0].at_ms <= self.now_ms:
            self._deeds.pop(0).act()
            self._plant.touch()
        if self.now_ms >= self._look_ms:
            self._look_ms = self.now_ms + LOOK_EVERY_MS
            if self._actors.auto_drive_off:
                self._look_for_customers()

    def _look_for_customers(self) -> None:
        for booth in self._plant.booths:
            if booth.number not in self._busy and booth.delivered and booth.car and booth.outer.position_ratio == 1.0:
                self._schedule_departure(booth, round(self._actors.customer_delay_s * 1000))

    def _after(self, delay_ms: int, act: Callable[[], None]) -> None:
        self._deeds.append(_Deed(self.now_ms + delay_ms, act))
        self._deeds.sort(key=lambda deed: deed.at_ms)

    def _booth(self, cabin: int) -> Booth:
        if not 1 <= cabin <= len(self._plant.booths):
            raise ValueError(f"no such cabin: {cabin}")
        booth = self._plant.booths[cabin - 1]
        if booth.outer.position_ratio != 1.0:
            raise ValueError(f"the outer door of cabin {cabin} is not open")
        return booth

    def drive_off(self, cabin: int) -> None:
        """A driver boards and drives away. Raises ValueError unless the outer door is open on a vehicle."""
        booth = self._booth(cabin)
        if booth.car is None:
            raise ValueError(f"no vehicle in cabin {cabin}")
        self._schedule_departure(booth, 0)

    def _schedule_departure(self, booth: Booth, delay_ms: int) -> None:
        self._busy.add(booth.number)
        boarding_ms = round(self._actors.boarding_s * 1000)
        driving_ms = round(self._actors.driving_s * 1000)
        self._after(delay_ms, lambda: self._enter(booth))
        self._after(delay_ms + CROSSING_MS, lambda: _curtain(booth, False))
        self._after(delay_ms + boarding_ms, lambda: self._leave_with_car(booth))
        self._after(delay_ms + boarding_ms + driving_ms, lambda: self._gone(booth))

    def _enter(self, booth: Booth) -> None:
        if booth.outer.position_ratio != 1.0:
            return
        booth.person = booth.motion = booth.curtain_tripped = True

    def _leave_with_car(self, booth: Booth) -> None:
        if booth.outer.position_ratio != 1.0 or booth.car is None:
            return
        self._plant.gone[booth.car.tag] = booth.car
        booth.car = None
        booth.delivered = False
        booth.misplaced = 0
        booth.curtain_tripped = booth.motion = True

    def _gone(self, booth: Booth) -> None:
        booth.person = booth.motion = booth.curtain_tripped = False
        self._busy.discard(booth.number)
        self._staff(booth)

    def drive_in(self, cabin: int, car: Car) -> None:
        """A vehicle drives in, its driver leaves on foot. Raises ValueError unless the cabin is open and empty."""
        booth = self._booth(cabin)
        if booth.car is not None:
            raise ValueError(f"cabin {cabin} is taken by tag {booth.car.tag}")
        places = self._plant.truth()
        if places.get(car.tag, "gone") != "gone":
            raise ValueError(f"tag {car.tag} stands in {places[car.tag]}")
        self._busy.add(cabin)
        driving_ms = round(self._actors.driving_s * 1000)
        leaving_ms = driving_ms + round(self._actors.boarding_s * 1000)
        booth.person = booth.motion = booth.curtain_tripped = True
        self._plant.touch()
        self._after(driving_ms, lambda: self._parked(booth, car))
        self._after(leaving_ms, lambda: _curtain(booth, True))
        self._after(leaving_ms + CROSSING_MS, lambda: self._gone_on_foot(booth))

    def _parked(self, booth: Booth, car: Car) -> None:
        self._plant.gone.pop(car.tag, None)
        booth.car, booth.delivered = car, False
        booth.curtain_tripped = False

    def _gone_on_foot(self, booth: Booth) -> None:
        booth.person = booth.motion = booth.curtain_tripped = False
        self._busy.discard(booth.number)
        self._staff(booth)

    def _staff(self, booth: Booth) -> None:
        if self._actors.auto_press_clear:
            self._after(round(self._actors.staff_delay_s * 1000), lambda: _press(booth))


def _curtain(booth: Booth, tripped: bool) -> None:
    booth.curtain_tripped = tripped


def _press(booth: Booth) -> None:
    booth.clear_pressed = not booth.button_forgotten
