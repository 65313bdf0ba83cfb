"""A car that leaves its cabin without a hand-over is missed at once, and nobody is charged with it."""

from __future__ import annotations

from tests.support.sync_tower import SyncTower
from towerd.faults import INVENTORY_DISAGREES
from towerd.places import UNKNOWN, cabin


def test_driven_off_after_the_exit_button() -> None:
    tower = SyncTower(lambda *_: None)
    tower.tick(3.0)
    tower.import_stock()
    tower.tick(12.0)
    tower.order(1, 1)
    tower.code("o_1", right=True)
    tower.now_s += 400.0  # what was decided about the person has aged out when the car arrives
    tower.tick(15.0)
    order = tower.state.tables.orders["o_1"]
    assert order.state == "staged"
    vehicle = order.vehicle or ""
    assert tower.state.tables.vehicles[vehicle].place == cabin(1)
    tower.simulator.press_exit(1)
    tower.tick(3.0)
    tower.tick(5.0)
    tables = tower.state.tables
    assert tower.tower.truth()[vehicle] == "gone"
    assert tables.vehicles[vehicle].place == UNKNOWN
    assert INVENTORY_DISAGREES in tables.faults
    assert not tables.loans
    assert (tables.orders["o_1"].state, tables.orders["o_1"].cabin) == ("accepted", None), (
        "nothing waits in a cabin for it"
    )
