"""A car never goes into a bay that is too small for it, and leaves the large ones to those that need them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.scenario.tower import Tower, car, record, small_tower
from tests.support.sync_tower import SyncTower
from towerd.bays.sizes import Size
from towerd.fsm import events as ev
from towerd.fsm.moves_events import MoveRequested
from towerd.fsm.reply import ReplyTo
from towerd.orders.stock import parse_record
from towerd.places import Place, bay

API = ReplyTo("api", "1")
LOW, HIGH = Size(5200, 2000, 1600, 2500), Size(5200, 2000, 2100, 3000)
HIGH_BAYS = (bay(1, 1), bay(3, 4))


def stocked(height_mm: int) -> SyncTower:
    """v_0007, so high, stands in the high bay 1-1; 3-4 is the only other one. v_0042 stands in 2-3."""
    tower = Tower(small_tower(speed_up=8.0), stock=((bay(2, 3), 42), (bay(1, 1), 7)))
    tower.core = replace(tower.core, bay_sizes=(LOW, HIGH))
    for place in HIGH_BAYS:
        tower.simulator.plant.bays[tower.simulator.plant.layout.bay_index(place.floor, place.position)].size_class = 1
    assert car(7).height_mm < LOW.height_mm
    sync = SyncTower(lambda *_: None, tower)
    sync.tick(3.0)
    entries = (
        ev.StockEntry(parse_record(record(7, height_mm=height_mm)), bay(1, 1)),
        ev.StockEntry(parse_record(record(42)), bay(2, 3)),
    )
    sync.take(ev.StockImported(entries, "ada", API))
    sync.tick(12.0)
    return sync


def until(sync: SyncTower, happens: Callable[[], bool]) -> None:
    for _ in range(900):
        if happens():
            return
        sync.simulator.press_clear(1)
        sync.tick()
    raise AssertionError(f"never; {sync.state.volatile.doing}, {sync.state.tables.jobs}")


def place_of(sync: SyncTower, vehicle: str = "v_0007") -> Place:
    return sync.state.tables.vehicles[vehicle].place


def brought(sync: SyncTower) -> None:
    sync.take(MoveRequested("bring", "v_0007", None, "ada", API))
    until(sync, lambda: place_of(sync).kind == "cabin" and not sync.state.tables.steps["CARRIAGE"].open)
    sync.tick(5.0)


@pytest.mark.parametrize(("height_mm", "bays"), [(1900, HIGH_BAYS), (1482, None)])
def test_it_goes_back_where_it_fits(height_mm: int, bays: tuple[Place, ...] | None) -> None:
    sync = stocked(height_mm)
    brought(sync)
    sync.take(MoveRequested("put_back", "v_0007", None, "ada", API))
    until(sync, lambda: place_of(sync).kind == "bay")
    assert (place_of(sync) in HIGH_BAYS) is (bays is not None)


def test_a_load_on_the_roof_is_measured_and_counts() -> None:
    sync = stocked(1482)
    brought(sync)
    booth = sync.simulator.plant.booths[0]
    assert booth.car is not None
    booth.car = replace(booth.car, height_mm=1950)
    sync.simulator.plant.touch()
    sync.tick(1.0)
    sync.take(MoveRequested("put_back", "v_0007", None, "ada", API))
    until(sync, lambda: place_of(sync).kind == "bay")
    assert place_of(sync) in HIGH_BAYS
    sync.take(MoveRequested("move", "v_0007", bay(2, 1), "ada", API))
    assert sync.answers[-1].reasons == ("bay_too_small",), "it is remembered"


def test_where_no_bay_is_large_enough_it_stays_and_says_why() -> None:
    sync = stocked(1900)
    sync.simulator.inject("bay_disabled", bay="3-4")
    brought(sync)
    sync.simulator.inject("bay_disabled", bay="1-1")
    sync.tick(1.0)
    sync.take(MoveRequested("put_back", "v_0007", None, "ada", API))
    assert sync.answers[-1].reasons == ("no_bay_free",)
    sync.simulator.clear("bay_disabled", bay="1-1")
    sync.tick(1.0)
    sync.take(MoveRequested("put_back", "v_0007", None, "ada", API))
    until(sync, lambda: place_of(sync) == bay(1, 1))
