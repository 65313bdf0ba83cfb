"""A bought car is collected, and a dealer takes one out: handed over as ever, lent to nobody, and forgotten (orders-if.md 5.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.property.test_core import check_truth
from tests.scenario.tower import Tower, small_tower
from tests.support.sync_tower import SyncTower, send_token, told_again
from towerd.fsm.intake_events import DriveInRequested
from towerd.fsm.reply import ReplyTo
from towerd.orders.model import Order

CAR = "v_0042"
ASKED: dict[str, dict[str, Any]] = {
    "collect": {"sub": "c_1", "vehicle": {"id": CAR}, "jti": "o_1"},
    "stock_out": {"sub": "dealer_3", "vehicle": {"id": CAR}, "jti": "o_1"},
}


def stocked() -> SyncTower:
    tower = SyncTower(lambda *_: None)
    tower.tick(30)
    tower.import_stock()
    return tower


def order_of(tower: SyncTower) -> Order:
    return tower.state.tables.orders["o_1"]


def until(tower: SyncTower, state: str) -> None:
    for _ in range(600):
        if order_of(tower).state == state:
            return
        tower.tick()
    raise AssertionError(order_of(tower))


@pytest.mark.parametrize("kind", ["collect", "stock_out"])
def test_the_car_comes_down_and_is_gone(kind: str) -> None:
    tower = stocked()
    answer = send_token(tower, kind, **ASKED[kind])
    assert (answer.ok, answer.result and answer.result["code_only"]) == (True, True)
    tower.code("o_1", right=True)
    until(tower, "completed")
    tables = tower.state.tables
    assert (dict(tables.loans), CAR in tables.vehicles) == ({}, False)
    assert tower.tower.truth().get(CAR) == "gone"
    kinds = [one.body["type"] for one in tower.told if one.topic == "event" and one.body["order"] == "o_1"]
    assert kinds[-3:] == ["order_handed_over", "order_completed", "vehicle_stocked_out"]

    # the books are whole without it, also for the next life
    tower.start()
    tower.tick(30)
    check_truth(tower)
    assert told_again(tower) == tower.state.tables


def test_a_dealer_who_cancels_leaves_a_car_as_it_was() -> None:
    tower = stocked()
    vehicles = tower.state.tables.vehicles
    looked_at = replace(vehicles[CAR], condition="inspection", rests_as="inspection")
    tower.state = replace(tower.state, tables=replace(tower.state.tables, vehicles={**vehicles, CAR: looked_at}))
    assert send_token(tower, "stock_out", **ASKED["stock_out"]).ok
    tower.code("o_1", right=True)
    until(tower, "delivering")
    tower.tick(1)
    assert send_token(tower, "cancel", sub="dealer_3", order="o_1").ok
    for _ in range(120):
        tower.tick(0.5)
    car = tower.state.tables.vehicles[CAR]
    assert (car.place.kind, car.condition) == ("bay", "inspection")
    assert send_token(tower, "test_drive", sub="c_9", vehicle={"id": CAR}, slot=None).reasons == (
        "vehicle_unavailable",
    )


def test_nobody_waits_for_a_car_that_has_just_left_for_good() -> None:
    tower = SyncTower(lambda *_: None, Tower(small_tower(speed_up=8.0, cabins=2)))
    tower.tick(30)
    tower.import_stock()
    tower.tick(12)
    assert send_token(tower, "collect", **ASKED["collect"]).ok
    tower.code("o_1", right=True)
    until(tower, "handed_over")
    # the other cabin is free
    tower.take(DriveInRequested(None, CAR, None, True, "ada", ReplyTo("api", "kiosk")))
    assert (tower.answers[-1].ok, tower.answers[-1].reasons) == (False, ("not_out",))
    until(tower, "completed")
    tower.tick(5)
    assert (CAR in tower.state.tables.vehicles, dict(tower.state.tables.intakes)) == (False, {})


@pytest.mark.parametrize(("kind", "forgotten"), [("purchase", False), ("returned_elsewhere", True)])
def test_a_loan_may_end_while_the_cabin_is_still_open(kind: str, forgotten: bool) -> None:
    tower = stocked()
    tower.order(1, 1)
    tower.code("o_1", right=True)
    until(tower, "handed_over")
    assert send_token(tower, kind, sub="c_1", order="o_1").ok
    car = tower.state.tables.loans["o_1"].vehicle
    assert car in tower.state.tables.vehicles, "which the order still names"
    if forgotten:
        assert send_token(tower, "erase", sub="c_1").result == {"order": "o_1", "state": "pending"}
    tower.start()
    until(tower, "completed")
    assert car not in tower.state.tables.vehicles
    assert told_again(tower) == tower.state.tables
