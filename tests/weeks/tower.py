"""A tower for a long time: the core and the simulator by function calls, from event to event, with the real way in and out.

While nothing moves and nobody is there, time is skipped to the next timer; the plant at rest does not notice. The process may
end between any two commits and come back later; what it then knows has been through the journal's own records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from tests.property.test_core import Witness
from tests.scenario.tower import Tower, small_tower
from tests.support.sync_tower import START, TICK_S
from tests.support.token_kit import Keys
from tests.weeks.life import Life
from tests.weeks.line import Broker, Ear
from tests.weeks.machine import HardTower
from towerd.fsm import commands as cmd
from towerd.fsm import events as ev
from towerd.fsm.alarm_events import PageEnded
from towerd.fsm.reducer import step
from towerd.fsm.state import State, Tables
from towerd.journal import records
from towerd.journal.diff import diff
from towerd.journal.records import Recorded
from towerd.journal.schema import META, TABLE_NAMES
from towerd.mqtt.topics import Topics
from towerd.orders.model import AT_THE_GATE

DARK_S = 3.0
"""How long the plant is watched after the process has gone: what moved has stopped by then."""

_AT_WORK = AT_THE_GATE - {"staged"}
PATIENT_S = 0.9
"""By how much longer a poll takes where nothing moves."""


def through_records(tables: Tables) -> Tables:
    """The tables as they come back from the journal."""
    assert {one.name for one in fields(Tables)} == {META, *TABLE_NAMES}
    rows: dict[str, Any] = {
        name: {
            key: records.decode_row(name, records.encode_row(name, row)) for key, row in getattr(tables, name).items()
        }
        for name in TABLE_NAMES
    }
    return Tables(meta=records.decode_row(META, records.encode_row(META, tables.meta)), **rows)


@dataclass
class Journal:
    """What is on the disk beside the tables: the history, the outbox and the audit log.

    `bases`: where an erasure has cut the history, the tables that it goes on from, by how many events were before.
    """

    history: list[Recorded] = field(default_factory=list)
    outbox: dict[int, cmd.AppendOutbox] = field(default_factory=dict)
    audit: list[dict[str, Any]] = field(default_factory=list)
    bases: dict[int, Tables] = field(default_factory=dict)

    def commit(self, recorded: Recorded, appends: Sequence[cmd.Command], after: Tables) -> None:
        """One transaction, after which the tables are these."""
        self.history.append(recorded)
        for append in appends:
            match append:
                case cmd.AppendOutbox():
                    self.outbox[append.event_seq] = append
                case cmd.TrimOutbox(up_to_seq):
                    while self.outbox and next(iter(self.outbox)) <= up_to_seq:
                        del self.outbox[next(iter(self.outbox))]
                case cmd.CutHistory():
                    self.bases[len(self.history)] = after
                case cmd.AppendAudit(audit_seq, at, body, previous_hash, digest):
                    row = {"audit_seq": audit_seq, "at": at.isoformat(), "body": body}
                    self.audit.append({**row, "previous_hash": previous_hash, "hash": digest})

    def messages(self, after_seq: int, limit: int) -> Sequence[cmd.AppendOutbox]:
        """The next messages for the broker, in order."""
        first = max(after_seq + 1, next(iter(self.outbox), 0))
        return [self.outbox[seq] for seq in range(first, first + limit) if seq in self.outbox]


@dataclass
class Cut:
    """The process ends after so many commits, for `off_s`; `kept`: the last of them is on the disk."""

    commits: int
    kept: bool
    off_s: float


@dataclass
class WeekTower(HardTower):
    """A tower with a broker, an outside client, and a process (`life`) that may be off."""

    keys: Keys = field(kw_only=True)
    name: str = "nanjing-1"

    def __post_init__(self) -> None:
        self.names = Topics("towerd", self.name)
        self.tower.core = replace(self.tower.core, tower=self.name)
        self.ear = Ear()
        self.broker = Broker(self.names, self.ear)
        self.journal = Journal()
        self.clock_sure = True
        self.life: Life | None = None
        self.cut: Cut | None = None
        self.cuts = 0
        self.off_since_s = self.back_at_s = 0.0
        super().__post_init__()

    @classmethod
    def make(cls, keys: Keys, name: str, stock: Sequence[Any], **changes: Any) -> WeekTower:
        """A tower with cars in its bays, of which nobody has told it yet."""
        return cls(Witness(), Tower(small_tower(speed_up=8.0, scan_ms=50, **changes), stock), keys=keys, name=name)

    def now(self) -> datetime:
        """The wall clock."""
        return START + timedelta(seconds=self.now_s)

    def mono_s(self) -> float:
        """The monotonic clock."""
        return self.now_s

    def start(self) -> None:
        """A new life of the process, over what the journal has kept."""
        self.state = State(through_records(self.state.tables))
        self.life = Life(self)
        super().start()
        self.take(ev.ClockJudged(self.clock_sure))
        self.life.show()
        self.life.connect()

    def end(self, off_s: float) -> None:
        """The process is gone, between two commits."""
        life, self.life = self.life, None
        assert life is not None
        self.cut, self.off_since_s, self.back_at_s = None, self.now_s, self.now_s + off_s
        self.state = State(self.state.tables)
        self.session, self.picture, self.timers = 0, None, {}
        life.close()

    def set_broker(self, *, up: bool) -> None:
        """The broker goes or comes back."""
        self.broker.up = up
        if self.life is not None:
            (self.life.connect if up else self.life.disconnect)()

    def _cuts(self, *, kept: bool) -> bool:
        cut = self.cut
        if cut is None or cut.kept is not kept:
            return False
        cut.commits -= 1
        if cut.commits <= 0:
            self.cuts += 1
            self.end(cut.off_s)
        return self.life is None

    def take(self, event: ev.Event) -> None:
        """See SyncTower; what happens while nobody is there for it is lost."""
        life, before = self.life, self.state
        if life is None:
            return
        stamped = ev.Stamped(self.now(), self.now_s, event)
        after, commands = step(before, stamped, self.tower.core)
        appends = [command for command in commands if isinstance(command, cmd.JournalCommand)]
        changed = bool(diff(before.tables, after.tables) or appends)
        if changed:
            if self._cuts(kept=False):
                return
            told = next((command.event for command in commands if isinstance(command, cmd.RecordAs)), event)
            self.journal.commit(Recorded(replace(stamped, event=told), before.volatile), appends, after.tables)
            life.dirty = True
        self.state = after
        if changed and self._cuts(kept=True):
            return
        for command in commands:
            self.check(self, after, command)
            self._carry_out(command)
            if self.life is not life:
                return
        life.pump()

    def _carry_out(self, command: cmd.Command) -> None:
        match command:
            case cmd.CancelTimer(name):
                self.timers.pop(name, None)
            case cmd.Page():
                self.take(PageEnded(command.key, True, ""))
            case cmd.Answer() if command.reply.channel == "mqtt" and self.life is not None:
                self.life.answer(command)
            case cmd.AppendOutbox():
                # the client outside hears it
                return
            case _:
                super()._carry_out(command)

    def tick(self, seconds: float = TICK_S) -> None:
        """Let time pass in polls, also while the process is off."""
        until_s = self.now_s + seconds - TICK_S / 2
        while self.now_s < until_s:
            # half as many polls as scans: nobody here is in a hurry
            self.now_s += TICK_S
            self.simulator.step(TICK_S)
            self.work_link()
            if self.life is not None:
                super().tick(TICK_S)
            self.look_at_plant()
            self.befall()
            self._after()

    def _after(self) -> None:
        if self.life is not None:
            self.life.after_a_while()
        elif self.now_s >= self.back_at_s:
            self.start()

    @property
    def busy(self) -> bool:
        """Whether something moves, or somebody is at the tower: then time is not skipped."""
        if self.life is None:
            return self.now_s < self.off_since_s + DARK_S
        tables = self.state.tables
        return (
            self.life.dirty
            or self.state.volatile.snapshot is None
            or self.moving
            or self.by_hand
            or any(row.open for row in tables.intakes.values())
            or any(order.state in _AT_WORK for order in tables.orders.values())
            or any(job.state == "running" for job in tables.jobs.values())
        )

    def _skip(self, until_s: float) -> None:
        """To `until_s`, or to what is due before it: nothing moves till then."""
        timers = self.timers if self.life is not None else {"": self.back_at_s}
        due_s, name = min(((due_s, name) for name, due_s in timers.items()), default=(until_s, ""))
        self.now_s = max(self.now_s, min(until_s, due_s))
        if name and due_s <= until_s:
            del self.timers[name]
            self.take(ev.TimerExpired(name))
        self._after()

    def run_to(self, until_s: float) -> None:
        """Let time pass, in polls where anything may happen meanwhile; where all only wait, there are fewer."""
        while self.now_s < until_s:
            if not self.busy:
                self._skip(until_s)
                continue
            if self.life is not None and not self.life.dirty and not self.moving:
                self.now_s = min(self.now_s + PATIENT_S, until_s, *self.timers.values())
            self.tick()
