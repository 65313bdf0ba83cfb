"""The cars that are being driven in, looked up. Pure; so that whoever decides about a cabin asks the same questions."""

from __future__ import annotations

from towerd.fsm.intake_row import Intake
from towerd.fsm.state import Tables


def intake_in(tables: Tables, number: int) -> Intake | None:
    """Whom cabin `number` is for, while a car is driven in there."""
    row = tables.intakes.get(number)
    return row if row is not None and row.open else None


def intake_of(tables: Tables, vehicle: str) -> Intake | None:
    """The cabin that a vehicle is driven into."""
    return next((row for row in tables.intakes.values() if row.open and row.vehicle == vehicle), None)


def is_taken_in(tables: Tables, vehicle: str) -> bool:
    """Whether a vehicle was accepted in its cabin and waits to be brought to a bay."""
    row = intake_of(tables, vehicle)
    return row is not None and row.state == "storing"


def bays_spoken_for(tables: Tables) -> int:
    """How many free bays others count on: cars that are being driven in, and those on the carriage and in cabins, which may
    have to go back.
    """
    inside = {vehicle.id for vehicle in tables.vehicles.values() if vehicle.place.kind in ("carriage", "cabin")}
    return len(inside | {row.vehicle for row in tables.intakes.values() if row.open})
