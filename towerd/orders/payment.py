"""How a vehicle is paid before it stays with a customer (orders-if.md 4.4). Pure; money in integer minor units."""

from __future__ import annotations

from datetime import datetime

from towerd.orders.claim_parts import Eligibility, Payment
from towerd.orders.eligibility import stale
from towerd.orders.rules import DriveRules, OrderRules


def payment_reasons(
    payment: Payment, claim: Eligibility | None, drive: DriveRules, rules: OrderRules, now: datetime
) -> tuple[str, ...]:
    """What stands against it: paid in full, or the least down payment, instalments for the rest, and the credit score.

    Without the platform's word on the customer nobody has a score. The price is the shop's, whose signature stands for it.
    """
    if payment.paid >= payment.price:
        return ()
    score = claim.credit_score if claim is not None else None
    small = payment.paid * 100 < payment.price * rules.down_payment_percent
    held = {
        "eligibility_stale": claim is not None and stale(claim, rules, now),
        # without an instalment the rest would never be paid
        "down_payment_too_small": small or payment.instalments == 0,
        "credit_too_low": score is None or score < drive.free_credit_score,
    }
    return tuple(reason for reason, holds in held.items() if holds)
