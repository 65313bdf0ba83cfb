"""What becomes of a verified token (orders-if.md 3.3, 4.3 to 4.5). Pure: what the tables hold goes in, a value comes out.

`decide_request` is the way in; it looks first whether the same was asked before, then asks the decider of its kind.
What the core then keeps of the answer is named by `requests.remember`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from towerd.errors import Refusal
from towerd.orders.book import (
    Circumstances,
    ErasureAsked,
    FaceWithdrawn,
    MotionAsked,
    OrderAccepted,
    OrderBook,
    OrderCancelled,
    Outcome,
    Request,
)
from towerd.orders.calendar import calendar_of
from towerd.orders.choice import Wanted, choose_vehicle, vehicles_meant
from towerd.orders.claims import (
    MALFORMED,
    Cancel,
    Claims,
    Collect,
    ConsentWithdrawn,
    Erase,
    Hold,
    Resume,
    TestDrive,
    read_claims,
)
from towerd.orders.conditions import decide_condition
from towerd.orders.eligibility import collect_reasons, drive_reasons, history_reasons
from towerd.orders.etas import decide_eta
from towerd.orders.loan_ends import decide_purchase, decide_returned_elsewhere
from towerd.orders.model import Slot
from towerd.orders.payment import payment_reasons
from towerd.orders.reports import decide_report
from towerd.orders.requests import first_answer, too_many_requests
from towerd.orders.rules import DriveRules, OrderRules
from towerd.orders.stock_in import decide_stock_in
from towerd.orders.stock_out import decide_stock_out
from towerd.orders.taking import accept, number_for, slot_fits, slot_of

CANCELLABLE = frozenset({"accepted", "awaiting_stock", "arrived", "identified", "delivering", "staged"})
"""Until the outer door opens for hand-over (3.4); a car that is on its way then goes back. The core sees the door."""


VOID = frozenset({"cancelled", "expired", "no_show", "failed"})
"""States of orders for which no car came down."""


def _drive_reasons(
    claims: TestDrive, due_at: datetime, drive: DriveRules, rules: OrderRules, now: datetime
) -> tuple[str, ...]:
    if claims.eligibility is None:
        return ("not_eligible",)
    return drive_reasons(claims.eligibility, due_at, drive, rules, now)


def _history_reasons(
    request: Request, claims: TestDrive, book: OrderBook, rules: OrderRules, now: datetime
) -> tuple[str, ...]:
    if claims.eligibility is None:
        return ()
    return history_reasons(claims.eligibility, claims.sub, request.handle, book, rules, now)


def _collect_reasons(
    claims: Collect, until_at: datetime, drive: DriveRules, rules: OrderRules, now: datetime
) -> tuple[str, ...]:
    unpaid = payment_reasons(claims.payment, claims.eligibility, drive, rules, now)
    if claims.eligibility is None:
        return ("not_eligible", *unpaid)
    return tuple(dict.fromkeys((*collect_reasons(claims.eligibility, until_at, rules, now), *unpaid)))


def _too_many_deliveries(slot: Slot, book: OrderBook, rules: OrderRules) -> bool:
    """Whether as many orders as the machine may deliver in an hour have slots that begin around this one's beginning."""
    begins = [
        order.slot.from_at for order in book.orders.values() if order.slot is not None and order.state not in VOID
    ]
    near = [at for at in begins if abs(at - slot.from_at) < timedelta(minutes=30)]
    return len(near) >= rules.deliveries_an_hour


def decide_order(
    request: Request, claims: TestDrive, book: OrderBook, rules: OrderRules, circumstances: Circumstances
) -> OrderAccepted | Refusal:
    """Accept a test drive, or the collecting of a bought car, or refuse it with every reason that holds (4.4, 4.5)."""
    now = circumstances.now
    if not request.code_mac:
        return MALFORMED
    slot = slot_of(claims, now, rules)
    wanted = Wanted(claims.kind, slot, named=claims.slot is not None)
    meant = vehicles_meant(claims.vehicle, book.vehicles.values())
    choice = choose_vehicle(wanted, meant, calendar_of(book, meant, rules, now), circumstances.ready_s, rules)
    number = number_for(book, circumstances)
    drive = rules.drive if isinstance(choice, str) else rules.for_model(choice.record.make, choice.record.model)
    if isinstance(claims, Collect):
        unfit = _collect_reasons(claims, slot.until_at, drive, rules, now)
    else:
        said = _drive_reasons(claims, slot.until_at + drive.drive, drive, rules, now)
        unfit = (*said, *_history_reasons(request, claims, book, rules, now))
    # a car that is not here now may still arrive
    waits = isinstance(choice, str) and claims.wait_until is not None
    reasons = [
        *(request.face_reasons if request.face == "refused" else ()),
        *((choice,) if isinstance(choice, str) and not waits else ()),
        *(() if slot_fits(slot, claims, now, rules) or choice == "slot_conflict" else ("slot_conflict",)),
        *(() if claims.terms is not None else ("terms_missing",)),
        *unfit,
        *(("rate_limited",) if _too_many_deliveries(slot, book, rules) else ()),
        *(("tower_out_of_service",) if circumstances.out_of_service else ()),
        *(("busy",) if number is None else ()),
    ]
    if reasons or number is None:
        return Refusal(tuple(reasons), "The order is not taken: " + ", ".join(reasons))
    return accept(request, claims, None if isinstance(choice, str) else choice, slot, number, circumstances)


