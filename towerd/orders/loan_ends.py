"""A loan that ends elsewhere than at this tower: the car is bought, or back at another tower (orders-if.md 3.4, 5.2). Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from towerd.errors import Refusal
from towerd.orders.book import LoanEnded, OrderBook
from towerd.orders.claims import Purchase, ReturnedElsewhere
from towerd.orders.model import Loan, LoanState
from towerd.orders.payment import payment_reasons
from towerd.orders.rules import OrderRules

WITH_CUSTOMER = frozenset({"out", "due_soon", "overdue"})
"""States of a loan whose car is with the customer: until it is `returning`."""


def _loan(claims: Purchase | ReturnedElsewhere, book: OrderBook) -> Loan | Refusal:
    loan = book.loans.get(claims.order)
    if loan is None or loan.customer != claims.sub:
        return Refusal(("no_such_loan",), f"There is no loan {claims.order} of this customer.")
    if loan.state not in WITH_CUSTOMER:
        return Refusal(("too_late",), f"The loan is {loan.state}.")
    return loan


def _ended(loan: Loan, state: LoanState, now: datetime, reason: str | None, data: dict[str, Any]) -> LoanEnded:
    ended = replace(loan, state=state, ended_at=now, reason=reason)
    return LoanEnded(ended, data, {"order": loan.id, "state": state})


def decide_purchase(claims: Purchase, book: OrderBook, rules: OrderRules, now: datetime) -> LoanEnded | Refusal:
    """The car of a loan stays with its customer, also when overdue, once it is paid as the rules ask (4.4)."""
    loan = _loan(claims, book)
    if isinstance(loan, Refusal):
        return loan
    record = book.vehicles[loan.vehicle].record
    payment, drive = claims.payment, rules.for_model(record.make, record.model)
    reasons = (
        *(() if record.offers.get("purchase") else ("vehicle_unavailable",)),
        *payment_reasons(payment, claims.eligibility, drive, rules, now),
    )
    if reasons:
        return Refusal(reasons, "The car is not sold: " + ", ".join(reasons))
    return _ended(loan, "sold", now, None, payment.model_dump(mode="json"))


def decide_returned_elsewhere(claims: ReturnedElsewhere, book: OrderBook, now: datetime) -> LoanEnded | Refusal:
    """The car of a loan is back at another tower, whose dealer's `stock_in` has announced it there."""
    loan = _loan(claims, book)
    if isinstance(loan, Refusal):
        return loan
    if claims.tower == claims.aud:
        return Refusal(("malformed",), "A car that comes back to this tower is taken in here.")
    return _ended(loan, "returned_elsewhere", now, claims.tower, {"tower": claims.tower})
