"""The core and the simulator by function calls, with what the link makes of a wire that fails (plc-if.md 3.2, 6.1)."""

from __future__ import annotations

from simulator.image import ModbusError
from tests.support.plant_watch import WatchedTower
from tests.support.sync_tower import ANSWERED, TICK_S
from towerd.fsm import commands as cmd
from towerd.fsm import events as ev
from towerd.plc.codec import BlockError, check_read
from towerd.plc.decode import IdentityError
from towerd.plc.outgoing import words_of
from towerd.plc.registers import blocks

STALE_S = 1.0
REPLY_WITHIN_S = 0.3
_HEARTBEAT = 2


class MatrixTower(WatchedTower):
    """Watches the plant at every tick, and loses the link as the real one does."""

    def __post_init__(self) -> None:
        self.good_s = self.now_s
        self.comes_s = 0.0
        self.heartbeat: int | None = None
        self.failed_read = ""
        self.late: list[tuple[float, int, list[int]]] = []
        super().__post_init__()

    def tick(self, seconds: float = TICK_S) -> None:
        """Let time pass in polls; what is unsafe is kept in `watch`."""
        for _ in range(max(1, round(seconds / TICK_S))):
            for due_s, address, words in [row for row in self.late if row[0] <= self.now_s]:
                self.late.remove((due_s, address, words))
                self.simulator.write(address, words)
            super().tick(TICK_S)
            self.look_at_plant()

    def _poll(self) -> None:
        wire = self.simulator.wire
        fate = wire.fate()
        in_time = fate.arrives and fate.reply_delay_s + fate.request_delay_s <= REPLY_WITHIN_S
        if in_time and not (wire.cut or wire.silent):
            try:
                self._read_all()
            except (ModbusError, BlockError) as error:
                # a failed or a torn read is no good value; the next poll reads again
                self.failed_read = str(error)
        if self.now_s - self.good_s >= STALE_S:
            self.lose("no good value for 1.0 s")

    def _read_all(self) -> None:
        sys = blocks()["SYS"]
        words = self.simulator.read(sys.start, sys.length)
        check_read("SYS", words)
        moved, self.heartbeat = words[_HEARTBEAT] != self.heartbeat, words[_HEARTBEAT]
        if self.session:
            self._observe()
        elif moved:
            self._meet()
        if moved:
            self.good_s = self.now_s

    def _meet(self) -> None:
        """A session begins only with the PLC that may be commanded (2.1)."""
        try:
            super()._poll()
        except IdentityError as error:
            self.take(ev.PlcRefused(error.field, error.seen, error.wanted))

    def _beat(self) -> None:
        wire = self.simulator.wire
        if not (wire.cut or wire.silent):
            try:
                super()._beat()
            except ModbusError:
                # it is written again with the next poll
                return

    def _write(self, command: cmd.WriteMailbox) -> None:
        wire = self.simulator.wire
        fate = wire.fate()
        if wire.cut or wire.silent:
            self.fate = "request lost"
        elif fate.request_delay_s:
            self.fate = "request lost"
            if command.session == self.session:
                address = blocks()[f"CMD_{command.unit.value}"].start
                self.late.append((self.now_s + fate.request_delay_s, address, words_of(command)))
        elif not fate.arrives or fate.reply_delay_s > REPLY_WITHIN_S:
            self.fate = "answer lost"
        try:
            super()._write(command)
        except ModbusError:
            self.fate = ANSWERED
            self.take(ev.PlcWriteUnanswered(command.unit, command.seq, "exception"))
