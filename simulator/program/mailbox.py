"""A command mailbox: check, sequence, fence, cancel, results (plc-if.md 5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from simulator.program.crc import crc16_words

NOP, CANCEL = 0, 90
IDLE, ACCEPTED, BUSY, DONE, ERROR, ABORTED, HOLDING = range(7)
SEQ_COUNT = 65_535
AHEAD_MAX = 1000
RESULT_DONE, RESULT_ERROR, RESULT_ABORTED = 3, 4, 5
ERROR_INTERLOCK, ERROR_POSITION, ERROR_LOAD, ERROR_TIME, ERROR_DRIVE, ERROR_STOPPED = range(1, 7)
ERROR_BLOCKED, ERROR_SENSORS, ERROR_OVERLOAD = 7, 8, 9

Outcome = tuple[int, int]


class Task(Protocol):
    """What a running command does to the plant. Every call is idempotent, so a held command just goes on."""

    def intact(self) -> bool:
        """Whether the interlocks that it needs while it runs still hold."""

    def tick(self) -> Outcome | None:
        """Drive the plant one scan further; result and error when it has ended."""

    def stop(self) -> None:
        """Controlled stop of what it moves."""

    def at_rest(self) -> bool:
        """Whether what it moves stands still."""

    def progress_pct(self) -> int:
        """How far it is, 0 to 100."""


@dataclass(frozen=True, slots=True)
class Command:
    """The ten words of a mailbox."""

    code: int
    args: tuple[int, int, int, int]
    job_id: int
    limit_ds: int
    check: int
    seq: int

    @classmethod
    def from_words(cls, words: list[int]) -> Command:
        """From the words of the block, in its order."""
        return cls(
            words[0], (words[1], words[2], words[3], words[4]), words[5] << 16 | words[6], words[7], words[8], words[9]
        )


@dataclass(slots=True)
class Executed:
    """One command that the PLC really executed; `result` is 0 while it runs."""

    unit: str
    seq: int
    session: int
    code: int
    args: tuple[int, int, int, int]
    boot_id: int
    result: int = 0
    error: int = 0


@dataclass(slots=True)
class Active:
    """The command that runs. `rescue` marks one taken under 4.6."""

    command: Command
    task: Task
    record: Executed
    rescue: bool = False
    elapsed_ms: int = 0
    state: int = ACCEPTED
    ending: Outcome | None = None


def seq_ahead(seq: int, taken: int) -> int:
    """How far `seq` is ahead of `taken`, counting past 65535 to 1: 0 the same, else 1 to 65534."""
    return (seq - taken) % SEQ_COUNT


@dataclass(slots=True)
class Unit:
    """One mailbox with its status."""

    name: str
    active: Active | None = None
    state: int = IDLE
    last_seq: int = 0
    last_result: int = 0
    last_error: int = 0
    reject_seq: int = 0
    reject_code: int = 0
    taken_seq: int = 0
    fence_seq: int = 0
    cancels: list[int] = field(default_factory=list)

    @property
    def at_work(self) -> bool:
        """Whether the next scan may do more with the running command than let it wait on."""
        return self.active is not None and self.state != HOLDING

    def status_key(self) -> tuple[int, ...]:
        """What the status block of an idle unit is made of."""
        return (
            self.state,
            self.last_seq,
            self.last_result,
            self.last_error,
            self.reject_seq,
            self.reject_code,
            self.taken_seq,
            self.fence_seq,
        )

    def offered(self, words: list[int], session: int) -> Command | None:
        """The command in the mailbox when it is whole, of this session and new; refuses with 12 by itself (5.2)."""
        command = Command.from_words(words)
        if session == 0 or command.seq == 0 or crc16_words([*words[:8], command.seq, session]) != command.check:
            return None
        if self.taken_seq:
            ahead = seq_ahead(command.seq, self.taken_seq)
            if ahead == 0:
                return None
            if ahead > AHEAD_MAX:
                self.reject_seq, self.reject_code = command.seq, 12
                return None
        return command

    def refuse(self, seq: int, code: int) -> None:
        """A refusal is taken too, and leaves the running command alone (5.3)."""
        self.taken_seq = self.reject_seq = seq
        self.reject_code = code

    def take_fence(self, command: Command) -> None:
        """NOP and CANCEL (5.6, 5.7)."""
        running = self.active
        if command.code == CANCEL and running is not None:
            if command.args[0] != running.command.seq:
                self.refuse(command.seq, 2)
                return
            self.taken_seq = command.seq
            self.cancels.append(command.seq)
            if running.ending is None:
                running.ending = (RESULT_ABORTED, 0)
            return
        self.taken_seq = command.seq
        self._fence(command.seq)

    def _fence(self, seq: int) -> None:
        if self.fence_seq == 0 or 0 < seq_ahead(seq, self.fence_seq) < SEQ_COUNT // 2:
            self.fence_seq = seq

    def start(self, active: Active) -> None:
        """Take a command that was not refused."""
        self.taken_seq = active.command.seq
        self.active = active
        self.state = ACCEPTED

    def finish(self, result: int, error: int) -> None:
        """End the running command; a waiting CANCEL shows after it."""
        running = self.active
        if running is None:
            return
        self.last_seq, self.last_result, self.last_error = running.command.seq, result, error
        running.record.result, running.record.error = result, error
        self.state = result
        self.active = None
        for seq in self.cancels:
            self._fence(seq)
        self.cancels.clear()

    def break_off(self, result: int, error: int) -> None:
        """Stop the running command on its ramp and end it so; the first cause stays."""
        if self.active is not None and self.active.ending is None:
            self.active.ending = (result, error)

    def tick(self, scan_ms: int, paused: Callable[[Active], bool]) -> None:
        """One scan of the running command."""
        running = self.active
        if running is None:
            return
        if running.ending is not None:
            running.task.stop()
            if running.task.at_rest():
                self.finish(*running.ending)
        elif paused(running):
            running.task.stop()
            self.state = HOLDING
        else:
            self._run(running, scan_ms)

    def _run(self, running: Active, scan_ms: int) -> None:
        running.elapsed_ms += scan_ms
        self.state = BUSY
        if not running.task.intact():
            running.ending = (RESULT_ERROR, ERROR_INTERLOCK)
        elif running.elapsed_ms > running.command.limit_ds * 100:
            running.ending = (RESULT_ERROR, ERROR_TIME)
        else:
            outcome = running.task.tick()
            if outcome is not None:
                self.finish(*outcome)
            return
        running.task.stop()
