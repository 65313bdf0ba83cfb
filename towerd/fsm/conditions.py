"""What staff say of a vehicle, far away or on the spot: it holds wherever the vehicle is (orders-if.md 5.3). Pure."""

from __future__ import annotations

from collections.abc import Collection

from towerd.fsm.inventory import rest_condition
from towerd.fsm.loans import tell_condition
from towerd.fsm.manual_events import ConditionSet
from towerd.fsm.turn import Turn
from towerd.orders.conditions import REASONS, SetCondition, condition_denies
from towerd.orders.model import Vehicle
from towerd.orders.release import RULE


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


def release_by_rule(turn: Turn) -> None:
    """A car that came back and has nothing against it by the site's rule is free once it has left the cabin, be it that a report
    has said so only now. `set_condition` by staff has taken every other from the rule.
    """
    if not (turn.config.rules.release.by_rule and turn.touched("vehicles")):
        return
    for vehicle in tuple(turn.tables.vehicles.values()):
        if vehicle.kept_for == () and vehicle.place.kind in ("carriage", "bay"):
            set_condition(turn, vehicle, "available", (), by=RULE, note=None)


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