def decide_cancel(claims: Cancel, book: OrderBook, now: datetime) -> OrderCancelled | Refusal:
    """End an order before its car is handed over. Whoever names another customer's order learns nothing of it (4.3)."""
    order = book.orders.get(claims.order)
    if order is None or order.customer != claims.sub:
        return Refusal(("no_such_order",), f"There is no order {claims.order} of this customer.")
    if order.state not in CANCELLABLE:
        return Refusal(("too_late",), f"The order is {order.state}.")
    ended = replace(order, state="cancelled", since_at=now, ended_at=now, reason=claims.reason)
    return OrderCancelled(ended, {"order": order.id, "state": ended.state})


def decide_withdrawal(claims: ConsentWithdrawn, book: OrderBook) -> FaceWithdrawn | Refusal:
    """The customer's face serves no more, also where it would only have been kept (3): the code does."""
    order = book.orders.get(claims.order)
    if order is None or order.customer != claims.sub:
        return Refusal(("no_such_order",), f"There is no order {claims.order} of this customer.")
    return FaceWithdrawn(replace(order, code_only=True), {"order": order.id, "state": order.state})


def _erasure(request: Request, claims: Erase) -> ErasureAsked:
    return ErasureAsked(claims.sub, request.handle, claims.jti, {"order": None, "state": "erased"})


def _motion(claims: Hold | Resume) -> MotionAsked:
    state = "held" if isinstance(claims, Hold) else "resumed"
    return MotionAsked(claims.kind, claims.sub, claims.reason, {"order": None, "state": state})


_Decider = Callable[[Request, Any, OrderBook, OrderRules, Circumstances], Outcome]
_DECIDERS: Final[Mapping[str, _Decider]] = {
    "test_drive": decide_order,
    "collect": decide_order,
    "stock_in": decide_stock_in,
    "stock_out": decide_stock_out,
    "cancel": lambda _request, claims, book, _rules, around: decide_cancel(claims, book, around.now),
    "purchase": lambda _request, claims, book, rules, around: decide_purchase(claims, book, rules, around.now),
    "returned_elsewhere": lambda _request, claims, book, _rules, around: decide_returned_elsewhere(
        claims, book, around.now
    ),
    "eta": lambda _request, claims, book, rules, around: decide_eta(claims, book, rules, around.now),
    "report": lambda _request, claims, book, rules, around: decide_report(claims, book, rules, around.now),
    "condition": lambda _request, claims, book, _rules, _around: decide_condition(claims, book),
    "consent": lambda _request, claims, book, _rules, _around: decide_withdrawal(claims, book),
    "erase": lambda request, claims, _book, _rules, _around: _erasure(request, claims),
    "hold": lambda _request, claims, _book, _rules, _around: _motion(claims),
    "resume": lambda _request, claims, _book, _rules, _around: _motion(claims),
}


def _not_now(
    request: Request, claims: Claims, book: OrderBook, rules: OrderRules, circumstances: Circumstances
) -> Refusal | None:
    """Why a token that was not answered before is not looked at now, whatever it asks for."""
    if request.late:
        return Refusal(("expired",), "The token is not valid at this time.")
    if request.limited:
        return Refusal(("rate_limited",), "Too many orders come from this sender.")
    if isinstance(claims, Hold):
        return None
    if too_many_requests(book, rules, circumstances.now, verified=True):
        return Refusal(("busy",), "Too many requests are remembered.")
    return None if circumstances.clock_sure else Refusal(("clock_unsure",), "The tower does not trust its clock yet.")


def decide_request(request: Request, book: OrderBook, rules: OrderRules, circumstances: Circumstances) -> Outcome:
    """What becomes of a verified token. Repeats get their first answer, whatever the tables say now (3.3, 4.3)."""
    try:
        claims = read_claims(request.claims)
    except ValueError:
        return MALFORMED
    before = first_answer(request, claims, book, circumstances.now)
    if before is not None and not (request.late and isinstance(before, Refusal)):
        return before
    return _not_now(request, claims, book, rules, circumstances) or _DECIDERS[str(request.claims["kind"])](
        request, claims, book, rules, circumstances
    )
