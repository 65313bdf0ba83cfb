"""What staff say of a vehicle, far away or on the spot: it holds wherever the vehicle is (orders-if.md 5.3). Pure."""

from __future__ import annotations

from collections.abc import Collection

from towerd.fsm.inventory import rest_condition
from towerd.fsm.loans import tell_condition
from towerd.fsm.manual_events import ConditionSet
from towerd.fsm.turn import Turn
from towerd.orders.conditions import REASONS, SetCondition, condition_denies
from towerd.orders.model import Vehicle


def set_condition(
    turn: Turn, vehicle: Vehicle, condition: SetCondition, reasons: Collection[str], *, by: str, note: str | None
) -> None:
    """From now on a vehicle rests as this. One that is out, or nobody knows where, is so once it is known to stand here.

    What towerd itself has against it (that a technician has driven it out, that it has no record) stays.
    """
    own = tuple(reason for reason in vehicle.reasons if reason not in REASONS)
    changed = turn.put_vehicle(vehicle, rests_as=condition, reasons=(*own, *reasons), kept_for=None)
    if changed.place.kind not in ("out", "unknown"):
        changed = turn.put_vehicle(changed, condition=rest_condition(turn, changed.id))
    tell_condition(turn, changed, by=by, note=note)


def condition_set(turn: Turn, event: ConditionSet) -> None:
    """A technician on the spot says so."""
    denied = condition_denies(event.vehicle, event.condition, event.reasons, turn.tables.vehicles)
    if denied is not None:
        turn.answer(event.reply, False, denied.reasons, {"text": denied.text})
        return
    vehicle = turn.tables.vehicles[event.vehicle]
    set_condition(turn, vehicle, event.condition, event.reasons, by=event.by, note=event.note)
    shown = turn.tables.vehicles[event.vehicle]
    turn.answer(event.reply, True, (), {"vehicle": shown.id, "condition": shown.condition, "rests_as": shown.rests_as})
