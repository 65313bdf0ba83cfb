"""A dealer who has come with an announced vehicle: a cabin opens, and the order follows the car (orders-if.md 5.1, 6.4). Pure."""

from __future__ import annotations

from towerd.errors import Refusal
from towerd.fsm.acting import wait_for
from towerd.fsm.cabin_for import cabin_for
from towerd.fsm.charts import ORDER
from towerd.fsm.decision import decision_holds, forget_decision
from towerd.fsm.intake_book import intake_of
from towerd.fsm.intake_row import Intake
from towerd.fsm.order_ends import end_order, release
from towerd.fsm.turn import Turn
from towerd.orders.choice import HERE
from towerd.orders.model import Order
from towerd.places import OUT


def run_stock_in(turn: Turn) -> None:
    """Open a cabin for each dealer who has typed number and code, as soon as one is free; see each car that stands inside."""
    orders = turn.tables.open_orders.values()
    for order in [one for one in orders if one.kind == "stock_in" and one.state in ("identified", "storing")]:
        _see_to(turn, order)


def _see_to(turn: Turn, order: Order) -> None:
    vehicle = turn.tables.vehicles[order.vehicle or ""]
    row = intake_of(turn.tables, vehicle.id)
    if order.state == "storing":
        if row is None:
            _end(turn, order, vehicle.place.kind)
    elif vehicle.place.kind in HERE:
        # driven in, or found to stand in the tower in another way: no cabin opens for it any more
        turn.move_order(order, ORDER.next(order.state, "store"))  # type: ignore[arg-type]
        turn.tell("vehicle_stocked_in", {"vehicles": [vehicle.id], "by": order.customer}, order)
    elif row is None and not decision_holds(turn, order):
        turn.move_order(order, ORDER.next(order.state, "turn_away"))  # type: ignore[arg-type]
    elif row is None and vehicle.place == OUT:
        _open(turn, order)


def _open(turn: Turn, order: Order) -> None:
    vehicle = turn.tables.vehicles[order.vehicle or ""]
    number = cabin_for(turn, vehicle, None)
    if isinstance(number, Refusal):
        wait_for(turn, f"order {order.number}: {number.text}")
        return
    row = Intake(number, "stock", order.id, vehicle.id, order.customer, "opening", turn.now, turn.now)
    turn.put("intakes", number, row)
    # another try takes the code once more
    forget_decision(turn, order)
    turn.tell("manual_intervention", {"drive_in": vehicle.id, "for": "stock", "cabin": number, "by": order.customer})


def _end(turn: Turn, order: Order, kind: str) -> None:
    if kind not in HERE:
        end_order(turn, order, "failed", "vehicle_unavailable")
        return
    done = turn.move_order(order, ORDER.next(order.state, "complete"))  # type: ignore[arg-type]
    release(turn, done)
    turn.tell("order_completed", turn.car(order.vehicle), done)
