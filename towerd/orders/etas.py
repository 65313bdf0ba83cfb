"""When the customer of an order is expected (orders-if.md 3 `eta`). Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from towerd.errors import Refusal
from towerd.orders.book import EtaNoted, OrderBook
from towerd.orders.claims import Eta as EtaClaims
from towerd.orders.model import Eta
from towerd.orders.rules import OrderRules

_PAST: Final = timedelta(hours=1)
"""An arrival longer ago than a token may be old is no estimate."""


def decide_eta(claims: EtaClaims, book: OrderBook, rules: OrderRules, now: datetime) -> EtaNoted | Refusal:
    """The newest word on when the customer comes, by the token's own time; an older one changes nothing.

    `malformed` where the arrival lies out of reach, `too_late` once the customer has come or the order has ended.
    """
    order = book.orders.get(claims.order)
    if order is None or order.customer != claims.sub:
        return Refusal(("no_such_order",), f"There is no order {claims.order} of this customer.")
    if not now - _PAST <= claims.arrives_at <= now + timedelta(seconds=rules.max_ahead_s):
        return Refusal(("malformed",), "The arrival is out of reach.")
    if not order.open or order.has_come:
        return Refusal(("too_late",), f"The order is {order.state}.")
    said_at = datetime.fromtimestamp(claims.iat, UTC)
    if order.eta is None or said_at >= order.eta.said_at:
        order = replace(order, eta=Eta(claims.arrives_at, claims.sd_s, claims.source, said_at))
    return EtaNoted(order, {"order": order.id, "state": order.state})
