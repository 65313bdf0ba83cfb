"""A view as the contract's examples show it, and a bus with an inbox that tells what came."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.orders_kit import NOW, loan, order, vehicle
from tests.support.token_kit import TOWER, Keys
from towerd.fsm.commands import AppendOutbox, DestroyCustomerKey, RecallCustomer
from towerd.fsm.events import Event
from towerd.fsm.privacy_events import CustomerRecalled
from towerd.mqtt.bus import BusParts, MqttBus
from towerd.mqtt.intake import IntakeParts
from towerd.mqtt.topics import Topics
from towerd.mqtt.wire import Wire
from towerd.orders.model import Known
from towerd.orders.rates import OrderRates
from towerd.ports import Enrolment, Person
from towerd.view import Activity, AlarmView, BayView, CabinView, LiftView, Offer, View

TOPICS = Topics("towerd", TOWER)
SECRET = b"s" * 32


def view(**changes: Any) -> View:
    made = View(
        at=NOW + timedelta(milliseconds=125),
        boot=17,
        simulated=True,
        version="1.0.0",
        plc_good=True,
        plc_reason="",
        mode="auto",
        packml="execute",
        stop_reason=None,
        activity=Activity("delivering", "o_91", "LIFT_TO 3-4", NOW - timedelta(seconds=9), 23.5),
        can_deliver=True,
        why_not=(),
        obstacles=(),
        engine="opencv",
        liveness=("challenge",),
        face_alone=("test_drive",),
        face_available=True,
        face_reason="",
        floors=5,
        positions=4,
        lift=LiftView("good", 7200, -950, None, 90.0, 0, True, "v_0042"),
        cabins=(CabinView(1, "good", "closed", "open", None, False, True, "red", "o_91", tag=7, occupied=False),),
        bays=(BayView("3-4", "good", True, "v_0042", True, False, False, "o_91"),),
        orders=(replace(order("o_91", state="delivering", cabin=1), since_at=NOW - timedelta(seconds=20)),),
        loans=(loan("o_91", out_since_at=NOW, due_back_at=NOW + timedelta(days=3)),),
        offers=(Offer(vehicle(), None, 64.0),),
        alarms=(
            AlarmView(
                "PLC-022", "OUTER_DOOR1_BLOCKED", "medium", "unacked_active", NOW, "Outer door of cabin 1 blocked"
            ),
        ),
        order_ready_in_s={"o_91": 23.5},
    )
    return replace(made, **changes)


@dataclass
class LoopClock:
    """The loop's monotonic clock; wall time begins now and runs with it."""

    begun_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    begun_mono_s: float | None = None

    def mono_s(self) -> float:
        return asyncio.get_running_loop().time()

    def now(self) -> datetime:
        if self.begun_mono_s is None:
            self.begun_mono_s = self.mono_s()
        return self.begun_at + timedelta(seconds=self.mono_s() - self.begun_mono_s)


@dataclass
class ListInbox:
    """Keeps what was posted; applies at once unless `held`."""

    events: list[Event] = field(default_factory=list)
    attachments: list[bytes | None] = field(default_factory=list)
    held: bool = False
    waiting: list[Callable[[], None]] = field(default_factory=list)

    def post(self, event: Event, attachment: bytes | None = None, done: Callable[[], None] | None = None) -> None:
        self.events.append(event)
        self.attachments.append(attachment)
        if done is not None:
            self.waiting.append(done)
        if not self.held:
            self.apply()

    def apply(self, count: int | None = None) -> None:
        for done in self.waiting[:count]:
            done()
        del self.waiting[:count]

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@dataclass
class NamedCustomers:
    """Customers called by their own names, `h-` before it the handle, `p-` the pseudonym. `made`: whose key was asked for."""

    made: list[str] = field(default_factory=list)
    broken: bool = False

    def find(self, customer: str, order: str | None = None) -> Person:
        return Person(customer, Known(f"h-{customer}", f"p-{customer}-{order}" if order is not None else None))

    async def know(self, customer: str, order: str | None = None) -> Person:
        if self.broken:
            raise OSError(28, "No space left on device")
        self.made.append(customer)
        return self.find(customer, order)

    def whose(self, called: str) -> str:
        return called

    def recalled(self, command: RecallCustomer) -> CustomerRecalled:
        raise AssertionError("the engine asks for it")

    def naming(self, customer: str) -> Callable[[str], str]:
        return lambda order: f"p-{customer}-{order}"

    def destroy_key(self, command: DestroyCustomerKey) -> None:
        raise AssertionError("the engine asks for it")


