"""One car, one customer after the other: promised while it is out, late, bought, looked at (orders-if.md 4.5, 5.3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.property.test_core import check_truth
from tests.property.test_tokens import brought_back, later
from tests.support.sync_tower import START, SyncTower, send_token, told_again
from towerd.fsm import commands as cmd
from towerd.fsm.events import Stamped, TimerExpired
from towerd.fsm.show import build_view
from towerd.fsm.turn import Turn
from towerd.orders.model import Order

FIRST, OTHER = "v_0042", "v_0007"
# a drive of three days, half an hour to come and two hours to look at the car
NEXT_H = 76.0


def stocked() -> SyncTower:
    tower = SyncTower(lambda *_: None)
    tower.tick(3.0)
    tower.import_stock()
    tower.tick(12.0)
    return tower


def ordered(tower: SyncTower, number: int, in_h: float | None, **changes: Any) -> cmd.Answer:
    """An order of v_0042 for a slot of half an hour, or for now."""
    fields: dict[str, Any] = {"jti": f"o_{number}", "sub": f"c_{number}", "vehicle": {"id": FIRST}, "slot": None}
    if in_h is not None:
        from_at = START + timedelta(seconds=tower.now_s, hours=in_h)
        until_at = from_at + timedelta(minutes=30)
        fields["slot"] = {
            name: at.strftime("%Y-%m-%dT%H:%M:%SZ") for name, at in (("from", from_at), ("until", until_at))
        }
    return send_token(tower, "test_drive", **{**fields, **changes})


def order(tower: SyncTower, number: int) -> Order:
    return tower.state.tables.orders[f"o_{number}"]


def driven_off(tower: SyncTower, number: int) -> None:
    tower.simulator.press_clear(1)
    tower.code(f"o_{number}", right=True)
    for _ in range(300):
        if order(tower, number).state == "completed":
            return
        tower.simulator.person(1, False)
        tower.tick(0.5)
    raise AssertionError(order(tower, number))


def released(tower: SyncTower) -> None:
    assert send_token(tower, "condition", vehicle={"id": FIRST}, condition="available", reasons=None).ok


def offered(tower: SyncTower) -> dict[str, float | None]:
    """From when on each car of the catalogue can be had, in hours from now."""
    now = START + timedelta(seconds=tower.now_s)
    turn = Turn(tower.state, Stamped(now, tower.now_s, TimerExpired("view")), tower.tower.core)
    offers = build_view(tower.state, tower.tower.core, turn).offers
    return {
        one.vehicle.id: one.orderable_from_at and (one.orderable_from_at - now) / timedelta(hours=1) for one in offers
    }


def test_the_next_order_of_a_car_is_taken_while_it_is_out_and_served_when_it_is_back() -> None:
    tower = stocked()
    assert ordered(tower, 1, None).ok
    assert ordered(tower, 2, None).reasons == ("vehicle_taken",)
    assert ordered(tower, 3, 2.0).reasons == ("slot_conflict",)
    driven_off(tower, 1)
    out = offered(tower)[FIRST]
    assert out is not None
    assert 74.0 <= out <= 74.25
    assert ordered(tower, 4, NEXT_H).ok
    assert ordered(tower, 5, NEXT_H + 1).reasons == ("slot_conflict",)
    assert tower.state.tables.vehicles[FIRST].condition == "out"

    later(tower, 70.0)
    brought_back(tower, 0)
    for _ in range(200):
        if tower.state.tables.vehicles[FIRST].place.kind == "bay":
            break
        tower.tick(0.5)
    car = tower.state.tables.vehicles[FIRST]
    assert (car.place.kind, car.condition) == ("bay", "inspection"), "stored, although it is promised"
    released(tower)
    assert tower.state.tables.vehicles[FIRST].condition == "reserved"
    later(tower, 5.9)
    driven_off(tower, 4)
    assert tower.state.tables.loans["o_4"].state == "out"
    check_truth(tower)
    assert told_again(tower) == tower.state.tables


def test_who_would_meet_a_late_car_gets_the_other_one_or_is_told_before_the_slot() -> None:
    tower = stocked()
    assert ordered(tower, 1, None).ok
    driven_off(tower, 1)
    assert ordered(tower, 2, NEXT_H).ok
    assert ordered(tower, 3, NEXT_H + NEXT_H).ok
    later(tower, NEXT_H - 2.1)
    assert (order(tower, 2).vehicle, tower.state.tables.loans["o_1"].state) == (FIRST, "overdue")
    later(tower, 0.2)
    assert (order(tower, 2).vehicle, order(tower, 3).vehicle) == (OTHER, FIRST)
    # nobody is left who could take the place of the other one
    later(tower, 1.5)
    assert send_token(tower, "condition", vehicle={"id": OTHER}, condition="inspection", reasons=None).ok
    later(tower, 0.1)
    # the power is cut, and the deadline passes meanwhile: the first thing that is looked at
    tower.now_s += 0.1 * 3600
    tower.start()
    assert (order(tower, 2).state, order(tower, 2).reason) == ("failed", "vehicle_unavailable")
    assert (order(tower, 2).ended_at or START) < order(tower, 2).slot.from_at  # type: ignore[union-attr]
    assert order(tower, 3).vehicle == FIRST
    assert told_again(tower) == tower.state.tables


def test_who_has_ordered_a_car_that_is_bought_gets_the_other_one() -> None:
    tower = stocked()
    assert ordered(tower, 1, None).ok
    driven_off(tower, 1)
    assert ordered(tower, 2, NEXT_H).ok
    paid = {"price": 21900000, "currency": "CNY", "paid": 21900000, "instalments": 0}
    assert send_token(tower, "purchase", order="o_1", sub="c_1", payment=paid).ok
    assert (order(tower, 2).vehicle, FIRST in tower.state.tables.vehicles) == (OTHER, False)
    assert ordered(tower, 3, NEXT_H).reasons == ("no_such_vehicle",)
    assert told_again(tower) == tower.state.tables


def test_a_cancelled_order_leaves_its_time_to_others_at_once() -> None:
    tower = stocked()
    assert ordered(tower, 1, 24.0).ok
    assert ordered(tower, 2, None).reasons == ("vehicle_taken",)
    assert tower.state.tables.vehicles[FIRST].condition == "reserved"
    tower.cancel(1, 1)
    assert tower.state.tables.vehicles[FIRST].condition == "available"
    assert ordered(tower, 3, None).ok
