"""What technicians say of places: what stands there, and that the planner keeps off. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from towerd.fsm.hand import Denied, refuse
from towerd.fsm.inventory import accept_reading, forget_unknown, rest_condition, vehicle_at
from towerd.fsm.jobs_by_hand import moving_denies
from towerd.fsm.lease import lease_denies, renew
from towerd.fsm.manual import link_denies
from towerd.fsm.manual_events import BayServiceChanged, PlaceSet
from towerd.fsm.outside_by_hand import back_denies, car_outside
from towerd.fsm.state import BayRecord
from towerd.fsm.turn import Turn
from towerd.jobs.transfer import content_of
from towerd.places import CARRIAGE, OUT, UNKNOWN, Place
from towerd.plc.snapshot import Snapshot

_NO_PLACE = "Bays are written 2-3, cabins cabin:1, and there are the carriage and, for a car that is outside, out."
_LOAD_DISAGREE = 16


def _place_denies(turn: Turn, place: Place, kinds: tuple[str, ...]) -> Denied | None:
    machine = turn.snapshot
    if machine is None or place.kind not in kinds:
        return Denied("no_place", f"{place} cannot be set", _NO_PLACE)
    try:
        if place != OUT:
            content_of(machine, place)
    except IndexError:
        return Denied("no_place", f"there is no {place}", _NO_PLACE)
    return None


def _content_denies(turn: Turn, event: PlaceSet) -> Denied | None:
    machine = turn.snapshot
    if event.vehicle is not None and event.vehicle not in turn.tables.vehicles:
        cure = "towerctl status lists the vehicles; towerd stock import brings in a new one."
        return Denied("no_such_vehicle", f"the tower knows no vehicle {event.vehicle}", cure)
    back = back_denies(turn, event.vehicle, event.place) if event.vehicle is not None and not event.override else None
    if back is not None:
        return back
    wanted = "empty" if event.vehicle is None else "occupied"
    if machine is None or content_of(machine, event.place) == wanted:
        return None
    if event.place == CARRIAGE and event.vehicle is None and _surely_loaded(machine):
        cure = "towerctl bay set carriage VEHICLE says which car it is; fork put takes it off, in Manual."
        return Denied("carriage_loaded", "both sensors of the carriage see a car, and no alarm says they fail", cure)
    if not event.override:
        text = f"the sensors of {event.place} say {content_of(machine, event.place)}"
        return Denied("sensors_disagree", text, "Look again. Where a sensor is wrong: --override, with the reason.")
    return None


def _surely_loaded(machine: Snapshot) -> bool:
    """Whether nobody's word makes the carriage empty: it would fetch another car with one on it."""
    return machine.load.state == "loaded" and _LOAD_DISAGREE not in machine.alarms.active


def place_set(turn: Turn, event: PlaceSet) -> None:
    """Write down what stands in a place, as a technician saw it. Whoever stood there by the books is unknown then."""
    denied = link_denies(turn) or lease_denies(turn, event.by)
    denied = denied or _place_denies(turn, event.place, ("bay", "cabin", "carriage", "out")) or moving_denies(turn)
    if denied is None:
        denied = car_outside(turn, event) if event.place == OUT else _content_denies(turn, event)
    if denied is not None:
        refuse(turn, event.reply, denied)
        return
    renew(turn, event.by)
    if event.place != OUT:
        _stands_there(turn, event)


def _stands_there(turn: Turn, event: PlaceSet) -> None:
    before = vehicle_at(turn.tables, event.place)
    if before is not None and before.id != event.vehicle:
        turn.put_vehicle(before, place=UNKNOWN, condition="unknown")
    if event.vehicle is not None:
        vehicle = turn.tables.vehicles[event.vehicle]
        turn.put_vehicle(vehicle, place=event.place, condition=rest_condition(turn, vehicle.id))
    forget_unknown(turn, event.place)
    accept_reading(turn, event.place, occupied=event.vehicle is not None)
    told: dict[str, Any] = {
        "place": str(event.place),
        "vehicle": event.vehicle,
        "before": before.id if before else None,
    }
    told |= {"reason": event.reason, "by": event.by, "override": event.override}
    turn.tell("manual_intervention", told)
    turn.set(places_checked=False)
    turn.answer(event.reply, True, (), told)


def bay_service_changed(turn: Turn, event: BayServiceChanged) -> None:
    """Keep the planner from a bay, or give it back. That the PLC's panel disables one is another thing."""
    denied = link_denies(turn) or lease_denies(turn, event.by) or _place_denies(turn, event.place, ("bay",))
    if denied is not None:
        refuse(turn, event.reply, denied)
        return
    renew(turn, event.by)
    known = turn.tables.bays.get(str(event.place)) or BayRecord(event.place)
    changed = replace(known, disabled=event.disabled, reason=event.reason if event.disabled else known.reason)
    if changed.unknown or changed.accepted is not None or changed.disabled:
        turn.put("bays", str(event.place), changed)
    else:
        turn.drop("bays", str(event.place))
    told = {"place": str(event.place), "disabled": event.disabled, "reason": event.reason, "by": event.by}
    turn.tell("manual_intervention", told)
    turn.answer(event.reply, True, (), told)
