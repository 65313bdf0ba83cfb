"""What is held of people, of whom and until when, and what of it is one customer's (orders-if.md 7.3). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from towerd.api.payload import jsonable
from towerd.fsm.events import OrderRequested, Stamped
from towerd.fsm.expiring import AUDIT_SPARE, LOAN_KEPT, ORDER_KEPT
from towerd.fsm.state import Tables
from towerd.orders.model import Loan, Order
from towerd.units import rfc3339

HISTORY_KEPT: Final = timedelta(days=2)
"""How far the history of events, with the claims of tokens, reaches back at most."""


@dataclass(frozen=True, slots=True)
class Held:
    """One thing that is held of a customer, by the alias. `until_at` None: something that goes on needs it."""

    customer: str
    what: str
    id: str
    until_at: datetime | None


@dataclass(frozen=True, slots=True)
class Total:
    """How much of one kind is held, and until when the last of it."""

    what: str
    count: int
    until_at: datetime | None


def _until(row: Order | Loan, kept: timedelta) -> datetime | None:
    return None if row.ended_at is None else row.ended_at + kept


def held(tables: Tables) -> tuple[Held, ...]:
    """Everything that is held under a customer's alias."""
    orders, loans = tables.orders.values(), tables.loans.values()
    owned = [vehicle for vehicle in tables.vehicles.values() if vehicle.record.owner in tables.customers]
    whose = {loan.id: loan.customer for loan in loans} | {order.id: order.customer for order in orders}
    return (
        *(Held(order.customer, f"order, {order.kind}", order.id, _until(order, ORDER_KEPT)) for order in orders),
        *(
            Held(whose.get(face.order, ""), "selfie and template, sealed", face.order, face.destroy_at)
            for face in tables.faces.values()
        ),
        *(
            Held(whose.get(seen.loan, ""), "photos of the car, sealed", seen.key, seen.destroy_at)
            for seen in tables.photos.values()
        ),
        *(Held(loan.customer, "loan", loan.id, _until(loan, LOAN_KEPT)) for loan in loans),
        *(Held(vehicle.record.owner, "vehicle in stock", vehicle.id, None) for vehicle in owned),
        *(Held(wish.customer, "wish to be forgotten", wish.request or "", None) for wish in tables.erasures.values()),
    )


def totals(tables: Tables, now: datetime, audit_kept_days: float) -> tuple[Total, ...]:
    """What is held without a name, or under none that leads to somebody by itself."""
    meta = tables.meta
    key_kept = timedelta(days=audit_kept_days * AUDIT_SPARE)
    keys_until = [row.seen_at + key_kept for row in tables.customers.values()]
    drives_until = [at + LOAN_KEPT for count in tables.drives.values() for at in count.begun_at]
    answers_until = [answer.until_at for answer in tables.answers.values()]
    waiting = meta.event_seq - meta.outbox_done_seq
    return (
        Total("answers to tokens and requests", len(answers_until), max(answers_until, default=None)),
        Total("drives counted without a name", len(drives_until), max(drives_until, default=None)),
        Total("customers' keys of the audit log", len(keys_until), max(keys_until, default=None)),
        Total("rows of the audit log", meta.audit_seq - meta.audit_done_seq, now + key_kept),
        Total("messages that wait for the broker", waiting, None),
        Total("days of history, with the claims of tokens", HISTORY_KEPT.days, now + HISTORY_KEPT),
    )


def report(tables: Tables, now: datetime, audit_kept_days: float) -> dict[str, Any]:
    """What is held, of whom by their aliases, and until when, as JSON."""
    return {
        "at": rfc3339(now),
        "held": jsonable(held(tables)),
        "totals": jsonable(totals(tables, now, audit_kept_days)),
    }


def export(tables: Tables, requests: Iterable[Stamped], customer: str, handle: str) -> dict[str, Any]:
    """What is one customer's (`customer` is the alias), as JSON; `requests` are tokens of the history. The audit log is asked page by page."""
    mine = [row for row in held(tables) if row.customer == customer]
    drives, wish = tables.drives.get(handle), tables.erasures.get(customer)
    tokens = [
        {"at": rfc3339(one.at), "claims": one.event.claims}
        for one in requests
        if isinstance(one.event, OrderRequested) and one.event.claims.get("sub") == customer
    ]
    return {
        "customer": customer,
        "held": jsonable(mine),
        "orders": [jsonable(row) for row in tables.orders.values() if row.customer == customer],
        "loans": [jsonable(row) for row in tables.loans.values() if row.customer == customer],
        "tokens": tokens,
        "drives_counted": jsonable(drives.begun_at if drives is not None else ()),
        "erasure_asked_at": rfc3339(wish.asked_at) if wish is not None else None,
    }
