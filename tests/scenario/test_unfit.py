"""A promised car is put out of service, or is not charged enough, at any moment of its way (orders-if.md 3, 5.3)."""

from __future__ import annotations

import pytest

from simulator.config import Actors
from tests.property.test_core import check_truth
from tests.scenario.tower import Tower, small_tower
from tests.support.sync_tower import SyncTower, send_token, told_again
from towerd.orders.model import DUE, Order, Vehicle
from towerd.plc.codes import Code
from towerd.plc.snapshot import Unit

FIRST, OTHER = "v_0042", "v_0007"


def ordered(site: Tower | None = None) -> SyncTower:
    tower = SyncTower(lambda *_: None, site or Tower(small_tower(speed_up=8.0)))
    tower.tick(30)
    tower.import_stock()
    tower.order(1, 1)
    return tower


def order_of(tower: SyncTower) -> Order:
    return tower.state.tables.orders["o_1"]


def car(tower: SyncTower, name: str) -> Vehicle:
    return tower.state.tables.vehicles[name]


def say(tower: SyncTower, vehicle: str, condition: str, *reasons: str) -> None:
    answer = send_token(
        tower, "condition", vehicle={"id": vehicle}, condition=condition, reasons=list(reasons) if reasons else None
    )
    assert answer.ok, answer


def test_before_the_customer_comes_the_order_gets_the_other_car() -> None:
    tower = ordered()
    first = order_of(tower).vehicle or ""
    other = {FIRST: OTHER, OTHER: FIRST}[first]
    say(tower, first, "out_of_service", "recalled")
    assert (order_of(tower).vehicle, order_of(tower).state) == (other, "accepted")
    assert (car(tower, first).condition, car(tower, other).condition) == ("out_of_service", "reserved")
    say(tower, other, "inspection")
    assert (order_of(tower).state, order_of(tower).reason) == ("failed", "vehicle_unavailable")
    say(tower, first, "available")
    tower.order(2, 2)
    assert tower.state.tables.orders["o_2"].vehicle == first
    assert told_again(tower) == tower.state.tables


@pytest.mark.parametrize("after_s", [0.1, 2.0, 4.0])
def test_on_its_way_down_it_turns_round(after_s: float) -> None:
    tower = ordered()
    promised = order_of(tower).vehicle or ""
    tower.code("o_1", right=True)
    for _ in range(100):
        if order_of(tower).state == "delivering":
            break
        tower.tick()
    tower.tick(after_s)
    say(tower, promised, "out_of_service", "damage")
    assert (order_of(tower).state, order_of(tower).reason) == ("failed", "vehicle_unavailable")
    for _ in range(120):
        tower.tick(0.5)
    back = car(tower, promised)
    assert (back.place.kind, back.condition, back.reasons) == ("bay", "out_of_service", ("damage",))
    check_truth(tower)


@pytest.mark.parametrize("linked", [True, False])
def test_no_hand_over_ends_through_a_door_that_was_never_seen_quite_open(*, linked: bool) -> None:
    tower = ordered(Tower(small_tower(speed_up=8.0, actors=Actors())))
    tower.simulator.inject("sensor_stuck", sensor="outer_open", value=0, cabin=1)
    promised = order_of(tower).vehicle or ""
    tower.code("o_1", right=True)
    for _ in range(1200):
        tower.tick()
        tower.simulator.person(1, tower.simulator.plant.booths[0].outer.position_ratio == 1.0)
        step = tower.state.tables.steps.get(Unit.CABIN1)
        if step is not None and step.code == Code.OUTER_DOOR and not step.open:
            break
    before = order_of(tower)
    assert before.state in DUE, "the door was never seen quite open"
    tower.linked = linked
    if not linked:
        tower.lose("cable")
    say(tower, promised, "out_of_service", "damage")
    assert order_of(tower).cabin == before.cabin
    assert order_of(tower).state == before.state
    tower.simulator.drive_off(1)
    tower.simulator.person(1, False)
    tower.tick(5.0)
    tower.linked = True
    for _ in range(60):
        tower.tick(0.5)
    assert order_of(tower).state in ("handed_over", "completed")
    assert tower.state.tables.loans["o_1"].state == "out"


def test_with_the_door_open_it_leaves_and_is_looked_at_when_it_is_back() -> None:
    tower = ordered()
    promised = order_of(tower).vehicle or ""
    tower.code("o_1", right=True)
    for _ in range(600):
        if order_of(tower).state == "ready":
            break
        tower.tick()
    say(tower, promised, "out_of_service", "recalled")
    for _ in range(60):
        tower.tick(0.5)
    assert order_of(tower).state == "completed"
    assert tower.state.tables.loans["o_1"].state == "out"
    gone = car(tower, promised)
    assert (gone.condition, gone.rests_as, gone.reasons) == ("out", "out_of_service", ("recalled",))
