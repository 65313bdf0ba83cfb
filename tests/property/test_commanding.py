"""Mailbox commands against a PLC that follows plc-if.md 5, over a link that loses and delays writes.

Whatever is lost, late or torn down: no (session, seq) ever means two things, nothing is done twice, and a command goes out
again only when a fence, or the PLC's own answer, has settled the one before.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.support.core_kit import config, machine, state_of, turn_of, with_system, writes
from towerd.fsm.commanding import doubt, follow_all, free, send, unresolved
from towerd.fsm.commands import WriteMailbox
from towerd.fsm.turn import Turn
from towerd.jobs.model import Act
from towerd.lift.registers import lift_to
from towerd.plc.codes import Code
from towerd.plc.snapshot import Mailbox, MailboxState, Unit

UNIT = Unit.CARRIAGE
BLANK = Mailbox(0, 0, MailboxState.IDLE, 0, 0, 0, 0, 0, 0, 0, 0)


@dataclass
class Plc:
    """One mailbox by the letter of 5.2 to 5.6; `executed` holds what really ran, by its first argument."""

    taken: int
    boot: int = 2
    session: int = 3
    status: Mailbox = BLANK
    executed: list[int] = field(default_factory=list)

    def write(self, command: WriteMailbox) -> None:
        if command.session != self.session:
            return
        ahead = (command.seq - self.taken) % 65535
        if self.taken and ahead == 0:
            return
        if self.taken and ahead > 1000:
            self.status = replace(self.status, reject_seq=command.seq, reject_code=12)
            return
        self.taken = command.seq
        if command.code == Code.NOP:
            self.status = replace(self.status, fence_seq=command.seq)
        elif self.status.active_seq:
            self.status = replace(self.status, reject_seq=command.seq, reject_code=3)
        else:
            self.executed.append(command.args[0])
            self.status = replace(self.status, active_seq=command.seq, active_code=command.code)

    def end(self) -> None:
        done = self.status.active_seq
        self.status = replace(self.status, active_seq=0, last_seq=done, last_result=3)


class Commanding(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.plc = Plc(taken=0)
        self.state = state_of(None)
        self.mono_s = 1000.0
        self.wire: list[WriteMailbox] = []
        self.meant: dict[tuple[int, int, int], tuple[int, tuple[int, ...]]] = {}
        self.asked = 0
        self.given_up: set[int] = set()

    def _turn(self) -> Turn:
        return turn_of(self.state, self.mono_s)

    def _keep(self, turn: Turn) -> None:
        self.state = turn.state
        step = turn.tables.steps.get(UNIT)
        if step is not None and step.state in ("lost", "rejected") and step.boot_id == self.plc.boot:
            self.given_up.add(step.args[0])
        for write in writes(turn):
            key, content = (self.plc.boot, write.session, write.seq), (write.code, write.args)
            assert self.meant.setdefault(key, content) == content, f"{key} means two things"
            self.wire.append(write)

    @rule(taken=st.sampled_from([0, 4, 65533, 65534, 65535]))
    @precondition(lambda self: not self.asked)
    def begin(self, taken: int) -> None:
        self.plc.taken = taken

    @rule()
    def look(self) -> None:
        """The PC reads the PLC."""
        picture = machine(session=self.plc.session)
        shown = replace(self.plc.status, taken_seq=self.plc.taken)
        picture = with_system(picture, boot_id=self.plc.boot)
        self.state = replace(
            self.state,
            volatile=replace(
                self.state.volatile, snapshot=replace(picture, mailboxes={**picture.mailboxes, UNIT: shown})
            ),
        )
        turn = self._turn()
        follow_all(turn)
        self._keep(turn)

    @rule()
    def command(self) -> None:
        turn = self._turn()
        step, act = turn.tables.steps.get(UNIT), Act(UNIT, lift_to(self.asked + 1, 1), 1.0)
        if self.state.volatile.snapshot is None or not free(turn, act):
            return
        if self.state.volatile.snapshot.session != self.plc.session:
            return
        assert step is None or not step.open
        self.asked += 1
        send(turn, act)
        self._keep(turn)

    @rule(data=st.data())
    @precondition(lambda self: self.wire)
    def arrive(self, data: st.DataObject) -> None:
        """A write reaches the PLC, not always in the order it was sent."""
        self.plc.write(self.wire.pop(data.draw(st.integers(0, min(1, len(self.wire) - 1)))))

    @rule()
    @precondition(lambda self: self.wire)
    def unanswered(self) -> None:
        """No answer came to the last write; it may arrive all the same."""
        turn = self._turn()
        doubt(turn, UNIT, self.wire[-1].seq)
        self._keep(turn)

    @rule()
    @precondition(lambda self: self.wire)
    def lose(self) -> None:
        self.wire.pop(0)

    @rule()
    def wait(self) -> None:
        self.mono_s += config().unseen_s

    @rule()
    @precondition(lambda self: self.plc.status.active_seq)
    def finish(self) -> None:
        self.plc.end()

    @rule()
    def new_session(self) -> None:
        self.plc.session += 1

    @rule()
    def restart_of_the_process(self) -> None:
        self.plc.session += 1
        self.state = state_of(None, self.state.tables)

    @rule()
    def restart_of_the_plc(self) -> None:
        self.plc = replace(self.plc, taken=0, boot=self.plc.boot + 1, session=self.plc.session + 1, status=BLANK)

    @invariant()
    def nothing_runs_twice_or_unasked(self) -> None:
        executed = self.plc.executed
        assert len(set(executed)) == len(executed), "done twice"
        assert not self.given_up & set(executed), "given up, and yet it ran"
        step = self.state.tables.steps.get(UNIT)
        if step is not None and step.state in ("running", "done"):
            assert step.args[0] in executed, "seen to run, and it never did"

    def teardown(self) -> None:
        """Once the link is good again everything is settled within a few looks."""
        for _ in range(4):
            self.wait()
            self.look()
            while self.wire:
                self.plc.write(self.wire.pop(0))
            if self.plc.status.active_seq:
                self.plc.end()
        self.look()
        assert not unresolved(self._turn())
        step = self.state.tables.steps.get(UNIT)
        assert step is None or not step.open


TestCommanding = Commanding.TestCase
TestCommanding.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
