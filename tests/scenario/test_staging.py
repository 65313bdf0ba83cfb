"""Cars that wait in a cabin before their customers come, and make room for whoever is there (orders-if.md 3 `eta`, 5.1 `staged`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from simulator.config import Actors
from tests.scenario.tower import Tower, small_tower
from tests.support.sync_tower import START, SyncTower, ask_packml, expect, moment, send_token, told_again
from towerd.fsm import commands as cmd
from towerd.fsm.intake_events import DriveInRequested
from towerd.fsm.moves_events import MoveRequested
from towerd.fsm.obstacles import obstacles
from towerd.fsm.reply import ReplyTo
from towerd.orders.model import Order
from towerd.orders.rules import OrderRules
from towerd.places import bay
from towerd.plc.codes import Code

API = ReplyTo("api", "kiosk")
STOCK = ((bay(2, 3), 42), (bay(1, 1), 7), (bay(3, 1), 50))


def ready_tower(cabins: int = 1, rules: OrderRules | None = None, **plant: Any) -> SyncTower:
    tower = SyncTower(lambda *_: None, Tower(small_tower(speed_up=8.0, cabins=cabins, actors=Actors(), **plant), STOCK))
    tower.tower.core = replace(tower.tower.core, rules=rules or OrderRules())
    tower.tick(1.0)
    tower.import_stock()
    until(tower, lambda: not obstacles(tower.state) and at_rest(tower), "the tower is ready")
    return tower


def now(tower: SyncTower) -> datetime:
    return START + timedelta(seconds=tower.now_s)


def book(tower: SyncTower, number: int, begins_min: float, car: str = "v_0042") -> None:
    slot = {"from": moment(tower, begins_min), "until": moment(tower, begins_min + 30)}
    answer = send_token(tower, "test_drive", jti=f"o_{number}", sub=f"c_{number}", slot=slot, vehicle={"id": car})
    assert answer.ok, answer.reasons


def order(tower: SyncTower, number: int) -> Order:
    row: Order = tower.state.tables.orders[f"o_{number}"]
    return row


def state(tower: SyncTower, number: int) -> str:
    return order(tower, number).state


def later(tower: SyncTower, minutes: float) -> None:
    """Nothing happens for so long, and nobody looks."""
    tower.now_s += 60.0 * minutes
    tower.tick(0.3)


def until(tower: SyncTower, condition: Callable[[], bool], what: str, limit_s: float = 120.0) -> float:
    """How long it takes, s."""
    begun_s = tower.now_s
    while not condition():
        assert tower.now_s - begun_s < limit_s, f"not within {limit_s} s: {what}"
        tower.tick()
    return tower.now_s - begun_s


def at_rest(tower: SyncTower) -> bool:
    tables = tower.state.tables
    return not any(job.ended_at is None for job in tables.jobs.values()) and "FORK" not in tables.steps


def comes(tower: SyncTower, number: int) -> float:
    """The customer types number and code; how long the car takes, s."""
    tower.code(f"o_{number}", right=True)
    return until(tower, lambda: state(tower, number) == "ready", f"{number} has the car")


def staged(tower: SyncTower, number: int = 1) -> None:
    until(tower, lambda: state(tower, number) == "staged", f"{number} is staged")


def told(tower: SyncTower, number: int) -> list[str]:
    rows = [row.body for row in tower.told if row.topic == "event" and row.body["order"] == f"o_{number}"]
    return [str(row["type"]) for row in rows]


def opened(tower: SyncTower) -> int:
    return sum(e.code == Code.OUTER_DOOR and e.args[0] == 1 for e in tower.simulator.executed)


def test_the_car_stands_there_just_before_the_slot_and_its_customer_waits_for_the_door_only() -> None:
    tower, slow = ready_tower(), ready_tower(rules=OrderRules(stage=False))
    for one in (tower, slow):
        book(one, 1, 20)
        later(one, 17)
        assert (state(one, 1), at_rest(one)) == ("accepted", True), "it is too early"
        later(one, 1.8)
    assert until(tower, lambda: not at_rest(tower), "it is brought") < 20
    staged(tower)
    assert timedelta() < order(tower, 1).slot.from_at - now(tower) < timedelta(seconds=65)  # type: ignore[union-attr]
    assert (order(tower, 1).cabin, opened(tower)) == (1, 0)
    later(slow, 0.7)
    assert (state(slow, 1), at_rest(slow)) == ("accepted", True), "switched off, it waits in its bay"
    waited_s, slowly_s = comes(tower, 1), comes(slow, 1)
    assert (waited_s < 1.5, slowly_s > 5.0) == (True, True), (waited_s, slowly_s)
    steps = ["order_accepted", "job_done", "order_staged", "order_arrived", "order_identified", "order_ready"]
    assert told(tower, 1) == steps
    assert told_again(tower) == tower.state.tables


@pytest.mark.parametrize(("minutes", "brought_after"), [(7, 4.5), (30, 27.5)])
def test_the_newest_word_on_the_arrival_brings_it_forward_or_later(minutes: float, brought_after: float) -> None:
    tower = ready_tower()
    book(tower, 1, 20)
    assert expect(tower, 1, 25).ok
    assert expect(tower, 1, minutes).ok
    later(tower, brought_after)
    assert at_rest(tower)
    later(tower, 0.4)
    staged(tower)
    assert order(tower, 1).eta is not None


def test_a_car_is_not_there_before_its_order_may_be_collected() -> None:
    tower = ready_tower()
    book(tower, 1, 60)
    assert expect(tower, 1, 5).ok
    later(tower, 44)
    assert at_rest(tower)
    later(tower, 1)
    staged(tower)


def test_who_comes_while_the_car_is_on_its_way_has_it_delivered() -> None:
    tower = ready_tower()
    book(tower, 1, 1)
    until(tower, lambda: tower.state.tables.vehicles["v_0042"].place.kind == "carriage", "it is on the carriage")
    assert state(tower, 1) == "accepted"
    comes(tower, 1)
    assert "order_delivering" in told(tower, 1)
    assert "order_staged" not in told(tower, 1)


def test_of_two_for_one_cabin_the_earlier_is_brought_and_makes_room_for_the_one_who_comes_first() -> None:
    tower = ready_tower()
    book(tower, 2, 3, "v_0007")
    book(tower, 1, 2)
    later(tower, 2.9)
    staged(tower, 1)
    tower.tick(5.0)
    assert (state(tower, 2), at_rest(tower)) == ("accepted", True)
    comes(tower, 2)
    assert (state(tower, 1), order(tower, 1).cabin) == ("accepted", None)
    assert tower.simulator.truth()[3054420042].startswith("bay:")
    tower.simulator.drive_off(1)
    until(tower, lambda: state(tower, 2) == "completed", "the second is gone")
    tower.tick(5.0)
    assert (state(tower, 1), at_rest(tower)) == ("accepted", True), "it is brought forward once"
    comes(tower, 1)


def test_of_two_cabins_one_stays_free_for_those_who_are_there() -> None:
    tower = ready_tower(cabins=2)
    book(tower, 1, 1)
    book(tower, 2, 1, "v_0007")
    until(tower, lambda: "staged" in (state(tower, 1), state(tower, 2)), "one is staged")
    tower.tick(5.0)
    assert sorted([state(tower, 1), state(tower, 2)]) == ["accepted", "staged"]
    first, second = (1, 2) if state(tower, 1) == "staged" else (2, 1)
    comes(tower, second)
    assert state(tower, first) == "staged", "who is there has the other cabin"


def identified_while_held(tower: SyncTower) -> None:
    """The first customer is known, and has gone again before the door could open."""
    tower.code("o_1", right=True)
    tower.tick(1.0)
    ask_packml(tower, "hold")
    tower.tick(1.0)
    later(tower, 6)
    ask_packml(tower, "unhold")


def seen_inside(tower: SyncTower) -> None:
    """The door stood open for the first customer, who has gone without the car: only somebody's eyes say that the cabin is empty."""
    comes(tower, 1)
    later(tower, 6)


