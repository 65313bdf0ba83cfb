"""What the engine asks of the world, as Protocols. Adapters implement them; tests have fakes; one contract suite each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from towerd.fsm.commands import (
    AcknowledgeAlarm,
    Answer,
    AppendOutbox,
    DestroyCustomerKey,
    DestroyPhotoKey,
    JournalCommand,
    Page,
    RecallCustomer,
    RequestPlan,
    TakePhotos,
    WriteJog,
    WriteMailbox,
    WritePackml,
)
from towerd.fsm.events import Event, Stamped
from towerd.fsm.kept_rows import OwnKeys
from towerd.fsm.privacy_events import CustomerRecalled
from towerd.fsm.state import Tables, Volatile
from towerd.orders.model import Known
from towerd.view import View


class Inbox(Protocol):
    """The one queue. Adapters post; the engine consumes."""

    def post(self, event: Event, attachment: bytes | None = None, done: Callable[[], None] | None = None) -> None:
        """Put an event at the end. Callable from the loop's own thread only.

        `attachment` is a ciphertext that is committed with the event where the core asks for it (StoreSealed). `done` is
        called once the event has been applied and, if it changed a table, committed (PUBACK waits for it).
        """


class Clock(Protocol):
    """Wall and monotonic time."""

    def now(self) -> datetime:
        """Aware UTC."""

    def mono_s(self) -> float:
        """Monotonic seconds of this process."""


class Plc(Protocol):
    """The PLC as the engine commands it. Snapshots and losses come as events through the Inbox. Writes never block."""

    def write_mailbox(self, command: WriteMailbox) -> None:
        """Send once. No good answer: PlcWriteUnanswered."""

    def write_packml(self, command: WritePackml) -> None:
        """Send with the next CTL write, at once."""

    def acknowledge(self, command: AcknowledgeAlarm) -> None:
        """Send with the next CTL write."""

    def jog(self, command: WriteJog) -> None:
        """Write JOG with a new token, the newest only; one that waited too long moves nothing."""

    async def run(self) -> None:
        """Connect, poll and reconnect until cancelled. The only owner of the connection."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What one step changed: rows by table and key, None for a deleted row."""

    rows: tuple[tuple[str, str | int, Any | None], ...]
    appends: tuple[JournalCommand, ...]


class Journal(Protocol):
    """The durable record. One writer; every method is synchronous and raises JournalError on damage or a full disk."""

    def load(self) -> Tables:
        """The tables as last committed."""

    def commit(self, stamped: Stamped, before: Volatile, changes: Changes, attachment: bytes | None) -> None:
        """One transaction: the event, the volatile state it met, rows and appends. On return it is on the disk."""

    def outbox(self, after_seq: int, limit: int) -> Sequence[AppendOutbox]:
        """Messages not yet acknowledged by the broker, in order."""

    def told(self, kind: str) -> Sequence[Stamped]:
        """The events of one kind that the history still holds, in order."""

    def face(self, order: str) -> bytes | None:
        """The ciphertext kept for an order."""

    def audit(self, after_seq: int, limit: int) -> Sequence[dict[str, Any]]:
        """Rows of the audit log, in order."""

    def close(self) -> None:
        """Checkpoint and close."""


class Bus(Protocol):
    """MQTT."""

    def answer(self, answer: Answer) -> None:
        """Publish an answer; dropped where there is no connection (the sender repeats its token)."""

    def show(self, view: View) -> None:
        """The newest view: publish what of the retained topics has changed."""

    def wake(self) -> None:
        """The outbox has grown."""

    async def run(self) -> None:
        """Connect, subscribe and drain the outbox until cancelled."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What became of a selfie. `sealed` is the ciphertext; `reasons` are of orders-if.md 4.5 (selfie_…)."""

    outcome: Literal["enrolled", "refused", "unavailable"]
    reasons: tuple[str, ...] = ()
    sealed: bytes | None = None
    sha256: str | None = None


class Photographer(Protocol):
    """The cameras in the cabins. What came of a shot comes as PhotosTaken through the Inbox, always."""

    def take(self, command: TakePhotos) -> None:
        """Begin; never blocks."""

    def destroy_key(self, command: DestroyPhotoKey) -> None:
        """Destroy the key of a loan's photos. Never blocks, never raises; tried again until the disk has done it."""

    async def finish(self) -> None:
        """End what has begun; nothing is left running."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who a customer is inside the tower: `customer` is the alias, `NOBODY` without a key. `found`: the tables know the alias."""

    customer: str
    known: Known
    found: bool = False


def keys_of(*people: Person) -> OwnKeys:
    """The keys of people who are named for good."""
    return OwnKeys(
        made=tuple(dict.fromkeys(one.customer for one in people if not one.found)),
        found=tuple(dict.fromkeys(one.customer for one in people if one.found)),
    )


class Customers(Protocol):
    """How customers are called where no name may stand (orders-if.md 7.3, 7.4)."""

    def find(self, customer: str, order: str | None = None) -> Person:
        """Who that is, with the pseudonym for what is said of an order; no key is made. Raises OSError."""

    async def know(self, customer: str, order: str | None = None) -> Person:
        """The same; a key of the customer's own is made where there is none. Raises OSError."""

    def whose(self, called: str) -> str | None:
        """Whom the platform means by an alias; None where its key is gone."""

    def naming(self, customer: str) -> Callable[[str], str] | None:
        """What gives the customer's pseudonym for an order's id; None where the customer has no key (any more)."""

    def recalled(self, command: RecallCustomer) -> CustomerRecalled:
        """Under what the drives of a customer are counted, by the alias."""

    def destroy_key(self, command: DestroyCustomerKey) -> None:
        """Destroy the customer's key. Never blocks, never raises; tried again until the disk has done it."""


class FaceMatcher(Protocol):
    """The face worker. What it sees comes as FaceLooked, FaceChallenged and FaceHealthChanged through the Inbox."""

    async def enrol(self, order: str, selfie_jpeg: bytes, *, hurried: bool = False) -> Enrolment:
        """Check the selfie's quality and seal it under the order's own new key. Never raises: a dead worker is unavailable.

        `hurried`: others wait behind it, so what is not needed for the answer is left for later.
        """

    def watch(self, orders: dict[str, bytes]) -> None:
        """Compare who is in view with these orders (id -> ciphertext); empty: stop looking."""

    def challenge(self, track: int) -> None:
        """Ask the face of that track to turn its head; how it goes comes as FaceChallenged."""

    def destroy_key(self, order: str) -> None:
        """Destroy the order's key: what was sealed under it can be read no more."""

    async def run(self) -> None:
        """Keep the worker process alive until cancelled."""


class Pager(Protocol):
    """Reaches people by the steps of the settings. How an attempt ended comes as PageEnded through the Inbox, always."""

    def page(self, command: Page) -> None:
        """Begin one attempt; never blocks."""

    async def run(self) -> None:
        """Serve until cancelled; then nothing that was begun is left running."""


class Planner(Protocol):
    """Decides outside the loop; the answer comes as PlanDecided."""

    def request(self, command: RequestPlan) -> None:
        """Ask; never blocks."""


class Watchdog(Protocol):
    """The service manager."""

    def ready(self) -> None:
        """Start-up is complete."""

    def alive(self) -> None:
        """The engine loop turns."""

    def status(self, text: str) -> None:
        """One line for people."""

    def stopping(self) -> None:
        """The process is about to end."""
