"""What the program knows of a cabin: clear_confirmed, epoch, exit button (plc-if.md 4.6, 5.8, 5.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.booth import Booth
from simulator.program.cabin_view import CabinView

if TYPE_CHECKING:
    from simulator.program.plc import Plc

CLEAR_AFTER_MS = 10_000
RED = 1


class Cabin(CabinView):
    """The logic of one cabin over its `Booth`. Flags are those of the last scan."""

    def __init__(self, plc: Plc, booth: Booth, epoch: int) -> None:
        self._plc = plc
        self.booth = booth
        self.number = booth.number
        self.epoch = epoch
        self.signal = RED
        self.clear_confirmed = False
        self.exit_pending = False
        self.outer_fault: float | None = None
        self.inner_fault: float | None = None
        self.quiet_since_ms: int | None = None
        self._outer_closed = self.outer_closed
        self._occupied = self.occupied
        self._exit_seen = False

    @property
    def deadline_ms(self) -> int | None:
        """When clear_confirmed would be set by time alone, for the sake of a sleeping program."""
        if self.quiet_since_ms is None or self.clear_confirmed:
            return None
        return self.quiet_since_ms + CLEAR_AFTER_MS

    def observe(self, now_ms: int) -> None:
        """One scan: epoch, clear confirmation, exit button."""
        closed = self.outer_closed
        if self._outer_closed and not closed:
            self._next_epoch()
            self.clear_confirmed = False
        self._outer_closed = closed
        self._observe_doors()
        self._observe_vehicle()
        self._observe_clear(now_ms, closed)
        self._observe_exit()

    def _next_epoch(self) -> None:
        self.epoch = self.epoch + 1 & 0xFFFF

    def _observe_doors(self) -> None:
        """A door that has moved on from where it failed is no longer faulty, whatever moved it."""
        if self.inner_fault not in (None, self.booth.inner.position_ratio):
            self.inner_fault = None
        if self.outer_fault not in (None, self.booth.outer.position_ratio):
            self.outer_fault = None

    def _observe_vehicle(self) -> None:
        front, rear = self.sensors
        if front == rear and front != self._occupied:
            self._occupied = front
            self._next_epoch()

    def _observe_clear(self, now_ms: int, outer_closed: bool) -> None:
        disturbed = self.disturbed
        if disturbed:
            self.clear_confirmed = False
        elif self.booth.clear_pressed:
            self.clear_confirmed = True
        self.booth.clear_pressed = False
        quiet = outer_closed and self.inner_closed and not disturbed and not any(self.sensors)
        if not quiet or not self._plc.config.rated_person_detection:
            self.quiet_since_ms = None
            return
        if self.quiet_since_ms is None:
            self.quiet_since_ms = now_ms
        elif now_ms - self.quiet_since_ms >= CLEAR_AFTER_MS:
            self.clear_confirmed = True

    def _observe_exit(self) -> None:
        pressed = self.exit_button
        if pressed and not self._exit_seen:
            self.exit_pending = True
            self._plc.exit_pressed(self)
        self._exit_seen = pressed
        if self.exit_pending and self.booth.outer.position_ratio == 1.0:
            self.exit_pending = False

    def tick(self) -> None:
        """The PLC's own work after the exit button: close the inner door, then open the outer one."""
        if not self.exit_pending or self.fork_in or not self._plc.plant.inputs.chain_ok:
            return
        inner, outer = self.booth.inner, self.booth.outer
        if not self.inner_closed:
            if self._plc.plant.fork_centred and self._plc.plant.doorway_clear(self.booth):
                inner.drive(0)
            else:
                inner.drive(1)
        else:
            outer.drive(1)