@pytest.mark.parametrize("gone", [identified_while_held, seen_inside])
def test_who_has_gone_away_again_keeps_the_only_cabin_from_nobody(gone: Callable[[SyncTower], None]) -> None:
    tower = ready_tower()
    slot = {"from": moment(tower, 0), "until": moment(tower, 480)}
    assert send_token(tower, "test_drive", jti="o_1", sub="c_1", slot=slot, vehicle={"id": "v_0042"}).ok
    gone(tower)
    staged(tower)
    tower.tick(5.0)
    assert (at_rest(tower), state(tower, 1)) == (True, "staged"), "nobody needs the cabin"
    owes = [(row.cabin, row.what) for row in tower.state.tables.owing.values()]
    assert owes == ([(1, "button")] if gone is seen_inside else [])
    book(tower, 2, 1, "v_0007")
    tower.code("o_2", right=True)
    if owes:
        tower.tick(20.0)
        assert state(tower, 2) == "identified", "nobody has looked into the cabin"
        tower.simulator.press_clear(1)
    until(tower, lambda: state(tower, 2) == "ready", "the second has the car")
    assert (state(tower, 1), order(tower, 1).cabin) == ("accepted", None)
    tower.simulator.drive_off(1)
    until(tower, lambda: state(tower, 2) == "completed", "the second is gone")
    tower.tick(5.0)
    assert at_rest(tower), "it is not brought forward"
    assert told_again(tower) == tower.state.tables
    comes(tower, 1)


