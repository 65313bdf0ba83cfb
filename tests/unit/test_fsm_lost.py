"""An order whose vehicle is lost gets another, or an end that is told (orders-if.md 5.3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.core_kit import machine, order_in, state_of, step_row, tables_of, told, turn_of, vehicle
from tests.support.values import AT
from towerd.faults import INVENTORY_DISAGREES, LOCK_CHANGED, PLACE_UNKNOWN, WRONG_VEHICLE
from towerd.fsm.lost import settle_lost
from towerd.fsm.state import BayRecord, Fault, Tables
from towerd.fsm.turn import Turn
from towerd.orders.model import Vehicle
from towerd.places import OUT, UNKNOWN, bay
from towerd.plc.codes import Code
from towerd.plc.snapshot import Unit

LOST = vehicle("car-1", UNKNOWN, condition="unknown")


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
