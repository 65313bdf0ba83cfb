"""A car is lent, comes back, is looked at and lent again; one that is out of service is lent to nobody (orders-if.md 5.3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenario.test_back_by_hand import API, BAY, CAR, by_file, by_word, carried_in, on_loan
from tests.support.sync_tower import SyncTower, send_token, told_again
from towerd.fsm.manual_events import ConditionSet


def by_token(tower: SyncTower, condition: str, *reasons: str) -> Any:
    return send_token(tower, "condition", vehicle={"id": CAR}, condition=condition, reasons=list(reasons), note="seen")


def on_the_spot(tower: SyncTower, condition: Any, *reasons: str) -> Any:
    tower.take(ConditionSet(CAR, condition, reasons, "seen", "ada", API))
    return tower.answers[-1]


def condition(tower: SyncTower) -> str:
    return tower.state.tables.vehicles[CAR].condition


@pytest.mark.parametrize("say", [by_token, on_the_spot])
def test_a_car_that_was_looked_at_is_lent_again(say: Any) -> None:
    tower = on_loan()
    carried_in(tower)
    by_word(tower)
    tower.order(2, 2)
    assert tower.state.tables.orders["o_2"].vehicle == "v_0042", "the only one that may be had"
    tower.order(3, 3)
    assert tower.answers[-1].reasons == ("vehicle_taken",)
    assert say(tower, "available").ok
    tower.order(4, 4)
    assert tower.answers[-1].ok
    assert (condition(tower), tower.state.tables.orders["o_4"].vehicle) == ("reserved", CAR)
    assert told_again(tower) == tower.state.tables


@pytest.mark.parametrize("say", [by_token, on_the_spot])
def test_what_is_out_of_service_stays_so_whoever_says_where_it_stands(say: Any) -> None:
    tower = on_loan()
    assert say(tower, "out_of_service", "recalled").ok
    assert condition(tower) == "out"
    carried_in(tower)
    by_word(tower)
    assert condition(tower) == "out_of_service", "and not only to be looked at"
    by_file(tower)
    car = tower.state.tables.vehicles[CAR]
    assert (car.place, car.condition, car.reasons) == (BAY, "out_of_service", ("recalled",))
    assert say(tower, "available").ok
    by_file(tower)
    car = tower.state.tables.vehicles[CAR]
    assert (car.condition, car.reasons) == ("available", ())


def test_a_promised_car_that_is_damaged_is_replaced_by_its_like() -> None:
    tower = SyncTower(lambda *_: None)
    tower.tick(3.0)
    tower.import_stock()
    tower.tick(12.0)
    tower.order(1, 1)
    assert tower.state.tables.orders["o_1"].vehicle == CAR
    assert by_token(tower, "out_of_service", "damage").result == {"order": None, "state": "out_of_service"}
    assert tower.state.tables.orders["o_1"].vehicle == "v_0042"
    assert condition(tower) == "out_of_service"
