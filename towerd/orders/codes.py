"""Number and code at the kiosk: right, wrong, locked, ended (orders-if.md 6.2). Pure."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from towerd.errors import Refusal
from towerd.orders.model import Order
from towerd.orders.rules import OrderRules


@dataclass(frozen=True, slots=True)
class CodeMatch:
    """The code is that of `order`, which is given as it is to be kept: with its wrong codes forgotten."""

    order: Order


@dataclass(frozen=True, slots=True)
class CodeMismatch:
    """The code does not serve. `order`, where there is one, is to be kept: counted, perhaps locked or ended.

    Reasons: `wrong_number`, `wrong_code`, `code_locked`, `order_failed`.
    """

    refusal: Refusal
    order: Order | None = None


def _count_wrong(order: Order, rules: OrderRules, now: datetime) -> CodeMismatch:
    wrong = order.wrong_codes + 1
    counted = replace(order, wrong_codes=wrong)
    if wrong >= rules.wrong_codes_end:
        ended = replace(counted, state="failed", reason="wrong_codes", since_at=now, ended_at=now)
        return CodeMismatch(Refusal(("order_failed",), "Too many wrong codes: the shop must send a new order."), ended)
    if wrong % rules.wrong_codes_lock == 0:
        locked = replace(counted, code_locked_until_at=now + timedelta(seconds=rules.code_lock_s))
        return CodeMismatch(Refusal(("code_locked",), "Too many wrong codes. The face still serves."), locked)
    return CodeMismatch(Refusal(("wrong_code",), "Number or code is wrong."), counted)


def decide_code(
    number: str, code_mac: str, orders: Mapping[str, Order], rules: OrderRules, now: datetime
) -> CodeMatch | CodeMismatch:
    """Whether number and code belong together. A locked code is not even compared, nor counted (6.2)."""
    order = next((order for order in orders.values() if order.open and order.number == number), None)
    if order is None:
        return CodeMismatch(Refusal(("wrong_number",), "Number or code is wrong."))
    if order.code_locked_until_at is not None and order.code_locked_until_at > now:
        return CodeMismatch(Refusal(("code_locked",), "Too many wrong codes. The face still serves."))
    if not order.code_mac or not hmac.compare_digest(order.code_mac, code_mac):
        return _count_wrong(order, rules, now)
    return CodeMatch(replace(order, wrong_codes=0, code_locked_until_at=None))
