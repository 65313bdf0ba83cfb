"""How orders end otherwise than by hand-over, and what they hold then becomes (orders-if.md 5.1). Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from towerd.cabin.model import DoorState
from towerd.fsm.book import orders_of
from towerd.fsm.charts import ORDER
from towerd.fsm.decision import forget_decision
from towerd.fsm.forgetting import forget_vehicle
from towerd.fsm.intake_book import intake_of
from towerd.fsm.inventory import note_orders, rest_condition
from towerd.fsm.state import Tables
from towerd.fsm.turn import Turn
from towerd.orders.model import AT_THE_GATE, Order, OrderState, Vehicle
from towerd.places import OUT, UNKNOWN
from towerd.plc.codes import Code
from towerd.plc.snapshot import cabin_unit


def lost_vehicle(tables: Tables, order: Order) -> Vehicle | None:
    """The vehicle of an order where nobody knows its place; else None."""
    vehicle = tables.vehicles.get(order.vehicle or "")
    return vehicle if vehicle is not None and vehicle.place == UNKNOWN else None


def door_works(turn: Turn, number: int) -> bool:
    """Whether a command to the outer door of a cabin has not been seen to end.

    Doors and mailboxes come in two reads: the door may show open, and the cabin's epoch moved by it, before the command
    shows done. Nobody has come or gone for that.
    """
    step = turn.tables.steps.get(cabin_unit(number))
    return step is not None and step.open and step.code == Code.OUTER_DOOR


def door_opens(turn: Turn, order: Order) -> bool:
    """Whether the outer door opens or stands open for the order, by what was commanded and by what is seen.

    Where nobody sees it, it may stand open, unless the vehicle is known to be elsewhere: nothing of a hand-over ends unseen.
    """
    if order.cabin is None:
        return False
    if door_works(turn, order.cabin):
        return True
    if turn.snapshot is None:
        vehicle = turn.tables.vehicles.get(order.vehicle or "")
        return vehicle is None or vehicle.place.kind not in ("bay", "carriage")
    return turn.snapshot.cabin(order.cabin).outer_door is not DoorState.CLOSED


def may_end(turn: Turn, order: Order, trigger: str) -> bool:
    """Whether an order may end by `trigger` (cancel, miss, fail): never once the outer door opens for its customer, nor while
    the vehicle that it announced is being driven in.
    """
    driven_in = order.kind == "stock_in" and intake_of(turn.tables, order.vehicle or "") is not None
    return ORDER.allows(order.state, trigger) and not driven_in and not door_opens(turn, order)


def release(turn: Turn, order: Order) -> None:
    """What an order held is free again: its vehicle, and its face a day later (orders-if.md 7.1)."""
    vehicle = turn.tables.vehicles.get(order.vehicle or "")
    if vehicle is not None and order.kind == "stock_in" and vehicle.place == OUT:
        # announced, and never brought
        forget_vehicle(turn, vehicle.id)
    elif vehicle is not None and not _is_anothers(turn, vehicle):
        if vehicle.condition == "moving":
            turn.put_vehicle(vehicle, condition=rest_condition(turn, vehicle.id))
        note_orders(turn, vehicle.id)
    for job in tuple(turn.tables.jobs.values()):
        if job.order == order.id and job.state == "running":
            turn.put("jobs", job.id, replace(job, state="cancelled", ended_at=turn.now))
    forget_decision(turn, order)
    face = turn.tables.faces.get(order.id)
    if face is not None:
        kept = timedelta(seconds=turn.config.face_key_kept_s)
        turn.put("faces", order.id, replace(face, destroy_at=turn.now + kept))


def _is_anothers(turn: Turn, vehicle: Vehicle) -> bool:
    """Whether another order has the vehicle, whoever else may have it later."""
    return any(order.state in AT_THE_GATE for order in orders_of(turn.tables, vehicle.id))


def end_order(turn: Turn, order: Order, state: OrderState, reason: str | None, **values: object) -> None:
    """End an order otherwise than by hand-over, with other fields changed, and tell it."""
    ended = turn.move_order(order, state, reason=reason, **values)
    # a car that was announced and never brought is forgotten with its order
    data = {"reason": reason, **turn.car(ended.vehicle)}
    release(turn, ended)
    turn.tell(f"order_{state}", data, ended)  # type: ignore[arg-type]
