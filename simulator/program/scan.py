"""The order of work within one scan, and when a scan has nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.config import KEY_AUTO, KEY_MANUAL
from simulator.image import MAILBOXES
from simulator.program import alarms, conditions, packml, publish, refusal, rules
from simulator.program.mailbox import CANCEL, NOP, Active, Command, Executed, Unit
from simulator.program.small_tasks import InnerDoor
from simulator.program.tasks import build_task
from towerd.plc.registers import alarm_types

if TYPE_CHECKING:
    from simulator.program.plc import Plc

HEARTBEAT_MS = 100
FIRST_ENDS = {
    alarms.DRIVE_LIFT: ("CARRIAGE", 5),
    alarms.DRIVE_TURNTABLE: ("CARRIAGE", 5),
    alarms.DRIVE_FORK: ("CARRIAGE", 5),
    alarms.POSITION_LIFT: ("CARRIAGE", 2),
    alarms.POSITION_TURNTABLE: ("CARRIAGE", 2),
    alarms.FORK_TIMEOUT: ("CARRIAGE", 2),
    alarms.OVERLOAD: ("CARRIAGE", 9),
    alarms.INNER_FAULT: ("CABIN1", 2),
    alarms.INNER_FAULT + 1: ("CABIN2", 2),
}


class Scan:
    """Runs the scans of one PLC."""

    def __init__(self, plc: Plc) -> None:
        self._plc = plc
        self._key = plc.key
        self._enabled = plc.enabled
        self._packml_seq = 0
        self._ack_seq = 0
        self._revision = -1
        self.settled = False
        self._beat = -1

    def run(self) -> None:
        """One scan. Where nothing moves and nothing was written only the heartbeat goes on."""
        plc = self._plc
        plc.now_ms += plc.config.scan_ms
        if self.settled and not plc.image.dirty and plc.plant.revision == self._revision and not self._due():
            if plc.now_ms // HEARTBEAT_MS != self._beat:
                self._beat = plc.now_ms // HEARTBEAT_MS
                publish.publish_sys(plc)
            return
        self._work()

    def _due(self) -> bool:
        plc = self._plc
        if plc.link.alive and plc.now_ms - plc.link.last_moved_ms >= 1000:
            return True
        return any(cabin.deadline_ms is not None and plc.now_ms >= cabin.deadline_ms for cabin in plc.cabins)

    def _work(self) -> None:
        plc = self._plc
        plant = plc.plant
        self._revision = plant.revision
        dirty = set(plc.image.dirty)
        plc.image.dirty.clear()
        before = (plc.packml.state, plc.alarms.active, plc.alarms.unacked)
        self._read_control(dirty)
        self.look()
        self._react()
        self._take_commands(dirty)
        plc.packml.tick()
        self._run_tasks()
        if plant.dirty_bays:
            publish.publish_bays(plc, plant.dirty_bays)
            plant.dirty_bays = set()
        publish.publish_machine(plc)
        self._beat = plc.now_ms // HEARTBEAT_MS
        after = (plc.packml.state, plc.alarms.active, plc.alarms.unacked)
        busy = plant.moving or plc.jog.busy or any(unit.at_work for unit in plc.units.values())
        waiting = plc.alarms.pulses or any(cabin.exit_pending for cabin in plc.cabins)
        self.settled = before == after and not busy and not waiting

    # The PC

    def _read_control(self, dirty: set[str]) -> None:
        plc = self._plc
        if "CTL" in dirty:
            words = plc.image.block_words("CTL")
            heartbeat, session, command, seq, code, ack_seq = words[:6]
            plc.set_utc(words[6] << 16 | words[7])
            if session != plc.link.session:
                plc.link.session = session
                self._packml_seq, self._ack_seq = seq, ack_seq
                plc.packml.ack_seq, plc.packml.reject_code = seq, 0
            plc.link.heard(heartbeat, plc.now_ms)
            if seq != self._packml_seq:
                self._packml_seq = seq
                plc.packml.command(command, seq)
            if ack_seq != self._ack_seq:
                self._ack_seq = ack_seq
                self._acknowledge(code)
        if plc.link.tick(plc.now_ms):
            plc.packml.hold(2)
            plc.jog.stop()
            plc.end_rescues()

    def _acknowledge(self, code: int) -> None:
        plc = self._plc
        for number in plc.alarms.acknowledge(code):
            if alarms.DRIVE_LIFT <= number <= alarms.DRIVE_FORK:
                plc.plant.axes[number - alarms.DRIVE_LIFT].reset_drive()
            if number == alarms.BAY_LOCK:
                plc.plant.dirty_bays |= plc.failed_locks
                plc.failed_locks.clear()

    def _take_commands(self, dirty: set[str]) -> None:
        plc = self._plc
        for name in MAILBOXES:
            if name in dirty:
                unit = plc.units[name[4:]]
                command = unit.offered(plc.image.block_words(name), plc.link.session)
                if command is not None:
                    self._take(unit, command)
        if "JOG" in dirty:
            plc.jog.written(plc.image.block_words("JOG"))

    def _take(self, unit: Unit, command: Command) -> None:
        plc = self._plc
        if command.code in (NOP, CANCEL):
            unit.take_fence(command)
            return
        code = refusal.refusal(plc, unit, command)
        if code:
            unit.refuse(command.seq, code)
            return
        record = Executed(unit.name, command.seq, plc.link.session, command.code, command.args, plc.boot_id)
        plc.executed.append(record)
        unit.start(Active(command, build_task(plc, unit, command), record, rescue=refusal.is_rescue(plc, command)))

    # The machine

    def look(self) -> None:
        """Cabins and alarms."""
        plc = self._plc
        for cabin in plc.cabins:
            cabin.observe(plc.now_ms)
        if plc.plant.inputs.reset_pressed:
            plc.plant.inputs.reset_pressed = False
            if not conditions.conditions(plc) & alarms.ABORTING and not plc.abort_standing:
                plc.packml.reset_required = False
        fresh = plc.alarms.update(conditions.conditions(plc), plc.utc_s)
        for number in alarms.numbers_in(fresh):
            if number in FIRST_ENDS:
                self._end_first(*FIRST_ENDS[number])

    def _end_first(self, name: str, error: int) -> None:
        running = self._plc.units[name].active
        if running is not None:
            running.task.stop()
            self._plc.units[name].finish(4, error)

    def _react(self) -> None:
        plc = self._plc
        kinds = alarm_types()
        if plc.abort_standing:
            first = alarms.numbers_in(plc.alarms.active & alarms.ABORTING)[0]
            plc.packml.abort(kinds[first].stop_reason, owed=True)
        held = plc.alarms.holding(plc.manual)
        if held:
            plc.packml.hold(kinds[alarms.numbers_in(held)[0]].stop_reason)
        self._watch_key()

    def _watch_key(self) -> None:
        plc = self._plc
        if plc.key != self._key:
            self._key = plc.key
            plc.packml.hold(12)
            if plc.key not in (KEY_AUTO, KEY_MANUAL):
                plc.end_rescues()
            self._end_overrides()
        if plc.manual and not plc.enabled and (self._enabled or plc.packml.state in packml.CAN_HOLD):
            plc.packml.hold(15)
        self._enabled = plc.enabled

    def _end_overrides(self) -> None:
        """Back in Auto arg3 must be 0 (5.11): a command that had left a sensor out does not go on."""
        unit = self._plc.units["CARRIAGE"]
        command = rules.running(self._plc, "CARRIAGE")
        if self._key == KEY_AUTO and command is not None and command.code != rules.HOME and command.args[3]:
            unit.break_off(4, 1)

    def _run_tasks(self) -> None:
        plc = self._plc
        for unit in plc.units.values():
            if unit.active is not None:
                unit.tick(plc.config.scan_ms, self._paused)
        plc.jog.tick()
        for cabin in plc.cabins:
            cabin.tick()

    def _paused(self, running: Active) -> bool:
        # SIGNAL runs in every state (4.2): a sign says what to do while the machine stands
        waits = running.command.code != rules.SIGNAL and not running.rescue
        if not waits or self._plc.packml.state not in packml.PAUSED:
            return False
        task = running.task
        if isinstance(task, InnerDoor):
            task.watch_doorway()
            return not task.reopening
        return True
