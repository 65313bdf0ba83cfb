"""The bays, as everybody sees them and as technicians do. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from towerd.bays.model import BayBits, content, is_locked
from towerd.fsm.book import precedence
from towerd.fsm.remade import remade
from towerd.fsm.state import BayRecord, Tables
from towerd.orders.model import Order, Vehicle
from towerd.places import Place
from towerd.plc.snapshot import Identity, Snapshot, bays_of
from towerd.view import BayView, PlaceView

# plain numbers: see bays.model
_FAULT: Final = int(BayBits.FAULT)
_DISABLED: Final = int(BayBits.DISABLED)

Words = tuple[int, ...]
Vehicles = Mapping[str, Vehicle]
Records = Mapping[str, BayRecord]


@remade
def vehicles_by_place(vehicles: Vehicles) -> dict[Place, str]:
    """Which vehicle is where, by the books."""
    return {vehicle.place: vehicle.id for vehicle in vehicles.values()}


@remade
def _bays(
    identity: Identity, words: Words, records: Records, vehicles: Vehicles, orders: Mapping[str, Order]
) -> tuple[BayView, ...]:
    names = vehicles_by_place(vehicles)
    promised = [order for order in orders.values() if order.vehicle]
    # whose turn comes first is named
    reserved = {order.vehicle: order.id for order in sorted(promised, key=precedence, reverse=True)}
    found = []
    for place, word in bays_of(identity, words):
        record = records.get(str(place))
        vehicle = names.get(place)
        found.append(
            BayView(
                place=f"{place.floor}-{place.position}",
                quality="unknown" if record is not None and record.unknown else "good",
                occupied={"occupied": True, "empty": False}.get(content(word)),
                vehicle=vehicle,
                locked=is_locked(word),
                disabled=bool(word & _DISABLED),
                fault=bool(word & _FAULT),
                reserved_for=reserved.get(vehicle) if vehicle else None,
            )
        )
    return tuple(found)


@remade
def _places(identity: Identity, words: Words, records: Records, vehicles: Vehicles) -> tuple[PlaceView, ...]:
    names = vehicles_by_place(vehicles)
    found = []
    for place, word in bays_of(identity, words):
        record = records.get(str(place))
        found.append(
            PlaceView(
                place=f"{place.floor}-{place.position}",
                vehicle=names.get(place),
                sensors=content(word),
                unknown=record is not None and record.unknown,
                accepted=record is not None and record.accepted is not None,
                disabled=record is not None and record.disabled,
                plc_disabled=bool(word & _DISABLED),
                reason=record.reason if record else None,
            )
        )
    return tuple(found)


def bay_views(tables: Tables, machine: Snapshot) -> tuple[BayView, ...]:
    """Every bay with its vehicle, and the order that has it first."""
    return _bays(machine.identity, machine.bay_words, tables.bays, tables.vehicles, tables.open_orders)


def place_views(tables: Tables, machine: Snapshot | None) -> tuple[PlaceView, ...]:
    """Every bay as books, sensors, technician and PLC see it; none without a picture of the machine."""
    if machine is None:
        return ()
    return _places(machine.identity, machine.bay_words, tables.bays, tables.vehicles)