def test_a_car_whose_customer_has_gone_again_goes_back_after_a_while() -> None:
    tower = ready_tower()
    slot = {"from": moment(tower, 0), "until": moment(tower, 480)}
    assert send_token(tower, "test_drive", jti="o_1", sub="c_1", slot=slot, vehicle={"id": "v_0042"}).ok
    identified_while_held(tower)
    staged(tower)
    later(tower, tower.tower.core.rules.stage_keep_s / 60)
    until(tower, lambda: tower.state.tables.vehicles["v_0042"].place.kind == "bay", "it is in a bay")
    assert state(tower, 1) == "accepted"
    comes(tower, 1)


def lent(tower: SyncTower) -> str:
    """v_0007 is out; the number of its loan."""
    tower.order(7, 7)
    assert order(tower, 7).vehicle == "v_0007"
    comes(tower, 7)
    tower.simulator.drive_off(1)
    until(tower, lambda: state(tower, 7) == "completed", "it is out")
    return order(tower, 7).number


def drive_in(tower: SyncTower, number: str) -> cmd.Answer:
    tower.take(DriveInRequested(number, None, None, False, "kiosk", API))
    return tower.answers[-1]


def test_a_car_that_comes_back_finds_the_only_cabin_free_within_bounded_time() -> None:
    tower = ready_tower()
    number = lent(tower)
    book(tower, 1, 2)
    later(tower, 0.9)
    staged(tower)
    refused = drive_in(tower, number)
    assert (refused.ok, refused.reasons) == (False, ("no_cabin_free",))
    assert "put back: ask again" in str(refused.result)
    until(tower, lambda: state(tower, 1) == "accepted", "it makes room", 2.0)
    until(tower, lambda: at_rest(tower), "it is put back", 60.0)
    book(tower, 2, 1, "v_0050")
    tower.tick(5.0)
    assert at_rest(tower), "nothing is brought into the cabin that is kept for the driver"
    assert drive_in(tower, number).ok
    assert tower.state.volatile.cabin_asked is None
    assert told(tower, 1)[-1] == "order_put_back"


def test_a_driver_who_does_not_ask_again_keeps_no_cabin_for_ever() -> None:
    tower = ready_tower()
    number = lent(tower)
    book(tower, 1, 1)
    book(tower, 2, 2, "v_0050")
    staged(tower)
    drive_in(tower, number)
    until(tower, lambda: at_rest(tower) and state(tower, 1) == "accepted", "it is put back", 60.0)
    later(tower, 3)
    assert at_rest(tower)
    later(tower, 3)
    staged(tower, 2)


def test_a_car_that_is_being_brought_forward_lets_those_go_first_who_are_there() -> None:
    tower = ready_tower()
    book(tower, 1, 2)
    later(tower, 0.9)
    until(tower, lambda: order(tower, 1).cabin == 1, "it is to be brought")
    book(tower, 2, 10, "v_0007")
    waited_s = comes(tower, 2)
    assert (state(tower, 1), order(tower, 1).brought_at) == ("accepted", None)
    alone = ready_tower()
    book(alone, 2, 10, "v_0007")
    assert waited_s < comes(alone, 2) + 3.0
    tower.simulator.drive_off(1)
    until(tower, lambda: state(tower, 2) == "completed", "the other is gone")
    staged(tower)


