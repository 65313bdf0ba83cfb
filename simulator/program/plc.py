"""The PLC program: one scan reads the W registers, looks at the plant, runs commands, and publishes the read blocks."""

from __future__ import annotations

import random

from simulator.image import MAILBOXES, Image
from simulator.plant import Plant
from simulator.program import link, packml, publish
from simulator.program.alarms import Alarms
from simulator.program.cabin import Cabin
from simulator.program.jog import Jog
from simulator.program.mailbox import Executed, Unit
from simulator.program.questions import Questions
from simulator.program.scan import Scan


class Plc(Questions):
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

    @property
    def asleep(self) -> bool:
        """Whether the next scan has nothing to do but the heartbeat, unless something is done to it."""
        return self.scanner.settled

    def scan(self) -> None:
        """One scan of the program."""
        self.scanner.run()
