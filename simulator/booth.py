"""A transfer cabin as the plant has it: two doors, a floor, people, buttons, sensors. No logic of the PLC."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.cars import Car
from simulator.kinematics import Mechanism

EXIT_PRESS_S = 0.5


@dataclass(slots=True)
class Booth:
    """One transfer cabin, number 1 or 2."""

    number: int
    inner: Mechanism
    outer: Mechanism
    car: Car | None = None
    delivered: bool = False
    person: bool = False
    motion: bool = False
    curtain_tripped: bool = False
    misplaced: int = 0
    oversize: int = 0
    stranger: bool = False
    unrest: bool = False
    obstacle: bool = False
    button_forgotten: bool = False
    closing_edge: bool = False
    doorway_blocked: bool = False
    clear_pressed: bool = False
    exit_left_s: float = 0.0
    intercom: bool = False
    by_hand: bool = False
    forced: dict[str, bool] = field(default_factory=dict)

    @property
    def moving(self) -> bool:
        """Whether a door or a pressed button still has something to do."""
        return self.inner.direction != 0 or self.outer.direction != 0 or self.exit_left_s > 0

    def step(self, dt_s: float, powered: bool) -> None:
        """Advance doors and button by `dt_s`; without power only a door opened by hand moves."""
        if powered:
            self.inner.step(dt_s)
        if powered or self.by_hand:
            self.outer.step(dt_s)
        if self.by_hand and self.outer.position_ratio == 1.0:
            self.by_hand = False
        if self.exit_left_s > 0:
            self.exit_left_s = max(0.0, self.exit_left_s - dt_s)

    def sense(self, name: str, truth: bool) -> bool:
        """What the sensor says: the truth, unless a fault forces it."""
        return self.forced.get(name, truth) if self.forced else truth

    @property
    def curtain_clear(self) -> bool:
        """Light curtain of the outer door, true when nothing is in it."""
        return self.sense("curtain", not (self.curtain_tripped or self.obstacle))

    @property
    def person_detected(self) -> bool:
        """Person detection over the cabin's floor."""
        return self.sense("person", self.person or self.stranger)

    @property
    def motion_detected(self) -> bool:
        """Motion that the machine does not make itself."""
        return self.sense("motion", self.motion or self.unrest)
