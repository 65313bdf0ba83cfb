"""Two named people who have seen a customer's identity papers stand for the code (orders-if.md 6.3). Pure.

Each says so with a command of one's own; nobody names another. One of them is a technician. What the first has said dies
with the process, and counts for as long as a decision about a person does.
"""

from __future__ import annotations

from towerd.errors import Refusal
from towerd.fsm.book import in_time
from towerd.fsm.face_events import CustomerVouchedFor
from towerd.fsm.identity import WAITING, identify
from towerd.fsm.state import IdentityDecision, Vouched
from towerd.fsm.turn import Turn
from towerd.orders.model import Order


def _order_of(turn: Turn, name: str) -> Order | Refusal:
    tables = turn.tables
    named = tables.orders.get(name)
    order = named or next((one for one in tables.open_orders.values() if one.number == name), None)
    if order is None:
        return Refusal(("no_such_order",), f"No open order has the number or id {name}.")
    if order.state not in WAITING:
        return Refusal(("too_late",), f"The order is {order.state}: nobody is asked for any more.")
    if not in_time(turn, order):
        return Refusal(("too_early",), "The slot has not begun.")
    return order


def _first(turn: Turn, order: Order) -> Vouched | None:
    """Who has vouched for the customer already, and not too long ago."""
    before = turn.volatile.vouched.get(order.id)
    return before if before is not None and _counts(turn, before) else None


def _counts(turn: Turn, said: Vouched) -> bool:
    return turn.mono_s - said.mono_s < turn.config.decision_age_s


def _second_denied(first: Vouched, event: CustomerVouchedFor) -> Refusal | None:
    if first.by == event.by:
        return Refusal(("same_person",), f"{event.by} has said so already: another named person is needed.")
    if not (first.technician or event.technician):
        return Refusal(("technician_needed",), f"Neither {first.by} nor {event.by} is a technician.")
    return None


def customer_vouched_for(turn: Turn, event: CustomerVouchedFor) -> None:
    """Remember the first person's word; the second's identifies the customer. Both are told, and in the audit log, by name."""
    order = _order_of(turn, event.order)
    first = _first(turn, order) if isinstance(order, Order) else None
    denied = _second_denied(first, event) if first is not None else None
    refused = order if isinstance(order, Refusal) else denied
    if refused is not None:
        turn.answer(event.reply, False, refused.reasons, {"text": refused.text})
        return
    assert isinstance(order, Order)
    others = {key: row for key, row in turn.volatile.vouched.items() if key != order.id and _counts(turn, row)}
    if first is None:
        said = Vouched(event.by, event.technician, event.saw, turn.mono_s)
        turn.set(vouched={**others, order.id: said})
        turn.tell("manual_intervention", {"by": event.by, "vouches": event.saw}, order)
        text = f"Now another named person: towerctl vouch {order.number} --saw …, within {turn.config.decision_age_s:.0f} s."
        turn.answer(event.reply, True, (), {"order": order.id, "state": order.state, "text": text})
        return
    turn.set(vouched=others)
    data = {"by": event.by, "saw": event.saw, "with": first.by, "with_saw": first.saw}
    turn.tell("order_vouched", data, order)
    order = identify(turn, order, IdentityDecision(order.id, "papers", turn.mono_s, "not_checked", None))
    turn.answer(event.reply, True, (), {"order": order.id, "state": order.state, "vehicle": order.vehicle})
