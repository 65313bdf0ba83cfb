"""The PLC program: one scan reads the W registers, looks at the plant, runs commands, and publishes the read blocks."""

from __future__ import annotations

import random

from simulator.cars import Car
from simulator.config import KEY_AUTO, KEY_MANUAL
from simulator.image import MAILBOXES, Image
from simulator.plant import Plant
from simulator.program import alarms, link, packml, publish, rules
from simulator.program.alarms import Alarms
from simulator.program.cabin import Cabin
from simulator.program.jog import Jog
from simulator.program.mailbox import Command, Executed, Unit
from simulator.program.scan import Scan
from simulator.program.state import Status


class Plc(Status):
    """Everything that lives from one PLC start to the next. The plant outlives it."""

    def __init__(self, plant: Plant, image: Image, rng: random.Random, retained: Plc | None = None) -> None:
        super().__init__(plant.config, plant)
        self.image = image
        self.executed: list[Executed] = retained.executed if retained is not None else []
        self.boot_id = rng.randrange(1, 1 << 32)
        self.link = link.Link()
        self.alarms = Alarms()
        self.packml = packml.PackMl(self)
        self.jog = Jog(self)
        self.units = {name[4:]: Unit(name[4:]) for name in MAILBOXES}
        self.cabins = [Cabin(self, booth, rng.randrange(1, 1 << 16)) for booth in plant.booths]
        self.scanner = Scan(self)
        if retained is not None:
            self._retain(retained)
        self._start()

    def _retain(self, before: Plc) -> None:
        """What a PLC keeps without power: its clock, the reset that is owed, people who want out."""
        self.utc_base_s = before.utc_s
        self.packml.reset_required = before.packml.reset_required
        self.packml.stop_reason = before.packml.stop_reason if before.packml.reset_required else 0
        self.failed_locks = before.failed_locks
        self.bay_changes = before.bay_changes
        for cabin, old in zip(self.cabins, before.cabins, strict=True):
            cabin.exit_pending = old.exit_pending
            if cabin.epoch == old.epoch:
                cabin.epoch = cabin.epoch + 1 & 0xFFFF

    def _start(self) -> None:
        self.image.clear_written()
        self.plant.dirty_bays = set(range(len(self.plant.bays)))
        publish.publish_id(self)
        publish.publish_bays(self, self.plant.dirty_bays)
        self.plant.dirty_bays = set()
        self.scanner.look()
        if self.abort_standing or self.packml.reset_required:
            self.packml.state = packml.ABORTED
        publish.publish_machine(self)

    # What the scan and the PackML machine ask for

    def end_all(self, result: int, error: int) -> None:
        """Every running command stops on its ramp and ends so; jog stops."""
        self.jog.stop()
        for unit in self.units.values():
            unit.break_off(result, error)

    def end_in_idle(self) -> None:
        """In Idle what would hold ends what runs with error 1, but for a command under 4.6 (3.1)."""
        self.jog.stop()
        for unit in self.units.values():
            if unit.active is not None and not unit.active.rescue:
                unit.break_off(4, 1)

    def end_rescues(self) -> None:
        """Link or key lost: what was taken under 4.6 ends with error 1."""
        for unit in self.units.values():
            if unit.active is not None and unit.active.rescue:
                unit.break_off(4, 1)

    def quick_stop(self) -> None:
        """Abort: drives off, brakes on; running commands end at once with result 5, error 6 (8.3)."""
        self.jog.stop()
        for unit in self.units.values():
            if unit.active is not None:
                unit.active.task.stop()
                unit.finish(5, 6)
        for axis in self.plant.axes:
            axis.stop(force=4.0)
        self.plant.pick.stop()
        for booth in self.plant.booths:
            booth.inner.stop()
            if not booth.by_hand:
                booth.outer.stop()

    def enter_execute(self) -> None:
        """In Execute every command is an ordinary one."""
        for unit in self.units.values():
            if unit.active is not None:
                unit.active.rescue = False

    def exit_pressed(self, cabin: Cabin) -> None:
        """The exit button (4.6): hold, or abort where the fork is in that cabin."""
        self.units[f"CABIN{cabin.number}"].break_off(4, 1)
        if cabin.fork_in:
            self.packml.abort(9, owed=False)
        else:
            self.packml.hold(9)

    def scan(self) -> None:
        """One scan of the program."""
        self.scanner.run()

    # Questions

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
        uses = command.code in (rules.LIFT_TO, *rules.FORK_CODES)
        return command.args[3] if uses and self.manual else 0

    @property
    def load_overridden(self) -> bool:
        """Whether the running command leaves a load sensor out."""
        command = rules.running(self, "CARRIAGE")
        return command is not None and bool(self.override_of(command) & 12)

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
