"""The core and the simulator without loop, clock or journal: each tick is a function call. For property tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.core import Simulator
from tests.scenario.tower import Tower, record, small_tower
from tests.support import published
from tests.support.orders_kit import claims, eligibility
from towerd.fsm import commands as cmd
from towerd.fsm import events as ev
from towerd.fsm.kept_rows import NO_KEYS, OwnKeys
from towerd.fsm.privacy_events import CustomerRecalled
from towerd.fsm.reducer import step
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import State, Tables
from towerd.journal.diff import diff
from towerd.journal.records import Recorded
from towerd.journal.replay import replay
from towerd.orders.claims import WITH_CODE
from towerd.orders.model import Known
from towerd.orders.stock import parse_record
from towerd.planner.decide import decide
from towerd.plc.codes import Code
from towerd.plc.decode import Picture, decode_identity
from towerd.plc.jog import JogBlock
from towerd.plc.outgoing import Control, words_of
from towerd.plc.registers import blocks
from towerd.plc.snapshot import Snapshot, Unit

TICK_S = 0.1
START = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
GROUPS = (
    ("SYS", *(f"STS_{unit.value}" for unit in Unit)),
    ("AX_LIFT", "AX_TURNTABLE", "AX_FORK", "LOAD"),
    ("CAB1", "CAB2"),
)
ANSWERED = "answered"


@dataclass
class SyncTower:
    """`check` is called with every command that the core gives, and the state it gave it in."""

    check: Callable[[SyncTower, State, cmd.Command], None]
    tower: Tower = field(default_factory=lambda: Tower(small_tower(speed_up=8.0)))
    now_s: float = 1000.0
    state: State = field(default_factory=State)
    history: list[Recorded] = field(default_factory=list)
    answers: list[cmd.Answer] = field(default_factory=list)
    told: list[cmd.AppendOutbox] = field(default_factory=list)
    watching: dict[str, str] = field(default_factory=dict)
    fate: str = ANSWERED
    linked: bool = True
    ended: int | None = None

    def __post_init__(self) -> None:
        self.simulator: Simulator = self.tower.simulator
        self.control = Control()
        self.jog = JogBlock()
        self.sessions = 1000
        self.session = 0
        self.picture: Picture | None = None
        self.timers: dict[str, float] = {}
        self.start()

    def start(self) -> None:
        """A new life of the daemon over the same tables."""
        self.state, self.session, self.picture, self.timers, self.ended = State(self.state.tables), 0, None, {}, None
        self.watching = {}
        self.take(ev.Started(self.state.tables.meta.boot + 1, "test"))
        self.take(ev.ClockJudged(True))
        self.take(ev.FaceHealthChanged(True, ""))

    def take(self, event: ev.Event) -> None:
        """One event through the core, and its commands to the world."""
        stamped = ev.Stamped(START + timedelta(seconds=self.now_s), self.now_s, event)
        before = self.state
        after, commands = step(before, stamped, self.tower.core)
        appends = [command for command in commands if isinstance(command, cmd.JournalCommand)]
        if diff(before.tables, after.tables) or appends:
            told = next((command.event for command in commands if isinstance(command, cmd.RecordAs)), event)
            self.history.append(Recorded(replace(stamped, event=told), before.volatile))
        self.state = after
        for command in commands:
            self.check(self, after, command)
            self._carry_out(command)

    def _carry_out(self, command: cmd.Command) -> None:
        match command:
            case cmd.WriteMailbox():
                self._write(command)
            case cmd.WritePackml() if command.session == self.session:
                self.control.take_packml(command)
            case cmd.WriteJog() if command.session == self.session:
                self.jog.add(command, self.now_s)
                self.simulator.write(blocks()["JOG"].start, self.jog.next_words(self.now_s) or [])
            case cmd.AcknowledgeAlarm():
                self.control.take_acknowledgement(command)
            case cmd.StartTimer(name, after_s):
                self.timers[name] = self.now_s + after_s
            case cmd.RequestPlan(snapshot):
                self.take(ev.PlanDecided(decide(snapshot, 1, 0)))
            case cmd.RecallCustomer(customer):
                self.take(CustomerRecalled(customer, known_as(customer).handle))
            case _:
                self._remember(command)

    def _remember(self, command: cmd.Command) -> None:
        match command:
            case cmd.Watch(orders):
                self.watching = orders
            case cmd.Answer():
                self.answers.append(command)
            case cmd.AppendOutbox():
                self.told.append(command)
                published.hear_row(command)
            case cmd.EndProcess(code):
                self.ended = code

    def _write(self, command: cmd.WriteMailbox) -> None:
        fate, self.fate = self.fate, ANSWERED
        if command.session != self.session:
            self.take(ev.PlcWriteUnanswered(command.unit, command.seq, "not sent"))
            return
        if fate != "request lost":
            self.simulator.write(blocks()[f"CMD_{command.unit.value}"].start, words_of(command))
        if fate != ANSWERED:
            self.take(ev.PlcWriteUnanswered(command.unit, command.seq, fate))

    def tick(self, seconds: float = TICK_S) -> None:
        """Let time pass in polls."""
        for _ in range(max(1, round(seconds / TICK_S))):
            self.now_s += TICK_S
            if self.linked and self.session:
                self._beat()
            self.simulator.step(TICK_S)
            for name, due_s in tuple(self.timers.items()):
                if due_s <= self.now_s:
                    del self.timers[name]
                    self.take(ev.TimerExpired(name))
            if self.linked:
                self._poll()

    def _beat(self) -> None:
        self.simulator.write(blocks()["CTL"].start, self.control.next_words(int(self.now_s)))

    def lose(self, reason: str) -> None:
        """The link's values become unknown, and its session with them."""
        if self.session:
            self.session, self.picture = 0, None
            self.take(ev.PlcLost(reason))

    def _poll(self) -> None:
        table = blocks()
        identity = decode_identity(self.simulator.read(table["ID"].start, table["ID"].length))
        if self.picture is None:
            self.sessions += 1
            self.session, self.picture = self.sessions, Picture(identity)
            self.control.begin(self.session)
            self.jog.begin(self.session)
            self._beat()
            self.simulator.step(0.02)
            self._beat()
            self.simulator.step(0.02)
        self._observe()

    def _observe(self) -> None:
        """Read every block of the session, and tell the core."""
        assert self.picture is not None
        table, identity = blocks(), self.picture.identity
        for names in GROUPS:
            for name in names:
                self.picture.accept(name, self.simulator.read(table[name].start, table[name].length))
        self.picture.accept_bays(self.simulator.read(table["BAY"].start, identity.floors * identity.positions))
        self.picture.accept("ALM", self.simulator.read(table["ALM"].start, table["ALM"].length))
        if self.picture.system.boot_id != self.picture.identity.boot_id:
            self.lose("PLC restarted")
            return
        snapshot: Snapshot = self.picture.snapshot(self.session)
        self.take(ev.PlcObserved(snapshot))

    def import_stock(self) -> None:
        entries = tuple(ev.StockEntry(parse_record(record(number)), place) for place, number in self.tower.stock)
        self.take(ev.StockImported(entries, "technician", ReplyTo("api", "stock")))

    def order(self, number: int, customer: int, in_min: float | None = None) -> None:
        """A verified test_drive token, for now or for a slot that begins in so many minutes."""
        now = START + timedelta(seconds=self.now_s)
        jti = f"o_{number}"
        raw: dict[str, Any] = claims(
            jti=jti, sub=f"c_{customer}", iat=int(now.timestamp()), exp=int(now.timestamp()) + 3600
        )
        raw["eligibility"] = eligibility(as_of=(now - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ"))
        if in_min is None:
            raw.pop("slot", None)
        else:
            raw["slot"] = {"from": moment(self, in_min), "until": moment(self, in_min + 30)}
        reply = ReplyTo("mqtt", "rsp/shop", "", f"r_{jti}_{self.now_s}")
        self.take(
            ev.OrderRequested(
                "test_drive",
                raw,
                f"sha-{jti}-{customer}",
                reply,
                f"mac-{jti}",
                "enrolled",
                (),
                "0" * 64,
                now + timedelta(seconds=60),
                known_as(f"c_{customer}"),
                OwnKeys(made=(f"c_{customer}",)),
            )
        )

    def cancel(self, number: int, customer: int) -> None:
        send_token(self, "cancel", sub=f"c_{customer}", order=f"o_{number}")

    def look(self, order: str | None) -> None:
        frame = {name: (0.8 if name == order else 0.05) for name in self.watching}
        self.take(ev.FaceLooked("opencv", 1, (frame,) * 5))

    def code(self, order: str, *, right: bool) -> None:
        row = self.state.tables.orders.get(order)
        number = row.number if row is not None else "0000"
        self.take(ev.CodeEntered(number, f"mac-{order}" if right else "wrong", "kiosk", ReplyTo("api", "code")))


def known_as(customer: str) -> Known:
    """How the tower knows a customer where no name may stand."""
    return Known(f"h-{customer}", f"p-{customer}")


def moment(tower: SyncTower, in_min: float) -> str:
    """The time in so many minutes, as tokens tell it."""
    return (START + timedelta(seconds=tower.now_s, minutes=in_min)).strftime("%Y-%m-%dT%H:%M:%SZ")


def expect(tower: SyncTower, number: int, in_min: float) -> cmd.Answer:
    """The platform says when the customer of an order arrives, who is called as the order is."""
    word = {"arrives_at": moment(tower, in_min), "sd_s": 30, "source": "app"}
    return send_token(tower, "eta", sub=f"c_{number}", order=f"o_{number}", **word)


def send_token(tower: SyncTower, kind: str, **changes: Any) -> cmd.Answer:
    """A verified token of any kind, and the answer to it."""
    now = START + timedelta(seconds=tower.now_s)
    raw = claims(kind, **{"jti": f"t_{len(tower.history)}", **changes})
    raw |= {"iat": int(now.timestamp()), "exp": int(now.timestamp()) + 3600}
    if "eligibility" in raw:
        raw["eligibility"] |= {"as_of": (now - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}
    reply = ReplyTo("mqtt", "rsp/shop", "", f"r_{raw['jti']}")
    mac = f"mac-{raw['jti']}" if kind in WITH_CODE else None
    known = known_as(raw["sub"]) if kind in {*WITH_CODE, "erase"} else None
    keys = OwnKeys(made=(raw["sub"],)) if kind in WITH_CODE else NO_KEYS
    expires_at = now + timedelta(seconds=60)
    tower.take(ev.OrderRequested(kind, raw, raw["jti"], reply, mac, expires_at=expires_at, known=known, keys=keys))
    # others may be answered in the same step
    return next(answer for answer in reversed(tower.answers) if answer.reply == reply)


def ask_packml(tower: SyncTower, command: str, by: str = "technician") -> None:
    """A technician asks for a PackML command."""
    tower.take(ev.PackmlRequested(command, by, ReplyTo("api", "packml")))


def told_again(tower: SyncTower) -> Tables:
    """The whole history replayed from nothing."""
    return replay(Tables(), tower.history, lambda state, stamped: step(state, stamped, tower.tower.core))


def executed_motions(tower: SyncTower) -> list[tuple[Any, ...]]:
    """What the PLC really did, by the number it was asked under."""
    quiet = (Code.NOP, Code.CANCEL)
    return [(e.boot_id, e.unit, e.session, e.seq) for e in tower.simulator.executed if e.code not in quiet]
