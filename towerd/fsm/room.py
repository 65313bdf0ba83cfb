"""Which bays are large enough for a vehicle, by its record and by what was measured of it. Pure."""

from __future__ import annotations

from towerd.bays.sizes import Size, asks_size, known, largest, takes
from towerd.cabin.model import Cabin, Gauge
from towerd.fsm.turn import Turn
from towerd.orders.model import Vehicle
from towerd.places import CARRIAGE, Place
from towerd.plc.snapshot import Snapshot

_NOTHING = Size(0, 0, 0, 0)


def measured_in(shown: Cabin) -> Size | None:
    """What gauge and scales of a cabin say of the vehicle in it; None where it is not measured."""
    if Gauge.VALID not in shown.gauge:
        return None
    return Size(shown.length_mm, shown.width_mm, shown.height_mm, shown.mass_kg)


def _size_of(machine: Snapshot, vehicle: Vehicle | None) -> Size:
    limits = machine.identity
    tower = Size(limits.max_length_mm, limits.max_width_mm, limits.max_height_mm, limits.max_mass_kg)
    if vehicle is None:
        return tower
    record, place = vehicle.record, vehicle.place
    written = known(Size(record.length_mm, record.width_mm, record.height_mm, record.mass_kg), tower)
    seen = measured_in(machine.cabin(place.position)) if place.kind == "cabin" else vehicle.measured
    return largest(written, seen or _NOTHING)


def _home(turn: Turn, vehicle: Vehicle) -> Place | None:
    """The bay that a vehicle on the carriage was taken from: it has stood there, and nobody has changed it since."""
    if vehicle.place != CARRIAGE:
        return None
    jobs = (job for job in reversed(turn.tables.jobs.values()) if job.vehicle == vehicle.id)
    return next((job.source for job in jobs if job.source != CARRIAGE), None)


def has_room(turn: Turn, machine: Snapshot, place: Place, vehicle: Vehicle | None) -> bool:
    """Whether a bay is large enough for a vehicle; None: one of which nothing is known."""
    word, table = machine.bay_word(place.floor, place.position), turn.config.bay_sizes
    if not asks_size(word, table):
        return True
    if vehicle is not None and place == _home(turn, vehicle):
        return True
    return takes(word, table, _size_of(machine, vehicle))
