"""Which bays are large enough for which vehicle."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    CABIN_1,
    EMPTY_LOCKED,
    HOME_BAY,
    config,
    job,
    machine,
    state_of,
    tables_of,
    turn_of,
    vehicle,
    with_bay,
    with_cabin,
    with_cabin_vehicle,
    with_load,
)
from towerd.bays.sizes import Size
from towerd.cabin.model import Gauge
from towerd.fsm.room import has_room, measured_in
from towerd.orders.model import Vehicle
from towerd.places import CARRIAGE, Place, bay
from towerd.plc.snapshot import Snapshot

LOW, HIGH = Size(5200, 2000, 1600, 2500), Size(5300, 2100, 2200, 3500)
LIMITS = {"max_length_mm": 5300, "max_width_mm": 2100, "max_height_mm": 2200, "max_mass_kg": 3500}
BASE = machine()
MIXED = with_bay(replace(BASE, identity=replace(BASE.identity, **LIMITS)), 3, 1, EMPTY_LOCKED | 1 << 8)
LOW_BAY, HIGH_BAY = bay(3, 2), bay(3, 1)
MEASURED = {"gauge": Gauge.VALID, "length_mm": 4300, "width_mm": 1800, "height_mm": 1950, "mass_kg": 1500}


def rooms(car: Vehicle | None, seen: Snapshot = MIXED, table: Any = (LOW, HIGH), **rows: Any) -> tuple[bool, bool]:
    """Whether there is room in a low and in a high bay."""
    tables = tables_of(vehicles=[car] if car else [], **rows)
    t = turn_of(state_of(seen, tables), settings=config(bay_sizes=table))
    return has_room(t, seen, LOW_BAY, car), has_room(t, seen, HIGH_BAY, car)


def high(place: Place = HOME_BAY, **values: Any) -> Vehicle:
    car = vehicle(place=place, **values)
    return replace(car, record=replace(car.record, height_mm=1900))


def test_a_car_by_its_record() -> None:
    assert rooms(vehicle()) == (True, True)
    assert rooms(high()) == (False, True)


def test_a_car_of_which_nothing_is_known_goes_where_anything_goes() -> None:
    assert rooms(None) == (False, True)
    blank = vehicle()
    assert rooms(replace(blank, record=replace(blank.record, height_mm=0))) == (False, True)


def test_without_a_table_classes_are_not_used() -> None:
    assert rooms(high(), table=()) == (True, False), "a class other than 0 says that something is different there"


def test_what_stands_on_the_roof_counts() -> None:
    assert rooms(vehicle(measured=Size(4300, 1800, 1950, 1500))) == (False, True)
    seen = with_cabin(with_cabin_vehicle(MIXED, 1), 1, **MEASURED)
    assert rooms(vehicle(place=CABIN_1), seen) == (False, True)
    unseen = with_cabin(seen, 1, gauge=Gauge(0))
    assert rooms(vehicle(place=CABIN_1), unseen) == (True, True)
    assert measured_in(unseen.cabin(1)) is None


@pytest.mark.parametrize(
    ("place", "jobs", "room"),
    [
        (CARRIAGE, [job(1, LOW_BAY)], True),
        (CARRIAGE, [job(1, LOW_BAY), job(2, CARRIAGE)], True),
        (CARRIAGE, [job(1, LOW_BAY), job(2, CABIN_1)], False),
        (CARRIAGE, [], False),
        (HOME_BAY, [job(1, LOW_BAY)], False),
    ],
)
def test_where_it_was_taken_from_it_fits_again(place: Place, jobs: list[Any], room: bool) -> None:
    seen = with_load(MIXED) if place == CARRIAGE else MIXED
    assert rooms(high(place), seen, jobs=jobs)[0] is room
