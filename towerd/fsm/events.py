"""Everything that can happen, in the past tense. The engine stamps each with wall and monotonic time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from towerd.fsm.alarm_events import AlarmEvent
from towerd.fsm.face_events import FaceEvent
from towerd.fsm.intake_events import IntakeEvent
from towerd.fsm.kept_rows import NO_KEYS, OwnKeys
from towerd.fsm.manual_events import ManualEvent
from towerd.fsm.moves_events import MoveEvent
from towerd.fsm.photo_events import PhotoEvent
from towerd.fsm.privacy_events import PrivacyEvent
from towerd.fsm.reply import ReplyTo
from towerd.fsm.upkeep_events import ServiceDone
from towerd.orders.book import Remembered
from towerd.orders.model import Known, VehicleRecord
from towerd.places import Place
from towerd.planner.model import Decision
from towerd.plc.snapshot import Snapshot, Unit


@dataclass(frozen=True, slots=True)
class Started:
    """The process has opened its journal and asks for the first time; `boot` grows with each start."""

    boot: int
    version: str


@dataclass(frozen=True, slots=True)
class PlcObserved:
    """A whole good snapshot, read in an established session (plc-if.md 2.3)."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class PlcLost:
    """No good value for 1,000 ms, or the connection is gone: everything is unknown (3.2)."""

    reason: str


@dataclass(frozen=True, slots=True)
class PlcRefused:
    """The device at the other end is not the PLC this program may command (2.1): what was seen, what was wanted."""

    field: str
    seen: str
    wanted: str


@dataclass(frozen=True, slots=True)
class PlcWriteUnanswered:
    """A mailbox write got no good answer, or was not sent because the session had changed. It may still arrive (5.6)."""

    unit: Unit
    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class TimerExpired:
    """A timer that a command started has run out."""

    name: str


@dataclass(frozen=True, slots=True)
class OrderRequested:
    """A token that opened, verified and whose selfie was looked at (orders-if.md 3, 4).

    `claims` is the payload without selfie and code, with aliases for `sub` and owner; `code_mac` stands for the code. `face`
    tells what became of the selfie; its ciphertext travels beside the event as an attachment. `known`: how the customer is
    known where not even the alias may stand. `keys`: whom it names for good. `limited`: its sender has handed in too many
    orders lately, and nothing was looked at; neither was where it is `late`, out of its time.
    """

    verb: str
    claims: dict[str, Any]
    payload_sha256: str
    reply: ReplyTo
    code_mac: str | None = None
    face: Literal["enrolled", "none", "unavailable", "refused"] = "none"
    face_reasons: tuple[str, ...] = ()
    face_sha256: str | None = None
    expires_at: datetime | None = None
    known: Known | None = None
    keys: OwnKeys = NO_KEYS
    limited: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class RequestAnswered:
    """A verified token that was refused, or was asked before, without what it said: all that is kept of it.

    The journal records it in place of the OrderRequested that it was, so that nothing personal of a refused order stays.
    `kept` are the rows of the memory of answers; `told`: the world hears of the refusal.
    """

    verb: str
    ok: bool
    reasons: tuple[str, ...]
    result: dict[str, Any] | None
    reply: ReplyTo
    kept: tuple[Remembered, ...]
    told: bool


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """A command that did not get as far as a verified token: dropped with the reasons (3.3)."""

    verb: str
    reasons: tuple[str, ...]
    reply: ReplyTo
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FaceLooked:
    """A burst of frames of one tracked face, compared with the orders that wait here.

    `scores`: for each frame the similarity of every compared order, by order id. `engine` names the embedder, `liveness`
    what was checked (`faceid/liveness.py`). `track` is a number per face in view.
    """

    engine: str
    track: int
    scores: tuple[dict[str, float], ...]
    liveness: str = "not_checked"


@dataclass(frozen=True, slots=True)
class FaceHealthChanged:
    """Whether the face worker and its camera serve, and if not, why."""

    available: bool
    reason: str


@dataclass(frozen=True, slots=True)
class CodeEntered:
    """Number and code typed at the kiosk or by a technician; `code_mac` as stored (7.1)."""

    number: str
    code_mac: str
    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class StockEntry:
    """One line of a stock file: a vehicle and where it stands."""

    record: VehicleRecord
    place: Place


@dataclass(frozen=True, slots=True)
class StockImported:
    """`towerd stock import FILE` (invariant 11), with aliases for the owners."""

    entries: tuple[StockEntry, ...]
    by: str
    reply: ReplyTo
    keys: OwnKeys = NO_KEYS


@dataclass(frozen=True, slots=True)
class FaultReset:
    """A technician has looked and lets go on."""

    fault: int
    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class LayoutConfirmed:
    """A technician has confirmed the PLC's taught station table (2.1)."""

    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class PackmlRequested:
    """A person asks for a PackML command: reset, start, stop, hold, unhold, abort, clear."""

    command: str
    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class PlanDecided:
    """The planner's answer; `version` names the snapshot it was made for (invariant 10)."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class BusChanged:
    """The broker came or went."""

    connected: bool


@dataclass(frozen=True, slots=True)
class OutboxAcknowledged:
    """The broker has every outbox message up to this `event_seq`."""

    up_to_seq: int


@dataclass(frozen=True, slots=True)
class ClockJudged:
    """Whether the wall clock is synchronised, or trusted as it is (orders-if.md 4.4)."""

    sure: bool


@dataclass(frozen=True, slots=True)
class ClockConfirmed:
    """A technician has compared the tower's clock with another and found it right (orders-if.md 4.4)."""

    by: str
    reply: ReplyTo


@dataclass(frozen=True, slots=True)
class StopRequested:
    """SIGTERM: no new motion; what runs ends, or holds after `grace_s`."""

    grace_s: float


@dataclass(frozen=True, slots=True)
class SettingsReloaded:
    """SIGHUP: keys and reloadable settings were read again; `issuers` names the key ids now known, `tower_key` the own.

    `need_restart`: dotted names of the settings that have changed and do not apply yet.
    """

    issuers: tuple[str, ...] = field(default_factory=tuple)
    tower_key: str = ""
    need_restart: tuple[str, ...] = ()


Event = (
    Started
    | PlcObserved
    | PlcLost
    | PlcRefused
    | PlcWriteUnanswered
    | TimerExpired
    | OrderRequested
    | RequestAnswered
    | CommandRefused
    | FaceLooked
    | FaceEvent
    | FaceHealthChanged
    | CodeEntered
    | IntakeEvent
    | PhotoEvent
    | StockImported
    | FaultReset
    | ServiceDone
    | PrivacyEvent
    | LayoutConfirmed
    | PackmlRequested
    | AlarmEvent
    | ManualEvent
    | MoveEvent
    | PlanDecided
    | BusChanged
    | OutboxAcknowledged
    | ClockConfirmed
    | ClockJudged
    | StopRequested
    | SettingsReloaded
)


@dataclass(frozen=True, slots=True)
class Stamped:
    """An event with when it was taken from the queue: wall time (aware UTC, never earlier than the last commit) and
    this process's monotonic clock in s.
    """

    at: datetime
    mono_s: float
    event: Event
