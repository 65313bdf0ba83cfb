"""Everything the core can ask for, in the imperative. Those under `JournalCommand` are part of the transaction itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from towerd.fsm.events import Event
from towerd.fsm.reply import ReplyTo
from towerd.orders.photos import When
from towerd.planner.model import PlanSnapshot
from towerd.plc.snapshot import PackmlCommand, Unit


@dataclass(frozen=True, slots=True)
class WriteMailbox:
    """Write a command to a mailbox, once (plc-if.md 5.2). `args` are arg0 to arg3; `session` is the one it is meant for:
    the link sends it in no other.
    """

    unit: Unit
    seq: int
    session: int
    code: int
    args: tuple[int, int, int, int]
    job_id: int
    limit_ds: int


@dataclass(frozen=True, slots=True)
class WritePackml:
    """Write a PackML command with its sequence number (4.3)."""

    command: PackmlCommand
    seq: int
    session: int

    @property
    def stops(self) -> bool:
        """Stop, Hold and Abort leave before the journal is written (invariant 3)."""
        return self.command in (PackmlCommand.STOP, PackmlCommand.HOLD, PackmlCommand.ABORT)


@dataclass(frozen=True, slots=True)
class AcknowledgeAlarm:
    """Acknowledge one alarm, 0xFFFF all (8.1)."""

    code: int
    seq: int
    session: int


@dataclass(frozen=True, slots=True)
class WriteJog:
    """Write JOG with a new token (plc-if.md 7.1). `axis` 0 lift, 1 turntable, 2 fork; `direction` -1, 0 or 1, 0 stops;
    `speed_pct` of the manual speed; `step` 0 continuous, else one step of this length in the axis's unit.
    """

    axis: int
    direction: int
    speed_pct: int
    step: int
    session: int


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Post TimerExpired(name) after `after_s`; a running timer of that name is replaced."""

    name: str
    after_s: float


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """Forget the timer of that name, if it runs."""

    name: str


@dataclass(frozen=True, slots=True)
class RequestPlan:
    """Ask the planner what to do next; the answer comes as PlanDecided."""

    snapshot: PlanSnapshot


@dataclass(frozen=True, slots=True)
class Watch:
    """Tell the face worker which orders wait here now (order id -> sha256 of the ciphertext); empty: stop looking."""

    orders: dict[str, str]


@dataclass(frozen=True, slots=True)
class AskChallenge:
    """Have the face worker ask the face of that track to turn; how it goes comes as FaceChallenged."""

    track: int


@dataclass(frozen=True, slots=True)
class DestroyFaceKey:
    """Destroy the order's own key and its ciphertext (orders-if.md 7.1)."""

    order: str


@dataclass(frozen=True, slots=True)
class DestroyCustomerKey:
    """Destroy a customer's own key: the alias, and what the audit log says of them, lead to nobody any more (7.4)."""

    customer: str


@dataclass(frozen=True, slots=True)
class RecallCustomer:
    """Ask under what the drives of a customer are counted, who is to be forgotten now; comes as CustomerRecalled."""

    customer: str


@dataclass(frozen=True, slots=True)
class TakePhotos:
    """Take a picture with each camera of the cabin; the end comes as PhotosTaken. `when`: out, before the loan; back, after."""

    loan: str
    when: When
    cabin: int
    epoch: int


@dataclass(frozen=True, slots=True)
class DestroyPhotoKey:
    """Destroy the key that a loan's photos are sealed under."""

    loan: str


@dataclass(frozen=True, slots=True)
class Page:
    """Reach people by this step of the paging, once; the end comes as PageEnded(key). `message` is what they are told."""

    key: str
    step: int
    message: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to who asked (orders-if.md 3.2, `examples.json` answers): ok, reasons, result."""

    reply: ReplyTo
    ok: bool
    reasons: tuple[str, ...]
    result: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class RecordAs:
    """Let the journal record this event in place of the one that was taken; it does the same to the tables."""

    event: Event


@dataclass(frozen=True, slots=True)
class EndProcess:
    """Leave the loop with this exit code."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class AppendOutbox:
    """An `event` or `alarm/event` message for the outbox; `event_seq` has no gap over all boots (2.2)."""

    event_seq: int
    topic: str
    at: datetime
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AppendAudit:
    """A row of the audit log; `hash` covers the row and `previous_hash` (7.4)."""

    audit_seq: int
    at: datetime
    body: dict[str, Any]
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class TrimOutbox:
    """Drop what the broker has, or what is too old to be kept for it."""

    up_to_seq: int


@dataclass(frozen=True, slots=True)
class TrimAudit:
    """Drop rows of the audit log that have been kept for as long as they must."""

    up_to_seq: int


@dataclass(frozen=True, slots=True)
class StoreSealed:
    """Keep the ciphertext that came with the event under `key`, in place of an earlier one: an order's id for its face, what
    `photo_key` makes for photos.
    """

    key: str
    sha256: str


@dataclass(frozen=True, slots=True)
class DropSealed:
    """Delete the ciphertext that is kept under `key`, if there is one."""

    key: str


@dataclass(frozen=True, slots=True)
class CutHistory:
    """Leave nothing in the file of what was dropped for good (3, `erase`): the history begins anew after this event, and what
    was deleted is nowhere in the file any more.
    """


JournalCommand = AppendOutbox | AppendAudit | TrimOutbox | TrimAudit | StoreSealed | DropSealed | CutHistory
Command = (
    WriteMailbox
    | WritePackml
    | AcknowledgeAlarm
    | WriteJog
    | StartTimer
    | CancelTimer
    | RequestPlan
    | Watch
    | AskChallenge
    | DestroyFaceKey
    | DestroyCustomerKey
    | RecallCustomer
    | TakePhotos
    | DestroyPhotoKey
    | Answer
    | Page
    | RecordAs
    | EndProcess
    | JournalCommand
)
