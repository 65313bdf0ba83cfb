"""A car that nobody can find on its way to its customer: others go on, and the customer is told in bounded time."""

from __future__ import annotations

from dataclasses import replace

from simulator.config import Actors
from tests.scenario.tower import Tower, small_tower
from tests.support.sync_tower import SyncTower
from towerd.faults import INVENTORY_DISAGREES
from towerd.orders.rules import OrderRules
from towerd.places import UNKNOWN, bay

WAIT_S = 120.0


def lost_on_its_way() -> SyncTower:
    """One cabin. The customer of o_1 is known and the carriage is on its way, when a sensor of the car's bay fails."""
    actors = Actors(auto_drive_off=True, customer_delay_s=1.0, boarding_s=0.5, driving_s=0.5)
    tower = Tower(small_tower(speed_up=8.0, cabins=1, actors=actors), stock=((bay(2, 3), 42), (bay(1, 1), 7)))
    tower.core = replace(tower.core, rules=OrderRules(lost_wait_s=WAIT_S))
    sync = SyncTower(lambda *_: None, tower)
    sync.tick(3.0)
    sync.import_stock()
    sync.tick(12.0)
    sync.order(1, 1)
    place = sync.state.tables.vehicles[sync.state.tables.orders["o_1"].vehicle or ""].place
    sync.code("o_1", right=True)
    sync.tick(0.3)
    assert sync.state.tables.orders["o_1"].state == "delivering"
    sync.simulator.inject("sensors_disagree", bay=f"{place.floor}-{place.position}")
    sync.tick(3.0)
    return sync


def test_others_are_served_meanwhile_and_the_customer_is_told_in_bounded_time() -> None:
    sync = lost_on_its_way()
    order = sync.state.tables.orders["o_1"]
    lost = sync.state.tables.vehicles[order.vehicle or ""]
    assert (lost.place, order.state, order.cabin) == (UNKNOWN, "delivering", None)
    sync.order(2, 2)
    sync.code("o_2", right=True)
    sync.tick(60.0)
    assert sync.state.tables.orders["o_2"].state == "completed"
    assert sync.state.tables.orders["o_1"].state == "delivering"
    assert INVENTORY_DISAGREES in sync.state.tables.faults, "it is still looked for"
    sync.tick(WAIT_S)
    ended = sync.state.tables.orders["o_1"]
    assert (ended.state, ended.reason) == ("failed", "vehicle_unavailable")
