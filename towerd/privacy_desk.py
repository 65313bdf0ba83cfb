"""Reading what is held of people: the same while the daemon runs and while it does not (orders-if.md 7.3)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from towerd.fsm.state import Tables
from towerd.orders.aliases import unveiled
from towerd.ports import Customers, Journal
from towerd.privacy import export, report

_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class PrivacyDesk:
    """`tables` gives them as they are now, `now` aware UTC. Every method raises JournalError where the journal does."""

    tables: Callable[[], Tables]
    journal: Journal
    customers: Customers
    now: Callable[[], datetime]
    audit_kept_days: float

    def report(self) -> dict[str, Any]:
        """What is held, of whom and until when. Who has no key any more is shown by the alias."""
        told = report(self.tables(), self.now(), self.audit_kept_days)
        called = {row["customer"] for row in told["held"]}
        names = {one: name for one in called if (name := self.customers.whose(one)) is not None}
        held = sorted(unveiled(told["held"], names), key=lambda row: str(row["customer"]))
        return {**told, "held": held}

    def export(self, customer: str) -> dict[str, Any]:
        """What is one customer's; faces as they are sealed, by order: only who may read their keys can open them."""
        tables, person = self.tables(), self.customers.find(customer)
        mine = export(tables, self.journal.told("OrderRequested"), person.customer, person.known.handle)
        told = unveiled(mine, {person.customer: customer})
        ids = [row["id"] for row in told["held"]]
        faces = {order: self.journal.face(order) for order in ids if order in tables.faces}
        return {
            **told,
            "faces_sealed": {order: base64.b64encode(sealed).decode() for order, sealed in faces.items() if sealed},
        }

    def audit(self, customer: str, after_seq: int) -> dict[str, Any]:
        """The customer's rows among the next thousand of the audit log; `next_seq` None: there are no more."""
        named = self.customers.naming(customer)
        rows = self.journal.audit(after_seq, _PAGE) if named is not None else ()
        called = self.customers.find(customer).customer
        mine = [
            row for row in rows if named is not None and (_is_of(row["body"], named) or _is_by(row["body"], called))
        ]
        return {"rows": mine, "next_seq": rows[-1]["audit_seq"] if rows else None}


def _is_of(body: dict[str, Any], named: Callable[[str], str]) -> bool:
    order, customer = body.get("order"), body.get("customer")
    return order is not None and customer is not None and named(order) == customer


def _is_by(body: dict[str, Any], called: str) -> bool:
    return bool(body["data"].get("by") == called)
