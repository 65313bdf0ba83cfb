"""One turn of the core: what a step changes and asks for, gathered. Mutable inside `step`, invisible outside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from towerd.fsm.asking import Asking
from towerd.fsm.commands import Answer, AppendAudit, AppendOutbox
from towerd.fsm.reply import ReplyTo
from towerd.fsm.told import EventType
from towerd.orders.model import Loan, Order, OrderState, Vehicle
from towerd.places import UNKNOWN


def audit_hash(previous_hash: str, audit_seq: int, at: datetime, body: Mapping[str, Any]) -> str:
    """SHA-256, hex, over the row and the hash of the one before (orders-if.md 7.4)."""
    row = json.dumps([previous_hash, audit_seq, at.isoformat(), body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(row.encode()).hexdigest()


class Turn(Asking):
    """The state as it becomes, and the commands; with what is told to the world, and kept in the audit log."""

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

    def car(self, vehicle: str | None) -> dict[str, str | None]:
        """A vehicle as events name it, with what a sales report needs (orders-if.md 5.4); null where there is none."""
        known = self.tables.vehicles.get(vehicle or "")
        record = known.record if known else None
        return {
            "vehicle": vehicle,
            "make": record.make if record else None,
            "model": record.model if record else None,
        }

    def put_vehicle(self, vehicle: Vehicle, **values: object) -> Vehicle:
        """Change fields of a vehicle. Since when its place is unknown is noted here, whoever finds that it is."""
        changed = replace(vehicle, **values)  # type: ignore[arg-type]
        if (changed.place == UNKNOWN) != (vehicle.place == UNKNOWN):
            changed = replace(changed, lost_at=self.now if changed.place == UNKNOWN else None)
        self.put("vehicles", vehicle.id, changed)
        return changed
