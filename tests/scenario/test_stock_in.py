"""A dealer brings a vehicle that was announced: number and code, a cabin, the checks of every car, a bay (orders-if.md 5.1, 6.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulator.driver import Driver
from tests.property.test_core import Witness, check_truth
from tests.scenario.tower import car, record
from tests.support.sync_tower import SyncTower, send_token, told_again
from towerd.fsm.intake_events import CarSecured
from towerd.fsm.reply import ReplyTo
from towerd.orders.model import Order
from towerd.places import OUT

NEW, DEALER, ORDER = "v_0050", "dealer_3", "o_1"
KIOSK = ReplyTo("api", "kiosk")


def stocked() -> SyncTower:
    tower = SyncTower(Witness())
    tower.tick(30)
    tower.import_stock()
    # a cabin that has just been looked into
    tower.tick(12)
    return tower


def announce(tower: SyncTower, **changes: Any) -> Any:
    return send_token(tower, "stock_in", sub=DEALER, jti=ORDER, vehicle=record(50), slot=None, **changes)


def order_of(tower: SyncTower) -> Order:
    return tower.state.tables.orders[ORDER]


def until(tower: SyncTower, reached: Callable[[], bool], what: str) -> None:
    for _ in range(1200):
        if reached():
            return
        tower.tick()
    raise AssertionError((what, order_of(tower), dict(tower.state.tables.intakes)))


def drive_in(tower: SyncTower, number: int = 50) -> Driver:
    """The dealer drives a car in, once the cabin stands open."""
    row = tower.state.tables.intakes
    until(tower, lambda: row is not None and intake(tower) == "waiting", "the open cabin")
    driver = Driver(tower.simulator.plant, 1)
    driver.drive_in(car(number))
    return driver


def intake(tower: SyncTower) -> str:
    row = tower.state.tables.intakes.get(1)
    return row.state if row is not None else "none"


def hand_in(tower: SyncTower, driver: Driver) -> None:
    """Say that it is secured, get out, press the button."""
    until(tower, lambda: intake(tower) == "securing", "securing")
    tower.take(CarSecured(1, "kiosk", KIOSK))
    until(tower, lambda: intake(tower) == "clearing", "clearing")
    driver.get_out()
    tower.tick(1)
    driver.press()


def test_the_car_is_expected_taken_in_and_offered() -> None:
    tower = stocked()
    answer = announce(tower)
    assert (answer.ok, answer.result["vehicle"], answer.result["code_only"]) == (True, NEW, True)
    expected = tower.state.tables.vehicles[NEW]
    assert (expected.place, expected.condition) == (OUT, "out")
    # nobody orders a car that is not there
    early = send_token(tower, "test_drive", sub="c_9", vehicle={"id": NEW}, slot=None)
    assert early.reasons == ("vehicle_taken",)

    tower.code(ORDER, right=True)
    driver = drive_in(tower)
    hand_in(tower, driver)
    until(tower, lambda: order_of(tower).state == "completed", "the end of the order")
    until(tower, lambda: tower.state.tables.vehicles[NEW].place.kind == "bay", "the bay")
    tower.tick(10)
    assert tower.state.tables.vehicles[NEW].condition == "available"
    kinds = [one.body["type"] for one in tower.told if one.topic == "event" and one.body["order"] == ORDER]
    assert kinds == ["order_accepted", "order_arrived", "order_identified", "vehicle_stocked_in", "order_completed"]
    check_truth(tower)
    assert send_token(tower, "test_drive", sub="c_9", vehicle={"id": NEW}, slot=None, jti="o_2").ok
    assert told_again(tower) == tower.state.tables


def test_another_car_is_turned_away_and_the_right_one_may_come_afterwards() -> None:
    tower = stocked()
    announce(tower)
    tower.code(ORDER, right=True)
    driver = drive_in(tower, 51)
    until(tower, lambda: intake(tower) == "turned_away", "the wrong car turned away")
    driver.drive_out()
    until(tower, lambda: order_of(tower).state == "arrived", "the order that waits again")
    assert intake(tower) == "refused"
    # nothing opens before the code is typed again
    tower.tick(30)
    assert intake(tower) == "refused"
    tower.simulator.press_clear(1)
    tower.code(ORDER, right=True)
    hand_in(tower, drive_in(tower))
    until(tower, lambda: order_of(tower).state == "completed", "the end of the order")


def test_a_new_life_goes_on_with_it() -> None:
    tower = stocked()
    announce(tower)
    tower.code(ORDER, right=True)
    driver = drive_in(tower)
    until(tower, lambda: intake(tower) == "securing", "securing")
    tower.start()
    tower.tick(1)
    hand_in(tower, driver)
    until(tower, lambda: order_of(tower).state == "storing", "storing")
    tower.start()
    until(tower, lambda: order_of(tower).state == "completed", "the end of the order")
    until(tower, lambda: tower.state.tables.vehicles[NEW].place.kind == "bay", "the bay")
    check_truth(tower)


def test_a_car_that_never_comes_is_forgotten_with_its_order() -> None:
    tower = stocked()
    announce(tower)
    tower.now_s += 2 * 3600
    tower.tick(2)
    assert (order_of(tower).state, NEW in tower.state.tables.vehicles) == ("no_show", False)
    # and may be announced anew
    assert send_token(tower, "stock_in", sub=DEALER, vehicle=record(50), slot=None).ok


@pytest.mark.parametrize("open_cabin", [False, True])
def test_a_dealer_may_think_better_of_it_until_the_cabin_opens(open_cabin: bool) -> None:
    tower = stocked()
    announce(tower)
    if open_cabin:
        tower.code(ORDER, right=True)
        until(tower, lambda: intake(tower) == "waiting", "the open cabin")
    answer = send_token(tower, "cancel", sub=DEALER, order=ORDER)
    assert (answer.ok, NEW in tower.state.tables.vehicles) == (not open_cabin, open_cabin)


def test_the_code_of_hours_ago_opens_no_cabin() -> None:
    tower = stocked()
    announce(tower)
    # somebody else's car stands in the only cabin
    tower.order(2, 2)
    tower.code("o_2", right=True)
    tower.tick(1)
    tower.code(ORDER, right=True)
    tower.tick(1)
    assert (order_of(tower).state, intake(tower)) == ("identified", "none")
    tower.start()
    tower.tick(2)
    assert order_of(tower).state == "arrived"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"length_mm": 60_000}, "too_large"), ({"tag": 3054420042}, "tag_in_use"), ({"id": "v_0042"}, "tag_in_use")],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], reason: str) -> None:
    tower = stocked()
    answer = send_token(tower, "stock_in", sub=DEALER, jti=ORDER, vehicle=record(50, **changes), slot=None)
    assert answer.reasons == (reason,)


def test_no_more_cars_are_expected_than_there_are_bays() -> None:
    tower = stocked()
    answers = [
        send_token(tower, "stock_in", sub=DEALER, jti=f"o_{n}", vehicle=record(n), slot=None) for n in range(50, 62)
    ]
    assert [answer.ok for answer in answers] == [True] * 10 + [False] * 2
    assert answers[-1].reasons == ("no_bay_free",)


def test_a_customer_waits_for_the_car_that_a_dealer_brings() -> None:
    tower = stocked()
    waiting = send_token(
        tower, "collect", sub="c_9", jti="o_9", vehicle={"id": NEW}, slot=None, wait_until="2026-12-06T18:00:00Z"
    )
    assert (waiting.ok, waiting.result and waiting.result["state"]) == (True, "awaiting_stock")
    tower.code("o_9", right=True)
    assert tower.state.tables.orders["o_9"].state == "awaiting_stock"
    announce(tower)
    tower.code(ORDER, right=True)
    hand_in(tower, drive_in(tower))
    until(tower, lambda: tower.state.tables.orders["o_9"].state == "accepted", "the car that is bound")
    assert tower.state.tables.orders["o_9"].vehicle == NEW
    tower.tick(30)
    tower.code("o_9", right=True)
    until(tower, lambda: tower.state.tables.orders["o_9"].state == "completed", "the car handed over")
    assert NEW not in tower.state.tables.vehicles
    assert told_again(tower) == tower.state.tables


def test_nobody_waits_for_ever() -> None:
    tower = stocked()
    send_token(
        tower, "collect", sub="c_9", jti="o_9", vehicle={"id": NEW}, slot=None, wait_until="2026-11-26T09:00:00Z"
    )
    tower.now_s += 25 * 3600
    tower.tick(1)
    assert tower.state.tables.orders["o_9"].state == "expired"
