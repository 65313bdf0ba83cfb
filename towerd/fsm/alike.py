"""Selfies close to another waiting customer's: both orders need the code, as long as both are open (6.1). Pure.

The face worker compares; kept is only which order is like which, in the orders' rows.
"""

from __future__ import annotations

from dataclasses import replace

from towerd.fsm.face_events import FacesAlike
from towerd.fsm.turn import Turn
from towerd.orders.model import Order


def faces_alike(turn: Turn, event: FacesAlike) -> None:
    """Remember on both orders of each pair that they are alike; orders of one customer are one person."""
    for other_id in event.others:
        order, other = turn.tables.orders.get(event.order), turn.tables.orders.get(other_id)
        if order is None or other is None or order.customer == other.customer:
            continue
        if not (order.open and other.open) or other.id in order.alike:
            continue
        turn.put("orders", order.id, replace(order, alike=(*order.alike, other.id)))
        turn.put("orders", other.id, replace(other, alike=(*other.alike, order.id)))
        turn.tell("faces_alike", {"other": other.id}, order)


def like_another(turn: Turn, order: Order) -> str | None:
    """An order that waits whose selfie is close to this one's; None where there is none any more."""
    orders = turn.tables.orders
    return next((other for other in order.alike if other in orders and orders[other].open), None)
