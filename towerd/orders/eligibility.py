"""Whether a customer may drive: every reason that stands against it (orders-if.md 4.4). Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from towerd.orders.book import OrderBook
from towerd.orders.claim_parts import Eligibility
from towerd.orders.model import Loan, Order
from towerd.orders.rules import DriveRules, OrderRules

LOAN_ENDED = frozenset({"returned", "sold", "returned_elsewhere"})


def known_trials(book: OrderBook, customer: str, handle: str, since_at: datetime) -> int:
    """Test drives of `customer` that this tower knows: begun since `since_at`, or still to come.

    Those of before the customer was forgotten are counted under `handle` (7.3).
    """
    forgotten = book.drives.get(handle)
    before = [at for at in forgotten.begun_at if at >= since_at] if forgotten is not None else []
    drives = {loan.id for loan in book.loans.values() if loan.customer == customer and loan.out_since_at >= since_at}
    drives |= {order.id for order in book.open_orders.values() if _still_to_come(book, order, customer)}
    return len(drives) + len(before)


def _still_to_come(book: OrderBook, order: Order, customer: str) -> bool:
    # from the hand-over on the loan tells, also where it has ended before the empty cabin is shut
    return order.customer == customer and order.kind == "test_drive" and order.id not in book.loans


def _is_out(loan: Loan, customer: str) -> bool:
    return loan.customer == customer and loan.state not in LOAN_ENDED


def cars_of(book: OrderBook, customer: str) -> int:
    """Cars that `customer` has out, and those of open test drives."""
    ids = {loan.id for loan in book.loans.values() if _is_out(loan, customer)}
    return len(ids | {order.id for order in book.open_orders.values() if _still_to_come(book, order, customer)})


def stale(claim: Eligibility, rules: OrderRules, now: datetime) -> bool:
    """Whether the platform's word on a customer is too old, or of a time that is still to come."""
    age_s = (now - claim.as_of).total_seconds()
    return age_s > rules.eligibility_age_s or age_s < -rules.clock_leeway_s


def _fee_due(claim: Eligibility, drive: DriveRules) -> bool:
    free = claim.member and claim.credit_score is not None and claim.credit_score >= drive.free_credit_score
    return not free and not claim.fee_paid


def drive_reasons(
    claim: Eligibility, due_at: datetime, drive: DriveRules, rules: OrderRules, now: datetime
) -> tuple[str, ...]:
    """What the claim itself says against a test drive that is due back at `due_at`."""
    held = {
        "eligibility_stale": stale(claim, rules, now),
        "not_eligible": not claim.identity_checked,
        "licence_missing": claim.licence_until is None or claim.licence_until <= due_at.date(),
        "fee_missing": _fee_due(claim, drive),
        "deposit_missing": claim.deposit is None or not claim.deposit.paid,
    }
    return tuple(reason for reason, holds in held.items() if holds)


def collect_reasons(claim: Eligibility, until_at: datetime, rules: OrderRules, now: datetime) -> tuple[str, ...]:
    """What the claim says against whoever drives a bought car off, at the latest at `until_at`."""
    held = {
        "eligibility_stale": stale(claim, rules, now),
        "not_eligible": not claim.identity_checked,
        "licence_missing": claim.licence_until is None or claim.licence_until < until_at.date(),
    }
    return tuple(reason for reason, holds in held.items() if holds)


def history_reasons(
    claim: Eligibility, customer: str, handle: str, book: OrderBook, rules: OrderRules, now: datetime
) -> tuple[str, ...]:
    """What the claim and the tower's own knowledge say of drives before and of cars out, the larger counts."""
    since_at = now - timedelta(seconds=rules.trial_window_s)
    trials = max(claim.test_drives_60_days, known_trials(book, customer, handle, since_at))
    has_car = claim.cars_out >= 1 or cars_of(book, customer) >= rules.open_drives_per_customer
    held = {"trial_limit": trials >= rules.trial_limit, "customer_has_a_car": has_car}
    return tuple(reason for reason, holds in held.items() if holds)
