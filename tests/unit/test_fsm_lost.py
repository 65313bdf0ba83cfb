"""An order whose vehicle is lost gets another, or an end that is told (orders-if.md 5.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    MONO_S,
    config,
    machine,
    order_in,
    state_of,
    step_row,
    tables_of,
    told,
    turn_of,
    vehicle,
    with_cabin,
)
from tests.support.values import AT
from towerd.cabin.model import DoorState
from towerd.faults import INVENTORY_DISAGREES, LOCK_CHANGED, PLACE_UNKNOWN, WRONG_VEHICLE
from towerd.fsm.lost import let_go_of_cabins, looked_for_until, settle_lost, settle_unfit
from towerd.fsm.orders import every_minute
from towerd.fsm.state import BayRecord, Fault, Tables
from towerd.fsm.turn import Turn
from towerd.orders.model import Order, Slot, Vehicle
from towerd.places import OUT, UNKNOWN, bay
from towerd.plc.codes import Code
from towerd.plc.snapshot import Snapshot, Unit

PICTURE = machine()
LOST = vehicle("car-1", UNKNOWN, condition="unknown")
ELECTRIC = replace(LOST.record, propulsion="electric")


def turn(state: str, *others: Vehicle, **values: object) -> Turn:
    tables = tables_of(vehicles=[LOST, *others], orders=[order_in(state, **values)])
    return turn_of(state_of(machine(), tables))


def another() -> Vehicle:
    return replace(vehicle("car-2", bay(1, 1), 4712), record=replace(LOST.record, id="car-2", tag=4712))


@pytest.mark.parametrize("state", ["accepted", "arrived"])
def test_who_has_not_come_to_the_gate_gets_another_of_the_same(state: str) -> None:
    t = turn(state, another(), cabin=None)
    settle_lost(t)
    assert (t.tables.orders["ord-1"].vehicle, t.tables.orders["ord-1"].state) == ("car-2", state)
    assert t.tables.vehicles["car-2"].condition == "reserved"
    assert told(t) == ["order_vehicle_replaced"]
    before = t.tables
    settle_lost(t)
    assert t.tables is before


def test_a_bought_car_is_replaced_by_one_that_is_for_sale() -> None:
    for_sale = replace(another(), record=replace(another().record, offers={"purchase": {"price": 1}}))
    t = turn("accepted", for_sale, cabin=None, kind="collect")
    settle_lost(t)
    assert t.tables.orders["ord-1"].vehicle == "car-2"


@pytest.mark.parametrize("kind", ["stock_in", "stock_out"])
def test_a_dealer_gets_no_other_car_than_the_own_one(kind: str) -> None:
    t = turn("accepted", another(), cabin=None, kind=kind)
    settle_lost(t)
    order = t.tables.orders["ord-1"]
    assert (order.state, order.vehicle, t.tables.vehicles["car-2"].condition) == ("failed", "car-1", "available")


@pytest.mark.parametrize("state", ["accepted", "identified", "delivering", "staged"])
def test_else_the_order_ends_and_says_why(state: str) -> None:
    t = turn(state) if state == "accepted" else turn(state, another())
    settle_lost(t)
    ended = t.tables.orders["ord-1"]
    assert (ended.state, ended.reason) == ("failed", "vehicle_unavailable")
    assert t.tables.vehicles["car-1"].condition == "unknown"
    assert told(t) == ["order_failed"]


@pytest.mark.parametrize("fault", [PLACE_UNKNOWN, WRONG_VEHICLE, INVENTORY_DISAGREES, LOCK_CHANGED])
def test_nothing_ends_while_the_vehicle_is_looked_for(fault: int) -> None:
    t = turn("delivering")
    t.put("faults", fault, Fault(fault, AT, "gone"))
    settle_lost(t)
    assert t.tables.orders["ord-1"].state == "delivering"


def test_nothing_ends_while_a_place_is_in_doubt() -> None:
    t = turn("delivering")
    t.put("bays", "bay:2-3", BayRecord(bay(2, 3), unknown=True))
    settle_lost(t)
    assert t.tables.orders["ord-1"].state == "delivering"
    t.put("bays", "bay:2-3", BayRecord(bay(2, 3), disabled=True))
    settle_lost(t)
    assert t.tables.orders["ord-1"].state == "failed"


def test_nothing_ends_while_a_car_stands_there_whose_tag_is_still_to_be_read() -> None:
    t = turn("delivering", vehicle("found-1", bay(2, 3), 0))
    settle_lost(t)
    assert t.tables.orders["ord-1"].state == "delivering"
    t = turn("delivering", vehicle("found-1", OUT, 0))
    settle_lost(t)
    assert t.tables.orders["ord-1"].state == "failed"


def test_nothing_ends_while_a_door_opens_nor_once_it_has_ended() -> None:
    opening = step_row(Unit.CABIN1, "running", Code.OUTER_DOOR, (1, 5, 0, 0))
    tables = tables_of(vehicles=[LOST], orders=[order_in("staged")], steps=[opening])
    t = turn_of(state_of(machine(), tables))
    settle_lost(t)
    assert t.tables is tables
    t = turn_of(state_of(machine(), tables_of(vehicles=[LOST], orders=[order_in("completed")])))
    settle_lost(t)
    assert told(t) == []


def settled(order: Order, *, after_s: float, rows: dict[str, Any], seen: Snapshot | None = PICTURE) -> Turn:
    """A turn that settles, `after_s` after the car was lost; rows of other tables by name."""
    lost = replace(LOST, lost_at=AT)
    cars = [lost, *rows.pop("others", [])]
    tables = tables_of(vehicles=cars, orders=[order], **rows)
    t = turn_of(state_of(seen, tables), MONO_S + after_s)
    settle_lost(t)
    return t


LOOKED_FOR: list[dict[str, Any]] = [
    {"faults": {PLACE_UNKNOWN: Fault(PLACE_UNKNOWN, AT, "gone")}},
    {"bays": {"bay:2-3": BayRecord(bay(2, 3), unknown=True)}},
    {"others": [vehicle("found-1", bay(2, 3), 0, condition="unknown")]},
]


@pytest.mark.parametrize("rows", LOOKED_FOR, ids=["fault", "place", "found"])
@pytest.mark.parametrize("state", ["identified", "delivering", "staged"])
def test_who_stands_at_the_gate_is_told_in_bounded_time_although_the_car_is_still_looked_for(
    state: str, rows: dict[str, Any]
) -> None:
    order = order_in(state, slot=Slot(AT, AT + timedelta(days=30)))
    assert settled(order, after_s=1799, rows=dict(rows)).tables.orders["ord-1"].state == state
    t = settled(order, after_s=1800, rows=dict(rows))
    assert (t.tables.orders["ord-1"].state, t.tables.orders["ord-1"].reason) == ("failed", "vehicle_unavailable")
    assert told(t) == ["order_failed"]


@pytest.mark.parametrize("rows", LOOKED_FOR, ids=["fault", "place", "found"])
def test_who_is_still_to_come_is_told_before_the_slot(rows: dict[str, Any]) -> None:
    order = order_in("accepted", cabin=None, slot=Slot(AT + timedelta(hours=9), AT + timedelta(hours=10)))
    comes_s = 9 * 3600 - config().early_s
    assert settled(order, after_s=comes_s - 1, rows=dict(rows)).commands == []
    t = settled(order, after_s=comes_s, rows=dict(rows))
    assert (t.tables.orders["ord-1"].state, t.tables.orders["ord-1"].reason) == ("failed", "vehicle_unavailable")
    others = [another(), *rows.get("others", [])]
    t = settled(order, after_s=comes_s, rows={**rows, "others": others})
    assert t.tables.orders["ord-1"].vehicle == "car-2"


def test_who_may_come_any_minute_gets_another_at_once_and_is_not_told_of_an_end_too_early() -> None:
    order = order_in("accepted", cabin=None)
    assert settled(order, after_s=60, rows=dict(LOOKED_FOR[0])).commands == []
    t = settled(order, after_s=60, rows={**LOOKED_FOR[0], "others": [another()]})
    assert told(t) == ["order_vehicle_replaced"]


def test_a_customer_who_did_not_come_for_a_lost_car_has_missed_nothing() -> None:
    gone = order_in("accepted", cabin=None, slot=Slot(AT - timedelta(hours=1), AT))
    rows = {**LOOKED_FOR[0], "others": [another()]}
    t = settled(gone, after_s=1, rows=rows)
    assert (t.tables.orders["ord-1"].state, t.tables.orders["ord-1"].reason) == ("failed", "vehicle_unavailable")
    late = turn_of(state_of(machine(), tables_of(vehicles=[LOST], orders=[gone])), MONO_S + 1)
    every_minute(late)
    assert late.commands == [], "no no-show"
    endless = settled(order_in("accepted", cabin=None, slot=None), after_s=1800, rows=dict(LOOKED_FOR[0]))
    assert endless.tables.orders["ord-1"].state == "failed"


def test_when_a_car_was_lost_that_an_older_version_knew_lost_is_the_orders_beginning() -> None:
    assert looked_for_until(turn("delivering"), order_in("delivering"), LOST) == AT + timedelta(minutes=30)


@pytest.mark.parametrize("state", ["identified", "delivering", "staged"])
def test_a_lost_car_keeps_no_cabin_from_others(state: str) -> None:
    t = turn(state)
    let_go_of_cabins(t)
    assert (t.tables.orders["ord-1"].cabin, t.tables.orders["ord-1"].state) == (None, state)
    before = t.tables
    let_go_of_cabins(t)
    assert t.tables is before


def test_a_cabin_is_kept_as_long_as_its_car_may_leave_there() -> None:
    opening = step_row(Unit.CABIN1, "running", Code.OUTER_DOOR, (1, 5, 0, 0))
    kept = [
        turn_of(state_of(machine(), tables_of(vehicles=[LOST], orders=[order_in("staged")], steps=[opening]))),
        turn_of(
            state_of(
                with_cabin(machine(), 1, outer_door=DoorState.OPENING),
                tables_of(vehicles=[LOST], orders=[order_in("staged")]),
            )
        ),
        turn_of(state_of(None, tables_of(vehicles=[LOST], orders=[order_in("staged")]))),
        turn("ready"),
        turn_of(state_of(machine(), tables_of(vehicles=[vehicle()], orders=[order_in("staged")]))),
    ]
    for t in kept:
        let_go_of_cabins(t)
        assert t.tables.orders["ord-1"].cabin == 1


def test_an_order_whose_vehicle_is_where_it_should_be_is_left_alone() -> None:
    t = turn_of(
        state_of(
            machine(),
            tables_of(vehicles=[vehicle()], orders=[order_in("accepted"), order_in("accepted", "ord-2", vehicle=None)]),
        )
    )
    settle_lost(t)
    assert told(t) == []
    assert isinstance(t.tables, Tables)


def unfit(state: str, *others: Vehicle, kind: str = "test_drive", **car: Any) -> Turn:
    """car-1 of an order in this state is out of service since this turn."""
    order = order_in(state, kind=kind)
    t = turn_of(state_of(machine(), tables_of(vehicles=[vehicle(), *others], orders=[order])))
    t.put_vehicle(t.tables.vehicles["car-1"], **{"rests_as": "out_of_service", "condition": "out_of_service", **car})
    settle_unfit(t)
    return t


def test_an_order_whose_vehicle_is_out_of_service_gets_another_at_once() -> None:
    t = unfit("accepted", another())
    assert t.tables.orders["ord-1"].vehicle == "car-2"
    assert told(t) == ["order_vehicle_replaced"]


@pytest.mark.parametrize("state", ["accepted", "identified", "staged"])
def test_or_ends_where_there_is_none_or_the_customer_is_at_the_gate(state: str) -> None:
    t = unfit(state, *(() if state == "accepted" else (another(),)))
    assert (t.tables.orders["ord-1"].state, t.tables.orders["ord-1"].reason) == ("failed", "vehicle_unavailable")
    assert t.tables.vehicles["car-1"].condition == "out_of_service"


@pytest.mark.parametrize(
    ("state", "car"),
    [
        ("ready", {}),
        ("accepted", {"kind": "stock_out"}),
        ("completed", {}),
        ("accepted", {"rests_as": "available"}),
        ("accepted", {"place": UNKNOWN}),
    ],
)
def test_a_car_that_is_handed_over_free_or_looked_for_is_left_alone(state: str, car: dict[str, Any]) -> None:
    t = unfit(state, another(), **car)
    assert (t.tables.orders["ord-1"].state, t.tables.orders["ord-1"].vehicle) == (state, "car-1")


def test_nobody_asks_where_no_vehicle_changed() -> None:
    car = vehicle(rests_as="inspection", condition="inspection")
    t = turn_of(state_of(machine(), tables_of(vehicles=[car], orders=[order_in("accepted")])))
    settle_unfit(t)
    assert told(t) == []


def test_a_car_that_is_not_charged_enough_is_replaced_and_nobodys_again() -> None:
    t = unfit("accepted", another(), record=ELECTRIC, charge_ratio=0.49, rests_as="available", condition="reserved")
    assert t.tables.orders["ord-1"].vehicle == "car-2"
    assert (t.tables.vehicles["car-1"].condition, t.tables.vehicles["car-2"].condition) == ("available", "reserved")


def test_one_that_is_charged_enough_stays() -> None:
    t = unfit("accepted", another(), record=ELECTRIC, charge_ratio=0.5, rests_as="available", condition="reserved")
    assert t.tables.orders["ord-1"].vehicle == "car-1"
