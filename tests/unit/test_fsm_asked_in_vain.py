"""A PLC that lies is asked a bounded number of times, through the whole core (plc-if.md 6.2, 6.3)."""

from __future__ import annotations

from datetime import timedelta

from tests.support.core_kit import (
    HOME_BAY,
    MONO_S,
    OCCUPIED_OPEN,
    commands_of,
    config,
    job,
    machine,
    order_in,
    standing_at,
    state_of,
    tables_of,
    vehicle,
    with_bay,
    with_mailbox,
)
from tests.support.values import AT
from towerd.faults import COMMAND_FAILED
from towerd.fsm.commands import WriteMailbox
from towerd.fsm.events import Event, FaultReset, PlcObserved, Stamped
from towerd.fsm.reducer import step
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import State
from towerd.plc.codes import Code
from towerd.plc.snapshot import Snapshot, Unit

DONE = 3


class Lying:
    """A PLC that takes every command of the carriage, says done, and does nothing."""

    def __init__(self) -> None:
        self.picture: Snapshot = with_bay(standing_at(machine(), HOME_BAY), 2, 3, OCCUPIED_OPEN)
        tables = tables_of(vehicles=[vehicle(condition="moving")], orders=[order_in("delivering")], jobs=[job()])
        self.state: State = state_of(self.picture, tables)
        self.mono_s, self.forks = MONO_S, 0

    def take(self, event: Event) -> None:
        self.mono_s += 1.5
        stamped = Stamped(AT + timedelta(seconds=self.mono_s - MONO_S), self.mono_s, event)
        self.state, commands = step(self.state, stamped, config())
        for write in commands_of(commands, WriteMailbox):
            self.forks += write.code == Code.FORK_GET
            self.picture = with_mailbox(
                self.picture, Unit(write.unit), taken_seq=write.seq, last_seq=write.seq, last_result=DONE
            )

    def forks_after(self, rounds: int = 30) -> int:
        """How often the fork was asked to take the car, all in all, when `rounds` more pictures have come."""
        for _ in range(rounds):
            self.take(PlcObserved(self.picture))
        return self.forks


def test_a_fork_that_says_done_and_does_nothing_is_asked_twice_and_then_a_technician() -> None:
    plc = Lying()
    assert plc.forks_after() == 2
    fault = plc.state.tables.faults[COMMAND_FAILED]
    assert fault.cause == "FORK_GET bay:2-3: the PLC says done, the sensors say that nothing has moved, 2 times"
    assert plc.forks_after() == 2
    plc.take(FaultReset(COMMAND_FAILED, "lin", ReplyTo("api", "1")))
    assert plc.forks_after() == 4
    assert COMMAND_FAILED in plc.state.tables.faults
