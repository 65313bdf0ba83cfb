"""A bay that is disabled at the panel keeps its own car, and nobody else from theirs."""

from __future__ import annotations

from simulator.config import Actors
from tests.scenario.tower import Tower, small_tower
from tests.support.sync_tower import SyncTower
from towerd.places import bay


def test_a_disabled_bay_keeps_only_its_own_customer_waiting() -> None:
    actors = Actors(auto_drive_off=True, customer_delay_s=1.0, boarding_s=0.5, driving_s=0.5)
    tower = Tower(small_tower(speed_up=8.0, cabins=1, actors=actors), stock=((bay(2, 3), 42), (bay(1, 1), 7)))
    sync = SyncTower(lambda *_: None, tower)
    sync.tick(3.0)
    sync.import_stock()
    sync.tick(12.0)
    sync.order(1, 1)
    place = sync.state.tables.vehicles[sync.state.tables.orders["o_1"].vehicle or ""].place
    sync.simulator.inject("bay_disabled", bay=f"{place.floor}-{place.position}")
    sync.tick(1.0)
    sync.code("o_1", right=True)
    sync.tick(10.0)
    sync.order(2, 2)
    sync.code("o_2", right=True)
    sync.tick(60.0)
    orders = sync.state.tables.orders
    assert (orders["o_1"].state, orders["o_1"].cabin) == ("identified", None)
    assert orders["o_2"].state == "completed"
