"""A car that leaves with its customer: a loan begins, or its stay ends (orders-if.md 5.1). Pure."""

from __future__ import annotations

from towerd.fsm.changes import expected
from towerd.fsm.charts import ORDER
from towerd.fsm.forgetting import forget_vehicle
from towerd.fsm.loans import ENDED_ELSEWHERE, begin_loan
from towerd.fsm.turn import Turn
from towerd.orders.model import Order
from towerd.places import OUT


def hand_over(turn: Turn, order: Order) -> None:
    """The vehicle has left the cabin with its customer; whose test drive it is, has it on loan."""
    came = order.arrived_at is not None or order.identified_at is not None
    waited_s = round((order.since_at - order.waits_since_at).total_seconds(), 1) if came else None
    vehicle = turn.tables.vehicles[order.vehicle or ""]
    record = vehicle.record
    expected(turn, vehicle.place, None)
    turn.put_vehicle(vehicle, place=OUT, condition="out")
    handed = turn.move_order(order, ORDER.next(order.state, "hand_over"))  # type: ignore[arg-type]
    data = {
        **turn.car(record.id),
        "waited_s": waited_s,
        "identified_by": order.identified_by,
        "liveness": order.liveness,
        "score": order.score,
    }
    turn.tell("order_handed_over", data, handed)
    if order.id not in turn.volatile.decisions:
        # opened by a process that has ended since: who drove off was not seen by this one (invariant 7)
        turn.tell("handed_over_unidentified", {"vehicle": record.id, "cabin": order.cabin}, handed)
    if order.kind == "test_drive":
        begin_loan(turn, handed, vehicle)


def end_stay(turn: Turn, order: Order) -> None:
    """The order is over; a car that was collected or taken out is forgotten, and its tag may come in again.

    So is one whose loan has ended elsewhere while its cabin was still closing: `loan_leaves` has told it.
    """
    vehicle = turn.tables.vehicles.get(order.vehicle or "")
    loan = turn.tables.loans.get(order.id)
    lent = order.kind == "test_drive" and (loan is None or loan.state not in ENDED_ELSEWHERE)
    if lent or vehicle is None or vehicle.place != OUT:
        return
    forget_vehicle(turn, vehicle.id)
    if order.kind == "test_drive":
        return
    # a dealer answers for what is taken out; who collects a car is named by the order alone
    by = order.customer if order.kind == "stock_out" else None
    turn.tell("vehicle_stocked_out", {"vehicles": [vehicle.id], "by": by}, order)