@dataclass
class ScriptedMatcher:
    """Answers enrolments as told, after `after_s`; tells which orders were asked for, how many at once at most, and which keys
    destroyed.
    """

    enrolment: Enrolment = field(default_factory=lambda: Enrolment("enrolled", (), b"sealed", "f" * 64))
    after_s: float = 0.0
    asked: list[str] = field(default_factory=list)
    destroyed: list[str] = field(default_factory=list)
    hurried: list[str] = field(default_factory=list)
    at_once: int = 0
    _looking: int = 0

    async def enrol(self, order_id: str, selfie_jpeg: bytes, *, hurried: bool = False) -> Enrolment:
        self.asked.append(order_id)
        self.hurried += [order_id] if hurried else []
        self._looking += 1
        self.at_once = max(self.at_once, self._looking)
        try:
            await asyncio.sleep(self.after_s)
        finally:
            self._looking -= 1
        return self.enrolment

    def watch(self, orders: dict[str, bytes]) -> None:
        raise AssertionError("the bus watches nobody")

    def challenge(self, track: int) -> None:
        raise AssertionError("the bus asks nobody to turn")

    def destroy_key(self, order_id: str) -> None:
        self.destroyed.append(order_id)

    async def run(self) -> None:
        raise AssertionError("the bus does not run the worker")


@dataclass
class Rows:
    """An outbox that grows; `trimmed_to` is what the journal has dropped."""

    rows: list[AppendOutbox] = field(default_factory=list)

    def append(self, count: int) -> None:
        for _ in range(count):
            seq = len(self.rows) + 1
            body = {
                "audit_seq": None,
                "audit_hash": None,
                "type": "started",
                "order": None,
                "customer": None,
                "data": {"version": "1.0.0"},
            }
            self.rows.append(AppendOutbox(seq, "event", NOW, body))

    def read(self, after_seq: int, limit: int) -> Sequence[AppendOutbox]:
        return self.rows[after_seq : after_seq + limit]


@dataclass
class Bed:
    """A bus on a wire, with everything around it in the test's hands."""

    bus: MqttBus
    inbox: ListInbox
    matcher: ScriptedMatcher
    rows: Rows
    clock: LoopClock
    known: set[str]


def make_bed(wire: Wire, keys: Keys, *, clock_sure: bool = True, rates: OrderRates | None = None) -> Bed:
    inbox, matcher, rows, clock = ListInbox(), ScriptedMatcher(), Rows(), LoopClock()
    known: set[str] = set()
    intake = IntakeParts(
        topics=TOPICS,
        key=lambda: keys.tower,
        secret=SECRET,
        issuers=lambda: keys.issuers,
        now=lambda: clock.now() if clock_sure else None,
        known=known.__contains__,
        inbox=inbox,
        matcher=matcher,
        customers=NamedCustomers(),
        digest=lambda payload_sha256, exp_s: payload_sha256,
        rates=rates or OrderRates(),
    )
    return Bed(MqttBus(BusParts(wire, clock, rows.read, intake)), inbox, matcher, rows, clock, known)


def body(clock: LoopClock, token: str | None, req_id: str = "r_1", **changes: Any) -> bytes:
    """A command's body that expires in 50 s; a change to None leaves the field out."""
    expires_at = (clock.now() + timedelta(seconds=50)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    raw = {"req_id": req_id, "expires_at": expires_at, "reply_to": "shop_7", "token": token, **changes}
    return json.dumps({name: value for name, value in raw.items() if value is not None}).encode()


async def until(condition: Callable[[], Any], within_s: float = 8.0) -> None:
    """Wait until `condition` holds; fails after `within_s`."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in another thread or process
            await asyncio.sleep(0.01)
