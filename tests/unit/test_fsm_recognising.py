"""Which car it really is, by its tag."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    EMPTY_LOCKED,
    OCCUPIED_LOCKED,
    TAG,
    asked,
    job,
    machine,
    order_in,
    step_row,
    told,
    vehicle,
    with_bay,
    with_cabin_vehicle,
    with_load,
)
from tests.support.moves_kit import STOCKED, job_for, move, turn
from towerd.faults import WRONG_VEHICLE
from towerd.fsm.commands import AppendOutbox
from towerd.fsm.inventory import FORK, vehicle_at
from towerd.fsm.recognising import believe_tags, found_vehicle, is_found, read_tags, recognise, settle_found
from towerd.fsm.state import BayRecord
from towerd.fsm.turn import Turn
from towerd.places import CARRIAGE, OUT, UNKNOWN, bay, cabin

OTHER = vehicle("car-2", bay(1, 1), 4712)
BOTH = with_bay(STOCKED, 1, 1, OCCUPIED_LOCKED)
CARRIED = with_load(with_bay(BOTH, 2, 3, EMPTY_LOCKED), tag=4712)


def found_on(place: Any, tag: int = 0) -> Any:
    base = vehicle("found-77", place, tag, condition="unknown", reasons=("no_record",))
    return replace(base, record=replace(base.record, id="found-77"))


def test_a_car_without_a_record_gets_one_without_a_tag() -> None:
    t = turn(vehicles=[], bays={"bay:2-3": BayRecord(bay(2, 3), True, "no record")})
    found = found_vehicle(t, bay(2, 3), "lin")
    assert is_found(found)
    assert (found.record.tag, found.record.offers, found.condition) == (0, {}, "unknown")
    assert vehicle_at(t.tables, bay(2, 3)) == found
    assert not t.tables.bays
    assert told(t) == ["vehicle_found"]


def test_a_found_car_whose_tag_is_of_nobody_keeps_it() -> None:
    t = turn(vehicles=[found_on(CARRIAGE)], seen=CARRIED)
    read_tags(t)
    assert t.tables.vehicles["found-77"].record.tag == 4712
    assert told(t) == ["tag_unknown"]


def test_a_found_car_is_whose_tag_it_bears_and_its_move_goes_with_it() -> None:
    car = vehicle("car-2", UNKNOWN, 4712, condition="unknown")
    moves = [move(vehicle="found-77", job=6)]
    t = turn(*moves, vehicles=[found_on(CARRIAGE), car], seen=CARRIED, jobs=[job_for(vehicle="found-77")])
    read_tags(t)
    assert "found-77" not in t.tables.vehicles
    assert (t.tables.vehicles["car-2"].place, t.tables.vehicles["car-2"].condition) == (CARRIAGE, "moving")
    assert t.tables.moves[5].vehicle == "car-2"
    assert t.tables.jobs[6].vehicle == "car-2"
    assert told(t) == ["inventory_corrected"]


@pytest.mark.parametrize("condition", ["inspection", "out_of_service"])
def test_why_a_car_is_not_offered_outlives_its_being_found(condition: Any) -> None:
    t = turn(vehicles=[found_on(CARRIAGE), vehicle("car-2", OUT, 4712, condition=condition)], seen=CARRIED)
    read_tags(t)
    assert t.tables.vehicles["car-2"].condition == condition


def test_a_returned_car_that_was_lost_and_found_is_still_to_be_looked_at() -> None:
    lost = vehicle("car-2", UNKNOWN, 4712, condition="unknown", rests_as="inspection")
    t = turn(vehicles=[found_on(CARRIAGE), lost], seen=CARRIED)
    read_tags(t)
    assert t.tables.vehicles["car-2"].condition == "inspection"


def test_an_expected_car_with_another_tag_is_nobodys_business_here() -> None:
    t = turn(vehicles=[vehicle(place=CARRIAGE), OTHER], seen=CARRIED)
    read_tags(t)
    assert not t.commands
    known = turn(vehicles=[vehicle(place=CARRIAGE)], seen=with_load(STOCKED))
    read_tags(known)
    assert not known.commands
    nobody = turn(vehicles=[], seen=CARRIED)
    read_tags(nobody)
    assert not nobody.commands


def test_nothing_is_read_while_nothing_is_known() -> None:
    t = turn(vehicles=[found_on(CARRIAGE)], seen=None)
    read_tags(t)
    believe_tags(t, "lin")
    recognise(t, CARRIAGE, 4712, "lin")
    assert not t.commands


def test_a_swap_that_stock_taking_finds_is_corrected_at_both_places() -> None:
    t = turn(move("identify"), vehicles=[vehicle(place=CARRIAGE), OTHER], seen=CARRIED)
    read_tags(t)
    assert t.tables.vehicles["car-2"].place == CARRIAGE
    assert t.tables.moves[5].vehicle == "car-2", "it is its bay that was asked about"
    assert (t.tables.vehicles["car-1"].place, t.tables.vehicles["car-1"].condition) == (UNKNOWN, "unknown")
    left = vehicle_at(t.tables, bay(1, 1))
    assert left is not None
    assert is_found(left)
    asked = [one for one in t.tables.moves.values() if one.vehicle == left.id]
    assert [(one.purpose, one.source, one.by) for one in asked] == [("identify", bay(1, 1), "lin")]


def test_a_move_that_meant_the_other_bay_still_means_it() -> None:
    theirs = move("identify", 6, vehicle="car-2", source=bay(1, 1))
    t = turn(move("identify"), theirs, vehicles=[vehicle(place=CARRIAGE), OTHER], seen=CARRIED)
    read_tags(t)
    left = vehicle_at(t.tables, bay(1, 1))
    assert left is not None
    assert t.tables.moves[6].vehicle == left.id
    assert len(t.tables.moves) == 2


def test_where_the_other_bay_is_empty_nothing_is_left_behind() -> None:
    seen = with_bay(CARRIED, 1, 1, EMPTY_LOCKED)
    t = turn(move("identify"), vehicles=[vehicle(place=CARRIAGE), OTHER], seen=seen)
    read_tags(t)
    assert vehicle_at(t.tables, bay(1, 1)) is None


def test_what_stands_in_a_cabin_or_on_the_carriage_is_left_to_its_reader() -> None:
    seen = with_cabin_vehicle(with_load(machine(), tag=0), 1, 4712)
    t = turn(vehicles=[found_on(cabin(1)), vehicle("car-2", CARRIAGE, 4712)], seen=seen)
    read_tags(t)
    assert t.tables.vehicles["car-2"].place == cabin(1)
    left = vehicle_at(t.tables, CARRIAGE)
    assert left is not None
    assert is_found(left)
    assert not t.tables.moves


def test_a_tag_read_in_two_places_stops_the_machine() -> None:
    seen = with_cabin_vehicle(CARRIED, 1, 4712)
    t = turn(vehicles=[found_on(CARRIAGE), vehicle("car-2", cabin(1), 4712)], seen=seen)
    read_tags(t)
    assert WRONG_VEHICLE in t.tables.faults
    assert t.tables.vehicles["car-2"].place == cabin(1)


def test_a_technician_who_believes_the_tag_corrects_the_books() -> None:
    orders = [order_in("delivering")]
    t = turn(vehicles=[vehicle(place=CARRIAGE, condition="moving"), OTHER], seen=CARRIED, orders=orders, jobs=[job()])
    believe_tags(t, "lin")
    assert t.tables.vehicles["car-2"].place == CARRIAGE
    assert t.tables.vehicles["car-1"].place == UNKNOWN
    assert t.tables.jobs[1].vehicle == "car-1", "the order's job does not go on with another car"
    assert told(t)[-1] == "inventory_corrected"


def test_a_tag_of_nobody_becomes_a_car_of_its_own() -> None:
    t = turn(vehicles=[vehicle(place=CARRIAGE)], seen=CARRIED)
    believe_tags(t, "lin")
    carried = vehicle_at(t.tables, CARRIAGE)
    assert carried is not None
    assert is_found(carried)
    assert (carried.record.tag, carried.condition) == (4712, "unknown")


def test_while_the_fork_is_not_settled_no_tag_is_believed() -> None:
    t = turn(vehicles=[vehicle(place=CARRIAGE), OTHER], seen=CARRIED)
    t.put("steps", FORK, step_row())
    believe_tags(t, "lin")
    assert not t.commands


@pytest.mark.parametrize(("tag", "reason"), [(0, "occupied without a record"), (9, "tag 9 is of no known vehicle")])
def test_a_found_car_that_stays_unknown_leaves_an_unknown_bay(tag: int, reason: str) -> None:
    t = turn(vehicles=[found_on(bay(2, 3), tag)])
    settle_found(t)
    assert "found-77" not in t.tables.vehicles
    assert t.tables.bays["bay:2-3"].reason == reason


def test_a_found_car_that_is_out_is_forgotten_once_its_fetch_has_ended() -> None:
    for state, kept in (("left", True), ("done", False)):
        fetched = move(vehicle="found-77", state=state, target=cabin(1))
        t = turn(fetched, vehicles=[found_on(OUT, 9)])
        settle_found(t)
        assert ("found-77" in t.tables.vehicles) is kept
        assert not t.tables.bays


def _busy(rows: dict[str, Any]) -> Turn:
    moves = rows.pop("moves", [])
    return turn(*moves, vehicles=[found_on(bay(2, 3))], **rows)


@pytest.mark.parametrize(
    "rows", [{"jobs": [job_for(vehicle="found-77", state="held")]}, {"moves": [move(vehicle="found-77")]}]
)
def test_a_found_car_keeps_its_record_while_it_is_wanted(rows: dict[str, Any]) -> None:
    t = _busy(dict(rows))
    settle_found(t)
    assert "found-77" in t.tables.vehicles
    assert TAG


def test_a_tag_is_read_in_a_cabin_as_well() -> None:
    t = turn(vehicles=[found_on(cabin(1))], seen=with_cabin_vehicle(machine(), 1, 9))
    read_tags(t)
    assert t.tables.vehicles["found-77"].record.tag == 9


def test_the_order_of_a_car_that_turned_out_to_be_another_is_told_of_and_goes_on() -> None:
    waiting = turn(vehicles=[vehicle(place=CARRIAGE), OTHER], seen=CARRIED, orders=[order_in("accepted", cabin=None)])
    believe_tags(waiting, "lin")
    assert waiting.tables.orders["ord-1"] == order_in("accepted", cabin=None)
    about = [row.body["order"] for row in asked(waiting, AppendOutbox) if row.body["type"] == "vehicle_unknown"]
    assert about == ["ord-1"]
