"""A customer is forgotten: at once what nothing open needs, the rest when that ends (orders-if.md 3 `erase`, 7.3, 7.4). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from typing import Any, Final

from towerd.fsm.commands import DestroyCustomerKey, ForgetCustomer
from towerd.fsm.expiring import destroy_face
from towerd.fsm.kept_rows import AnswerRow, ErasureRow
from towerd.fsm.photos import destroy_photos
from towerd.fsm.privacy_events import ErasureRequested, ExportRequested
from towerd.fsm.state import Tables
from towerd.fsm.turn import Turn
from towerd.orders.book import ErasureAsked
from towerd.orders.eligibility import LOAN_ENDED
from towerd.orders.model import DriveCount, Loan, Order
from towerd.orders.requests import JTI

ERASED: Final = "erased"
PENDING: Final = "pending"


@dataclass(frozen=True, slots=True)
class Rows:
    """Orders and loans of one customer."""

    orders: tuple[Order, ...]
    loans: tuple[Loan, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all, each once: a loan has that of its order."""
        return tuple(dict.fromkeys([*(order.id for order in self.orders), *(loan.id for loan in self.loans)]))


def rows_of(tables: Tables, customer: str, *, needed: bool) -> Rows:
    """A customer's rows that are needed, as they go on or their car is still in a cabin; or all others.

    A loan is needed as long as its order: by it the end of the hand-over knows whose the car is then.
    """
    driven_in = {row.about for row in tables.intakes.values() if row.open}
    handed_over = {order.id for order in tables.orders.values() if order.open}

    def goes_on(row: Order | Loan) -> bool:
        if isinstance(row, Order):
            return row.open
        return row.state not in LOAN_ENDED or row.id in driven_in or row.id in handed_over

    everybody: tuple[Order | Loan, ...] = (*tables.orders.values(), *tables.loans.values())
    mine = [row for row in everybody if row.customer == customer]
    found = [row for row in mine if goes_on(row) is needed]
    return Rows(
        tuple(row for row in found if isinstance(row, Order)), tuple(row for row in found if isinstance(row, Loan))
    )


def _count(turn: Turn, handle: str, loans: Iterable[Loan]) -> None:
    """When the drives began outlives the customer's name, so that nobody drives six times by being forgotten (7.3)."""
    begun_at = tuple(loan.out_since_at for loan in loans)
    if begun_at:
        before = turn.tables.drives.get(handle)
        known = before.begun_at if before is not None else ()
        turn.put("drives", handle, DriveCount(handle, tuple(sorted((*known, *begun_at)))))


def _blank(answer: AnswerRow) -> AnswerRow:
    """A token's id is remembered as long as the token could be sent again, and nothing else of it: it is `replayed`."""
    return replace(answer, payload_sha256="", ok=False, reasons=("replayed",), result=None)


def _forget_answers(turn: Turn, gone: Set[str]) -> None:
    for key, answer in tuple(turn.tables.answers.items()):
        about: Any = (answer.result or {}).get("order")
        if about not in gone:
            continue
        if key.startswith(JTI):
            turn.put("answers", key, _blank(answer))
        else:
            turn.drop("answers", key)


def _forget_traces(turn: Turn, customer: str, gone: Set[str]) -> None:
    """What others' rows say of the orders that are gone."""
    for job in tuple(turn.tables.jobs.values()):
        if job.order in gone and job.ended_at is not None:
            turn.drop("jobs", job.id)
    for order in tuple(turn.tables.orders.values()):
        if gone & {*order.alike}:
            turn.put("orders", order.id, replace(order, alike=tuple(one for one in order.alike if one not in gone)))
    for row in tuple(turn.tables.intakes.values()):
        if row.by == customer and not row.open:
            turn.put("intakes", row.cabin, replace(row, by=""))


def erase(turn: Turn, wish: ErasureRow) -> tuple[str, ...]:
    """Forget a customer but for what is needed; ids of that. What is asked again does no harm."""
    customer = wish.customer
    kept = rows_of(turn.tables, customer, needed=True).ids
    old = rows_of(turn.tables, customer, needed=False)
    _count(turn, wish.handle, old.loans)
    for order in old.orders:
        turn.drop("orders", order.id)
    for loan in old.loans:
        turn.drop("loans", loan.id)
    gone = {*old.ids}
    for order_id in gone & turn.tables.faces.keys():
        destroy_face(turn, order_id)
    for seen in tuple(turn.tables.photos.values()):
        if seen.loan in gone:
            destroy_photos(turn, seen)
    _forget_answers(turn, gone)
    _forget_traces(turn, customer, gone)
    if kept:
        turn.put("erasures", customer, wish)
    else:
        turn.drop("erasures", customer)
        turn.drop("customers", wish.handle)
        turn.ask(DestroyCustomerKey(wish.handle))
    told = {
        "request": wish.request,
        "by": wish.by,
        "orders": len(old.orders),
        "loans": len(old.loans),
        "kept": list(kept),
    }
    turn.tell("privacy_erased", told)
    turn.ask(ForgetCustomer(customer))
    return kept


def _answer(kept: tuple[str, ...]) -> dict[str, Any]:
    """In the form of every verb's answer: the first that is still needed, if any."""
    return {"order": kept[0] if kept else None, "state": PENDING if kept else ERASED}


def erase_asked(turn: Turn, asked: ErasureAsked) -> ErasureAsked:
    """The platform wants a customer forgotten."""
    kept = erase(turn, ErasureRow(asked.customer, asked.handle, turn.now, request=asked.request))
    return replace(asked, result=_answer(kept))


def erasure_requested(turn: Turn, event: ErasureRequested) -> None:
    """A technician has a customer forgotten, at the tower."""
    kept = erase(turn, ErasureRow(event.customer, event.handle, turn.now, by=event.by))
    turn.answer(event.reply, True, (), {**_answer(kept), "kept": list(kept)})


def export_requested(turn: Turn, event: ExportRequested) -> None:
    """Who has seen what is held of a customer stands in the audit log, by the ids of what it was and without the name."""
    rows: tuple[Order | Loan, ...] = (*turn.tables.orders.values(), *turn.tables.loans.values())
    seen = sorted({row.id for row in rows if row.customer == event.customer})
    turn.tell("manual_intervention", {"by": event.by, "exported": seen})
    turn.answer(event.reply, True, (), {"exported": seen})


def finish_erasures(turn: Turn) -> None:
    """Whoever was to be forgotten and had something open is, once that has ended."""
    for wish in tuple(turn.tables.erasures.values()):
        if not rows_of(turn.tables, wish.customer, needed=True).ids:
            erase(turn, wish)
