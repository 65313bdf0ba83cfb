"""One turn of the core: what a step changes and asks for, gathered. Mutable inside `step`, invisible outside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, TypeVar

from towerd.fsm.commands import Answer, AppendAudit, AppendOutbox, Command
from towerd.fsm.config import CoreConfig
from towerd.fsm.events import Stamped
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import Meta, State, Tables, Volatile
from towerd.fsm.told import EventType
from towerd.orders.model import Loan, Order, OrderState, Vehicle
from towerd.places import UNKNOWN
from towerd.plc.snapshot import Snapshot


def audit_hash(previous_hash: str, audit_seq: int, at: datetime, body: Mapping[str, Any]) -> str:
    """SHA-256, hex, over the row and the hash of the one before (orders-if.md 7.4)."""
    row = json.dumps([previous_hash, audit_seq, at.isoformat(), body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(row.encode()).hexdigest()


_VOLATILE = frozenset(field.name for field in fields(Volatile))
_Frozen = TypeVar("_Frozen", Tables, Volatile)


def _twin(given: _Frozen) -> _Frozen:
    """A copy that this turn may still write to, nobody outside having seen it. Field by field it would cost twenty times as much."""
    twin = object.__new__(type(given))
    twin.__dict__.update(given.__dict__)
    return twin


class Turn:
    """The state as it becomes, and the commands. Tables and the volatile state are copied once, at their first change in
    this turn; what was given stays as it was. `said`: somebody has said in this turn what is waited for.
    """

    def __init__(self, state: State, stamped: Stamped, config: CoreConfig) -> None:
        self.tables: Tables = state.tables
        self.volatile: Volatile = state.volatile
        self.snapshot: Snapshot | None = state.volatile.snapshot
        """The last good picture of the machine; None: everything is unknown. Read hundreds of times a turn, so kept at hand."""
        self.now: datetime = stamped.at
        self.mono_s: float = stamped.mono_s
        self.config = config
        self.commands: list[Command] = []
        self._copied: set[str] = set()
        self._own_tables = False
        self._own_volatile = False
        self.said = False

    @property
    def state(self) -> State:
        """The state as it stands in this turn."""
        return State(self.tables, self.volatile)

    def _write(self, name: str, value: object) -> None:
        if not self._own_tables:
            self.tables, self._own_tables = _twin(self.tables), True
        self.tables.__dict__[name] = value

    def _own(self, table: str) -> dict[Any, Any]:
        rows: dict[Any, Any] = getattr(self.tables, table)
        if table not in self._copied:
            rows = dict(rows)
            self._write(table, rows)
            self._copied.add(table)
        return rows

    def changed(self, table: str) -> bool:
        """Whether rows of a table were put or dropped in this turn."""
        return table in self._copied

    def put(self, table: str, key: str | int, row: object) -> None:
        """Insert or replace a row."""
        self._own(table)[key] = row

    def drop(self, table: str, key: str | int) -> None:
        """Delete a row; nothing where there is none."""
        if key in getattr(self.tables, table):
            del self._own(table)[key]

    def set(self, **values: object) -> None:
        """Replace fields of the volatile state. Raises AttributeError for one that there is not."""
        if not values.keys() <= _VOLATILE:
            raise AttributeError(f"no such fields: {values.keys() - _VOLATILE}")
        if not self._own_volatile:
            self.volatile, self._own_volatile = _twin(self.volatile), True
        self.volatile.__dict__.update(values)
        self.snapshot = self.volatile.snapshot

    def set_meta(self, **values: object) -> Meta:
        """Replace fields of the single row of metadata."""
        meta = replace(self.tables.meta, **values)  # type: ignore[arg-type]
        self._write("meta", meta)
        return meta

    def ask(self, command: Command) -> None:
        """Add a command."""
        self.commands.append(command)

    def answer(
        self, reply: ReplyTo, ok: bool, reasons: tuple[str, ...] = (), result: dict[str, Any] | None = None
    ) -> None:
        """Answer who asked, if anybody waits for it."""
        if reply.channel != "none":
            self.ask(Answer(reply, ok, reasons, result))

    def _audit(self, body: dict[str, Any]) -> tuple[int, str]:
        meta = self.tables.meta
        audit_seq = meta.audit_seq + 1
        digest = audit_hash(meta.audit_hash, audit_seq, self.now, body)
        self.ask(AppendAudit(audit_seq, self.now, body, meta.audit_hash, digest))
        self.set_meta(audit_seq=audit_seq, audit_hash=digest)
        return audit_seq, digest

    def tell(
        self,
        kind: EventType,
        data: dict[str, Any] | None = None,
        order: Order | Loan | None = None,
        *,
        audit: bool = True,
    ) -> None:
        """An `event` for the world, and a row of the audit log (orders-if.md 5.4, 7.4). `told.TOLD` names types and fields.

        The audit row names the customer by the pseudonym that ends with the customer's own key.
        """
        body: dict[str, Any] = {
            "type": kind,
            "order": order.id if order else None,
            "customer": order.pseudonym if order else None,
            "data": data or {},
        }
        audit_seq, digest = self._audit(body) if audit else (None, None)
        meta = self.tables.meta
        public = {
            "event_seq": meta.event_seq + 1,
            "audit_seq": audit_seq,
            "audit_hash": digest,
            "type": kind,
            "order": body["order"],
            "customer": order.customer if order else None,
            "data": body["data"],
        }
        self.ask(AppendOutbox(meta.event_seq + 1, "event", self.now, public))
        self.set_meta(event_seq=meta.event_seq + 1)

    def tell_alarm(self, code: str, what: str, by: str | None = None, reason: str | None = None) -> None:
        """An `alarm/event` for the world, and a row of the audit log: the alarm journal (ISA-18.2).

        The message is exactly the contract's; the chain's head travels with the next `event` that carries it.
        """
        self._audit({"type": "alarm", "order": None, "data": {"code": code, "what": what, "by": by, "reason": reason}})
        event_seq = self.tables.meta.event_seq + 1
        body = {"event_seq": event_seq, "code": code, "what": what, "by": by, "reason": reason}
        self.ask(AppendOutbox(event_seq, "alarm/event", self.now, body))
        self.set_meta(event_seq=event_seq)

    def move_order(self, order: Order, state: OrderState, **values: object) -> Order:
        """Put the order into `state`, since now, with other fields changed."""
        ended = {"ended_at": self.now} if state in ("completed", "cancelled", "no_show", "failed", "expired") else {}
        changed = replace(order, state=state, since_at=self.now, **ended, **values)  # type: ignore[arg-type]
        self.put("orders", order.id, changed)
        return changed

    def put_vehicle(self, vehicle: Vehicle, **values: object) -> Vehicle:
        """Change fields of a vehicle. Since when its place is unknown is noted here, whoever finds that it is."""
        changed = replace(vehicle, **values)  # type: ignore[arg-type]
        if (changed.place == UNKNOWN) != (vehicle.place == UNKNOWN):
            changed = replace(changed, lost_at=self.now if changed.place == UNKNOWN else None)
        self.put("vehicles", vehicle.id, changed)
        return changed
