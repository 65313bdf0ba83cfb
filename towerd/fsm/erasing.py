"""A customer is forgotten: at once what nothing open needs, the rest when that ends (orders-if.md 3 `erase`, 7.3, 7.4). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from towerd.fsm.commands import CutHistory, RecallCustomer
from towerd.fsm.expiring import destroy_face
from towerd.fsm.kept_rows import AnswerRow, ErasureRow
from towerd.fsm.photos import destroy_photos
from towerd.fsm.privacy_events import CustomerRecalled, ErasureRequested, ExportRequested
from towerd.fsm.state import Tables
from towerd.fsm.turn import Turn
from towerd.fsm.whom import destroy_key
from towerd.orders.book import ErasureAsked
from towerd.orders.eligibility import LOAN_ENDED
from towerd.orders.model import DriveCount, Loan, Order
from towerd.orders.requests import JTI

ERASED: Final = "erased"
PENDING: Final = "pending"
_DAY: Final = timedelta(days=1)


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
    handed_over = {*tables.open_orders}

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


def _end_of_day(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + _DAY


def _count(turn: Turn, handle: str, loans: Iterable[Loan]) -> None:
    """On which days drives began outlives the customer's name, so that nobody drives six times by being forgotten (7.3).

    Of each the end of its day in UTC is kept, or now: the very time would find the loan's row in an older copy.
    """
    begun_at = tuple(min(_end_of_day(loan.out_since_at), turn.now) for loan in loans)
    if begun_at and handle:
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


def needed_of(tables: Tables, customer: str) -> tuple[str, ...]:
    """Ids of what names a customer and goes on: orders and loans, and vehicles that stand here in the customer's name."""
    owned = [vehicle.id for vehicle in tables.vehicles.values() if vehicle.record.owner == customer]
    return tuple(dict.fromkeys((*rows_of(tables, customer, needed=True).ids, *owned)))


def erase(turn: Turn, wish: ErasureRow, handle: str) -> tuple[str, ...]:
    """Forget a customer but for what is needed; ids of that. What is asked again does no harm. `handle` as in `Known`."""
    customer = wish.customer
    kept = needed_of(turn.tables, customer)
    old = rows_of(turn.tables, customer, needed=False)
    _count(turn, handle, old.loans)
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
        destroy_key(turn, customer)
    told = {
        "request": wish.request,
        "by": wish.by,
        "orders": len(old.orders),
        "loans": len(old.loans),
        "kept": list(kept),
    }
    turn.tell("privacy_erased", told)
    turn.ask(CutHistory())
    return kept


def _answer(turn: Turn, kept: tuple[str, ...]) -> dict[str, Any]:
    """In the form of every verb's answer: the first order or loan that is still needed, if any."""
    order = next((one for one in kept if one in turn.tables.orders or one in turn.tables.loans), None)
    return {"order": order, "state": PENDING if kept else ERASED}


def erase_asked(turn: Turn, asked: ErasureAsked) -> ErasureAsked:
    """The platform wants a customer forgotten."""
    kept = erase(turn, ErasureRow(asked.customer, turn.now, request=asked.request), asked.handle)
    return replace(asked, result=_answer(turn, kept))


def erasure_requested(turn: Turn, event: ErasureRequested) -> None:
    """A technician has a customer forgotten, at the tower."""
    kept = erase(turn, ErasureRow(event.customer, turn.now, by=event.by), event.handle)
    turn.answer(event.reply, True, (), {**_answer(turn, kept), "kept": list(kept)})


def export_requested(turn: Turn, event: ExportRequested) -> None:
    """Who has seen what is held of a customer stands in the audit log, by the ids of what it was and without the name."""
    rows: tuple[Order | Loan, ...] = (*turn.tables.orders.values(), *turn.tables.loans.values())
    seen = sorted({row.id for row in rows if row.customer == event.customer})
    turn.tell("manual_intervention", {"by": event.by, "exported": seen})
    turn.answer(event.reply, True, (), {"exported": seen})


def finish_erasures(turn: Turn) -> None:
    """Whoever was to be forgotten and had something open is, once that has ended: who it is says where the keys are."""
    for wish in turn.tables.erasures.values():
        if not needed_of(turn.tables, wish.customer):
            turn.ask(RecallCustomer(wish.customer))


def customer_recalled(turn: Turn, event: CustomerRecalled) -> None:
    """Forget whoever waits for it, unless something has begun meanwhile."""
    wish = turn.tables.erasures.get(event.customer)
    if wish is not None and not needed_of(turn.tables, wish.customer):
        erase(turn, wish, event.handle)
