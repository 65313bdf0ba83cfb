"""A cabin as its sensors show it (plc-if.md 5.8, 5.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.booth import Booth

if TYPE_CHECKING:
    from simulator.program.plc import Plc


class CabinView:
    """Questions to one cabin."""

    _plc: Plc
    booth: Booth
    number: int
    clear_confirmed: bool

    @property
    def inner_closed(self) -> bool:
        """The inner door's end switch, no order to leave it, and not open by the other one: of two that differ, the worse."""
        return self.booth.sense("inner_closed", self.booth.inner.at_zero) and not self.inner_open

    @property
    def outer_closed(self) -> bool:
        """The outer door's end switch, no order to leave it, and not open by the other one."""
        return self.booth.sense("outer_closed", self.booth.outer.at_zero) and not self.outer_open

    @property
    def inner_open(self) -> bool:
        """The inner door is fully open and stays so."""
        return self.booth.sense("inner_open", self.booth.inner.at_one)

    @property
    def outer_open(self) -> bool:
        """The outer door is fully open and stays so."""
        return self.booth.sense("outer_open", self.booth.outer.at_one)

    @property
    def sensors(self) -> tuple[bool, bool]:
        """The vehicle sensors: front, rear."""
        return self._plc.plant.place_sensors((0, self.number))

    @property
    def occupied(self) -> bool:
        """Both vehicle sensors are on (5.10)."""
        return all(self.sensors)

    @property
    def disturbed(self) -> bool:
        """Person, motion or a tripped curtain."""
        booth = self.booth
        return booth.person_detected or booth.motion_detected or not booth.curtain_clear

    @property
    def is_clear(self) -> bool:
        """Cabin clear (5.8)."""
        return self.clear_confirmed and not self.booth.person_detected and not self.booth.motion_detected

    @property
    def exit_button(self) -> bool:
        """Whether the exit button is being pressed."""
        return self.booth.sense("exit_button", self.booth.exit_left_s > 0)

    @property
    def fork_in(self) -> bool:
        """Whether the fork is in this cabin, or may be: an unhomed carriage with the fork out at an open inner door."""
        plant = self._plc.plant
        if plant.fork_centred:
            return False
        return plant.fork_place() == (0, self.number) or (
            not (plant.lift.homed and plant.turntable.homed) and not self.inner_closed
        )
