"""What a tower's answers, topics and events do to an order's row. Pure.

An end is final: an answer or a message that comes late changes nothing any more. What the tower shows of an order
outranks a refusal of a repeated token, which only says that the repeat came too late (orders-if.md 3.4, 4.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from simulator.shop.model import ORDER_ENDED
from simulator.shop.rows import OrderRow

LOAN_ENDED: Final = frozenset({"returned", "sold", "returned_elsewhere"})
_FINAL: Final = ORDER_ENDED - {"refused"}
"""A tower that shows an order has not refused it, whatever it said to a repeat."""
_TOLD_ENDS: Final = {f"order_{state}": state for state in _FINAL}
_TOLD_LOANS: Final = {f"loan_{state}": state for state in ("out", *LOAN_ENDED)}


def is_open(row: OrderRow) -> bool:
    """Whether the order has not ended."""
    return row.state not in ORDER_ENDED


def has_car(row: OrderRow) -> bool:
    """Whether a customer's car of this order is out, or still to come: accepted, asked for, or lent, wherever it is."""
    if row.kind != "test_drive":
        return False
    return is_open(row) if row.loan_state is None else row.loan_state not in LOAN_ENDED


def answered(row: OrderRow, answer: Mapping[str, Any]) -> OrderRow:
    """The tower's answer to the order itself."""
    if not answer["ok"]:
        refused = replace(row, state="refused", since=answer["at"], reasons=" ".join(answer["reasons"]))
        return refused if row.state == "asked" else row
    result = answer["result"]
    kept = replace(row, number=result["number"], code_only=result.get("code_only"))
    if kept.state == "asked":
        kept = replace(kept, state=result["state"], since=answer["at"])
    return _with_slot(replace(kept, vehicle=kept.vehicle or result.get("vehicle")), result.get("slot"))


def _with_slot(row: OrderRow, slot: Mapping[str, str] | None) -> OrderRow:
    return row if slot is None else replace(row, slot_from=slot["from"], slot_until=slot["until"])


def shown(row: OrderRow, body: Mapping[str, Any]) -> OrderRow:
    """Topic `order/{id}`."""
    if row.state in _FINAL:
        return row
    now = replace(row, state=body["state"], since=body["since"], reasons=body["reason"] or "")
    return _followed(_with_slot(replace(now, vehicle=body["vehicle"] or row.vehicle), body["slot"]))


def _followed(row: OrderRow) -> OrderRow:
    """A code serves no more at the end of its order; a test drive whose car has left the cabin is a loan, before the
    loan itself is heard of (5.1).
    """
    if row.state in _FINAL:
        row = replace(row, code=None)
    if row.kind == "test_drive" and row.loan_state is None and row.state in ("handed_over", "completed"):
        return replace(row, loan_state="out", out_since=row.since)
    return row


def lent(row: OrderRow, body: Mapping[str, Any]) -> OrderRow:
    """Topic `loan/{id}`."""
    if row.loan_state in LOAN_ENDED:
        return row
    times = {"out_since": body["out_since"], "due_back": body["due_back"]}
    return replace(row, loan_state=body["state"], vehicle=body["vehicle"], **times)


def happened(event: Mapping[str, Any]) -> str:
    """What an event about an order tells: its type; that a car is late is told by another event of the same type."""
    late = event["type"] == "order_awaiting_stock" and event["data"]["late"]
    return "order_late" if late else str(event["type"])


def told(row: OrderRow, event: Mapping[str, Any]) -> OrderRow:
    """An `event` about the order: how long it waits, its ends, and the beginning and ends of its loan; topics tell the rest."""
    kind, data = event["type"], event["data"]
    if kind == "order_awaiting_stock":
        return replace(row, wait_until=data["wait_until"] or row.wait_until, late=data["late"])
    if kind in _TOLD_ENDS and row.state not in _FINAL:
        return _followed(replace(row, state=_TOLD_ENDS[kind], since=event["at"], reasons=data.get("reason") or ""))
    if kind not in _TOLD_LOANS or row.loan_state in LOAN_ENDED:
        return row
    if kind == "loan_out":
        vehicle = data["vehicle"]
        first = {} if row.out_since else {"out_since": event["at"]}
        return replace(row, loan_state=row.loan_state or "out", vehicle=vehicle, **first)
    return replace(row, loan_state=_TOLD_LOANS[kind])
