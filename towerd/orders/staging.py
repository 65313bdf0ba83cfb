"""When the car of a customer who is on the way should stand in a cabin (orders-if.md 3 `eta`, 5.1 `staged`). Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from towerd.orders.model import Order, Slot
from towerd.orders.rules import OrderRules

_SDS: Final = 2.0
"""So many standard deviations before the expected arrival the car is there: in time for 97 of 100 customers."""


def _wanted_at(order: Order, slot: Slot, rules: OrderRules) -> datetime | None:
    ahead = timedelta(seconds=rules.stage_ahead_s)
    if order.eta is not None:
        return order.eta.arrives_at - ahead - timedelta(seconds=_SDS * order.eta.sd_s)
    # who has ordered for now, or waits for a car that is late, is not known to be on the way: the face brings the car
    on_the_way = slot.from_at > order.accepted_at and not order.late_told
    return slot.from_at - ahead if on_the_way else None


def stands_from_at(order: Order, rules: OrderRules, early_s: float) -> datetime | None:
    """From when on an order's car should wait in a cabin for its customer; None for one that is not brought forward.

    By the newest word on the arrival, else by the slot; not before the order may be collected, and once only.
    """
    slot = order.slot
    due = rules.stage and order.state == "accepted" and order.kind != "stock_in" and order.brought_at is None
    wanted_at = _wanted_at(order, slot, rules) if due and slot is not None else None
    if wanted_at is None or slot is None:
        return None
    at = max(wanted_at, slot.from_at - timedelta(seconds=early_s))
    return at if at < slot.until_at else None
