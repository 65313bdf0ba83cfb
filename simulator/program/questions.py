"""What the parts of the program ask about the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.cars import Car
from simulator.config import KEY_AUTO, KEY_MANUAL
from simulator.program import alarms, packml
from simulator.program.mailbox import Command, Unit
from simulator.program.rules import FORK_CODES, LIFT_TO
from simulator.program.state import Status

if TYPE_CHECKING:
    from simulator.program.alarms import Alarms
    from simulator.program.packml import PackMl


class Questions(Status):
    """Answers from key, alarms, PackML state and mailboxes."""

    alarms: Alarms
    packml: PackMl
    units: dict[str, Unit]

    @property
    def key(self) -> int:
        """The key switch."""
        return self.plant.inputs.key_switch

    @property
    def manual(self) -> bool:
        """Key on Manual."""
        return self.plant.inputs.key_switch == KEY_MANUAL

    @property
    def enabled(self) -> bool:
        """Enabling switch held."""
        return self.plant.inputs.enabling

    @property
    def abort_standing(self) -> bool:
        """Whether an alarm stands that aborts."""
        return bool(self.alarms.active & alarms.ABORTING)

    @property
    def drives_enabled(self) -> bool:
        """Whether the drives have power and leave to move."""
        aborted = self.packml.state in (packml.ABORTING, packml.ABORTED)
        return self.plant.powered and self.plant.inputs.chain_ok and not aborted and not self.abort_standing

    @property
    def speed_ratio(self) -> float:
        """Share of the full speed: all in Auto, manual speed else."""
        return 1.0 if self.key == KEY_AUTO else self.manual_ratio

    def override_of(self, command: Command) -> int:
        """The override bits that count: arg3 in Manual with the enabling switch held (5.11)."""
        uses = command.code in (LIFT_TO, *FORK_CODES)
        return command.args[3] if uses and self.manual else 0

    def at_rest(self) -> bool:
        """All motion of the machine is over: axes, locks, and doors that no 4.6 command moves."""
        plant = self.plant
        return not plant.axes_moving and not any(self._ends(unit) for unit in self.units.values())

    @staticmethod
    def _ends(unit: Unit) -> bool:
        running = unit.active
        return running is not None and not running.rescue and not running.task.at_rest()

    def too_large(self, car: Car | None) -> bool:
        """Whether a vehicle in a cabin is larger than allowed; its mass is another question (error 9)."""
        return bool(self.gauge_bits(car) & 0b1110)
