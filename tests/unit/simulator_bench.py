"""A PC for the simulator's tests: heartbeat, session, mailboxes, all on virtual time. It shares no code with towerd."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.cars import Car
from simulator.config import Actors, SimulatorConfig
from simulator.core import Simulator
from simulator.program.crc import crc16_words

CTL, JOG, SYS, ALM = 32, 48, 128, 352
WRITES = {"CARRIAGE": 64, "BAYS": 80, "CABIN1": 96, "CABIN2": 112}
STATUS = {"CARRIAGE": 160, "BAYS": 176, "CABIN1": 192, "CABIN2": 208}
CABS = {1: 288, 2: 312}
RESET, START, STOP, HOLD, UNHOLD, ABORT, CLEAR = 1, 2, 3, 4, 5, 8, 9
EXECUTE, HELD, IDLE, STOPPED, ABORTED = 6, 11, 4, 2, 9
AUTO, MANUAL, MAINTENANCE = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Status:
    """A block STS."""

    active_seq: int
    state: int
    last_seq: int
    last_result: int
    last_error: int
    reject_seq: int
    reject_code: int
    taken_seq: int
    fence_seq: int


class Readings:
    """What the PC reads."""

    sim: Simulator

    @property
    def state(self) -> int:
        return self.sim.read(SYS, 32)[6]

    @property
    def stop_reason(self) -> int:
        return self.sim.read(SYS, 32)[7]

    @property
    def link(self) -> int:
        return self.sim.read(SYS, 32)[4]

    def cab(self, number: int = 1) -> list[int]:
        return self.sim.read(CABS[number], 24)

    def epoch(self, number: int = 1) -> int:
        return self.cab(number)[13]

    def clear_confirmed(self, number: int = 1) -> bool:
        return bool(self.cab(number)[4] >> 10 & 1)

    def alarms(self) -> set[int]:
        words = self.sim.read(ALM, 48)
        return {16 * i + bit for i in range(8) for bit in range(16) if words[2 + i] >> bit & 1}

    def unacked(self) -> set[int]:
        words = self.sim.read(ALM, 48)
        return {16 * i + bit for i in range(8) for bit in range(16) if words[10 + i] >> bit & 1}


class Bench(Readings):
    """Drives one simulator as a PC would."""

    def __init__(self, *cars: tuple[str, Car], **config: Any) -> None:
        self.sim = Simulator(SimulatorConfig(**{"homed": True, "actors": Actors(), **config}), cars)
        self.session = 4711
        self.heartbeat = 0
        self.packml_seq = self.packml_command = self.ack_seq = self.ack_code = 0
        self.seqs = dict.fromkeys(WRITES, 0)
        self.beating = True
        self.run(0.2)

    def beat(self) -> None:
        self.heartbeat = self.heartbeat + 1 & 0xFFFF
        self.sim.write(
            CTL,
            [self.heartbeat, self.session, self.packml_command, self.packml_seq, self.ack_code, self.ack_seq],
        )

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            if self.beating and not (self.sim.wire.cut or self.sim.wire.silent):
                self.beat()
            self.sim.step(0.1)

    def packml(self, command: int, settle_s: float = 0.2) -> int:
        self.packml_seq += 1
        self.packml_command = command
        self.beat()
        self.run(settle_s)
        return self.sim.read(SYS, 32)[17]

    def acknowledge(self, code: int = 0xFFFF) -> None:
        self.ack_seq += 1
        self.ack_code = code
        self.run(0.2)

    def execute(self) -> Bench:
        assert self.packml(RESET) == 0
        assert self.packml(START) == 0
        assert self.state == EXECUTE
        return self

    def words(self, code: int, args: tuple[int, ...], seq: int, limit_ds: int, session: int | None = None) -> list[int]:
        body = [code, *args, *[0] * (4 - len(args)), 0, 1, limit_ds]
        return [*body, crc16_words([*body, seq, self.session if session is None else session]), seq]

    def send(self, unit: str, code: int, *args: int, limit_ds: int = 1200) -> int:
        """Write a command under the next seq, without waiting."""
        self.seqs[unit] = self.seqs[unit] % 65535 + 1
        self.sim.write(WRITES[unit], self.words(code, args, self.seqs[unit], limit_ds))
        return self.seqs[unit]

    def status(self, unit: str) -> Status:
        w = self.sim.read(STATUS[unit], 16)
        return Status(w[2], w[4], w[6], w[7], w[8], w[9], w[10], w[11], w[12])

    def refusal(self, unit: str, code: int, *args: int, limit_ds: int = 1200) -> int:
        """The reject code of a command, 0 when it was taken."""
        seq = self.send(unit, code, *args, limit_ds=limit_ds)
        self.sim.step(0.02)
        status = self.status(unit)
        return status.reject_code if status.reject_seq == seq else 0

    def do(self, unit: str, code: int, *args: int, limit_ds: int = 1200) -> tuple[int, int]:
        """Result and error of a command once it has ended; fails when it is refused."""
        seq = self.send(unit, code, *args, limit_ds=limit_ds)
        return self.wait(unit, seq)

    def wait(self, unit: str, seq: int, patience_s: float = 200.0) -> tuple[int, int]:
        for _ in range(round(patience_s * 10)):
            self.run(0.1)
            status = self.status(unit)
            assert status.reject_seq != seq, f"refused with {status.reject_code}"
            if status.last_seq == seq:
                return status.last_result, status.last_error
        raise AssertionError("the command did not end")

    def done(self, unit: str, code: int, *args: int) -> None:
        assert self.do(unit, code, *args) == (3, 0)

    # Whole pieces of a visit

    def to_cabin_with(self, floor: int, position: int) -> None:
        """Fetch the vehicle of a bay and stand at cabin 1 with its inner door open."""
        self.done("CARRIAGE", 1, floor, position)
        self.done("BAYS", 10, floor, position)
        self.done("CARRIAGE", 2, floor, position)
        self.done("BAYS", 11, floor, position)
        self.done("CARRIAGE", 1, 0, 1)
        if not self.clear_confirmed():
            self.run(11)
        self.done("CABIN1", 20, 1, self.epoch())

    def deliver(self, floor: int, position: int) -> None:
        """The vehicle of a bay stands in cabin 1, the outer door open."""
        self.to_cabin_with(floor, position)
        self.done("CARRIAGE", 3, 0, 1, self.epoch())
        self.done("CABIN1", 20, 0)
        self.done("CABIN1", 21, 1, self.epoch())
