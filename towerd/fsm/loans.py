"""A car that has left: its order is handed over and its loan begins (orders-if.md 5.1, 5.2). Pure."""

from __future__ import annotations

from towerd.fsm.charts import LOAN, ORDER
from towerd.fsm.turn import Turn
from towerd.orders.model import Loan, Order
from towerd.places import OUT


def begin_loan(turn: Turn, order: Order) -> None:
    """The vehicle has left the cabin with its customer."""
    waited_s = (order.since_at - order.identified_at).total_seconds() if order.identified_at else None
    vehicle = turn.tables.vehicles[order.vehicle or ""]
    record = vehicle.record
    turn.put_vehicle(vehicle, place=OUT, condition="out")
    handed = turn.move_order(order, ORDER.next(order.state, "hand_over"))  # type: ignore[arg-type]
    data = {
        "vehicle": record.id,
        "make": record.make,
        "model": record.model,
        "waited_s": waited_s,
        "identified_by": order.identified_by,
        "liveness": order.liveness,
        "score": order.score,
    }
    turn.tell("order_handed_over", data, handed)
    if order.id not in turn.volatile.decisions:
        # opened by a process that has ended since: who drove off was not seen by this one (invariant 7)
        turn.tell("handed_over_unidentified", {"vehicle": record.id, "cabin": order.cabin}, handed)
    rules = turn.config.rules.for_model(record.make, record.model)
    due_at = turn.now + rules.drive
    state = LOAN.initial
    loan = Loan(order.id, order.customer, record.id, state, turn.now, due_at, order.number)  # type: ignore[arg-type]
    turn.put("loans", loan.id, loan)
    turn.tell("loan_out", {"vehicle": record.id, "due_back_s": rules.drive_s}, handed)