def test_on_the_carriage_it_goes_into_a_bay_for_who_needs_the_cabin() -> None:
    tower = ready_tower()
    book(tower, 1, 1)
    until(tower, lambda: tower.state.tables.vehicles["v_0042"].place.kind == "carriage", "it is on the carriage")
    book(tower, 2, 10, "v_0007")
    comes(tower, 2)
    assert (state(tower, 1), told(tower, 1)) == ("accepted", ["order_accepted"])
    assert tower.simulator.truth()[3054420042].startswith("bay:")


@pytest.mark.parametrize("confirmed", [1, 2])
def test_of_two_cabins_that_somebody_has_to_look_into_the_first_is_for_who_is_there(confirmed: int) -> None:
    tower = ready_tower(cabins=2, rated_person_detection=False)
    for number in (1, 2):
        tower.simulator.press_clear(number)
    book(tower, 1, 1)
    until(tower, lambda: tower.state.tables.vehicles["v_0042"].place.kind == "carriage", "it is on the carriage")
    for present in (True, False):
        for number in (1, 2):
            tower.simulator.person(number, present)
        tower.tick(1.0)
    book(tower, 2, 10, "v_0007")
    tower.code("o_2", right=True)
    tower.tick(5.0)
    tower.simulator.press_clear(confirmed)
    until(tower, lambda: state(tower, 2) == "ready", "who is there has the car")
    assert (order(tower, 2).cabin, state(tower, 1)) == (confirmed, "accepted")


@pytest.mark.parametrize("end", ["no_show", "cancelled", "nobody_came"])
def test_a_car_whose_customer_does_not_come_goes_back(end: str) -> None:
    tower = ready_tower(rules=OrderRules(stage_keep_s=600.0))
    book(tower, 1, 2)
    later(tower, 0.9)
    staged(tower)
    if end == "cancelled":
        assert send_token(tower, "cancel", order="o_1", sub="c_1").ok
    else:
        later(tower, 40 if end == "no_show" else 11)
        tower.tick(0.3)
    until(tower, lambda: tower.state.tables.vehicles["v_0042"].place.kind == "bay", "it is back")
    until(tower, lambda: at_rest(tower), "the machine rests")
    assert state(tower, 1) == ("accepted" if end == "nobody_came" else end)
    assert tower.simulator.truth()[3054420042].startswith("bay:")
    car = tower.state.tables.vehicles["v_0042"]
    assert car.condition == ("reserved" if end == "nobody_came" else "available")
    assert opened(tower) == 0


def test_a_technician_puts_a_staged_car_back_without_a_reason() -> None:
    tower = ready_tower()
    book(tower, 1, 1)
    staged(tower)
    tower.take(MoveRequested("put_back", "v_0042", None, "lin", API))
    assert tower.answers[-1].ok
    until(tower, lambda: tower.state.tables.vehicles["v_0042"].place.kind == "bay", "it is in a bay")
    assert state(tower, 1) == "accepted"
    comes(tower, 1)


def hold(tower: SyncTower) -> None:
    ask_packml(tower, "hold")
    tower.tick(0.5)
    ask_packml(tower, "unhold")


@pytest.mark.parametrize("trouble", [SyncTower.start, hold])
def test_the_power_goes_or_the_machine_is_held_again_and_again_while_it_is_brought(trouble: Any) -> None:
    tower = ready_tower()
    book(tower, 1, 1)
    for _ in range(40):
        trouble(tower)
        tower.tick(0.7)
    assert not at_rest(tower) or state(tower, 1) == "staged"
    staged(tower)
    assert (order(tower, 1).cabin, opened(tower)) == (1, 0)
    trouble(tower)
    assert comes(tower, 1) < 10
    puts = [e for e in tower.simulator.executed if e.code in (Code.FORK_GET, Code.FORK_PUT)]
    assert len(puts) == 2, "one way down"
