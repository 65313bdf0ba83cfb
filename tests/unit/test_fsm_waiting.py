"""What everything that is open waits for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    OCCUPIED_LOCKED,
    config,
    order_in,
    standing_at,
    step_row,
    vehicle,
    with_cabin,
    with_cabin_vehicle,
    with_load,
)
from tests.support.intake_kit import row as intake
from tests.support.moves_kit import STOCKED, job_for, move, turn
from tests.support.values import AT
from towerd.bays.sizes import Size
from towerd.cabin.model import CabinSensors, DoorState
from towerd.faults import COMMAND_FAILED, DEVICE_SLOWER, DOOR_STUCK, OUTBOX_FILLS
from towerd.fsm.intake_row import Owing
from towerd.fsm.state import BayRecord, Fault, TagReading
from towerd.fsm.waiting import waiting
from towerd.places import CARRIAGE, OUT, UNKNOWN, bay, cabin

HERE = with_cabin_vehicle(STOCKED, 1)
LOADED = standing_at(with_cabin(with_load(STOCKED), 1, off=CabinSensors.CLEAR_CONFIRMED), cabin(1))
SHUT = with_cabin(with_cabin(STOCKED, 1, outer_door=DoorState.OPEN), 2, outer_door=DoorState.OPEN)
READ = {"readings": {"ord-1": TagReading(1, 4711, HERE.cabin(1).occupancy_epoch)}}


FULL = with_load(replace(STOCKED, bay_words=(OCCUPIED_LOCKED,) * 12), tag=4712)
TWO = [vehicle(), vehicle("car-2", CARRIAGE, 4712)]


def codes(*moves: Any, **given: Any) -> list[str]:
    return [row.code for row in waiting(turn(*moves, **given))]


def test_a_held_job_says_how_it_goes_on() -> None:
    order = order_in("delivering")
    (row,) = waiting(turn(orders=[order], jobs=[job_for("deliver", state="held", order=order.id)]))
    assert (row.code, row.cure, row.asks) == ("job_held", "towerctl job resume 6", "help")
    assert row.what.startswith(f"job 6 for order {order.number}")


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, ["cabin_not_clear"]),
        ({"seen": STOCKED, "place": bay(2, 3)}, []),
        ({"place": UNKNOWN}, ["vehicle_unknown"]),
        ({"steps": [step_row(job=6)]}, []),
        ({"faults": {COMMAND_FAILED: Fault(COMMAND_FAILED, AT, "x")}}, []),
    ],
)
def test_a_running_job_says_what_it_waits_for(given: dict[str, Any], found: list[str]) -> None:
    assert codes(**{"seen": LOADED, "place": CARRIAGE, "jobs": [job_for()], **given}) == found


@pytest.mark.parametrize(
    ("state", "given", "found"),
    [
        ("accepted", {}, []),
        ("accepted", {"vehicles": []}, []),
        ("completed", {"place": UNKNOWN}, ["vehicle_unknown"]),
        ("accepted", {"place": UNKNOWN}, ["vehicle_unknown"]),
        ("identified", {"place": OUT}, ["vehicle_unknown"]),
        ("ready", {}, ["drive_out"]),
        ("handed_over", {}, ["cabin_not_clear"]),
        ("handed_over", {"seen": SHUT}, ["leave_cabin"]),
        ("handed_over", {"seen": with_cabin_vehicle(SHUT, 1)}, ["another_car_followed"]),
        ("staged", {"seen": HERE, "place": cabin(1), "volatile": READ}, ["customer_awaited"]),
        ("staged", {"seen": with_cabin(HERE, 1, tag=0), "place": cabin(1)}, ["tag_not_read"]),
        (
            "delivering",
            {"jobs": [job_for("deliver", state="cancelled", order="ord-1", stopped_by="ada")]},
            ["job_cancelled"],
        ),
        ("delivering", {"bays": {"bay:2-3": BayRecord(bay(2, 3), disabled=True)}}, ["bay_disabled"]),
        ("delivering", {}, ["carriage_awaited"]),
        ("delivering", {"seen": HERE}, ["no_free_cabin"]),
        ("identified", {"seen": with_load(STOCKED)}, ["carriage_unrecorded"] * 2),
        ("identified", {"seen": FULL, "vehicles": TWO}, ["no_free_bay"] * 2),
    ],
)
def test_an_order_says_what_it_waits_for(state: str, given: dict[str, Any], found: list[str]) -> None:
    assert codes(orders=[order_in(state)], **given) == found


def test_an_order_waits_for_its_car_since_its_customer_is_there() -> None:
    came_at = AT - timedelta(minutes=9)
    (row,) = waiting(turn(orders=[order_in("delivering", arrived_at=came_at)]))
    assert (row.code, row.since_at) == ("carriage_awaited", came_at)
    asked = turn(seen=HERE, place=cabin(1), volatile=READ, orders=[order_in("staged", arrived_at=came_at)])
    (row,) = waiting(asked)
    assert (row.code, row.since_at) == ("customer_awaited", AT)
    lost = vehicle(place=UNKNOWN, lost_at=AT - timedelta(minutes=2))
    (row,) = waiting(turn(orders=[order_in("delivering", arrived_at=came_at)], vehicles=[lost]))
    assert row.since_at == lost.lost_at


def test_who_waits_behind_a_car_on_the_carriage_is_told_what_that_one_waits_for() -> None:
    given: dict[str, Any] = {"seen": with_load(STOCKED, tag=4712), "vehicles": TWO}
    both = [order_in("identified", cabin=None), order_in("identified", "ord-2", vehicle="car-2", cabin=None)]
    stopped = job_for("deliver", vehicle="car-2", order="ord-2", state="cancelled", stopped_by="ada")
    assert codes(**given, orders=both, jobs=[stopped]) == ["job_cancelled"] * 2
    there = move("move", vehicle="car-2", target=bay(2, 3))
    assert codes(there, **given, orders=both[:1]) == ["no_free_bay"] * 2


def test_an_order_whose_car_is_lost_says_until_when_it_is_looked_for() -> None:
    (row,) = waiting(turn(orders=[order_in("staged")], vehicles=[vehicle(place=UNKNOWN, lost_at=AT)]))
    assert "If it is not found by 08:30 UTC, the order gets another car or ends" in row.text
    assert row.cure.startswith("Look where it stands")


def test_an_order_without_a_cabin_waits_for_any() -> None:
    assert codes(orders=[order_in("identified", cabin=None)], seen=SHUT) == ["no_free_cabin"]


@pytest.mark.parametrize(
    ("one", "given", "found"),
    [
        (move(), {}, ["carriage_awaited"]),
        (move(), {"place": UNKNOWN}, ["vehicle_unknown"]),
        (move(), {"seen": SHUT}, ["no_free_cabin"]),
        (move(), {"seen": HERE, "place": cabin(1), "orders": [order_in("accepted")]}, ["vehicle_wanted"]),
        (move(), {"seen": HERE, "place": cabin(1)}, []),
        (move(), {"seen": STOCKED, "place": cabin(1)}, ["no_vehicle_in_cabin"]),
        (move("put_back"), {}, ["no_free_bay"]),
        (move(), {"bays": {"bay:2-3": BayRecord(bay(2, 3), disabled=True)}}, ["bay_disabled"]),
        (move("move", target=bay(1, 1)), {"bays": {"bay:1-1": BayRecord(bay(1, 1), disabled=True)}}, ["bay_disabled"]),
        (move("move", target=bay(1, 1)), {}, ["carriage_awaited"]),
        (move("identify", tag=7), {}, []),
        (move("bring", state="arrived", target=cabin(1)), {}, ["kept_in_cabin"]),
        (move(state="ready", target=cabin(1)), {}, ["drive_out"]),
        (move(state="left", target=cabin(1)), {}, ["leave_cabin"]),
        (move(job=6), {"jobs": [job_for()]}, []),
        (
            move("put_back"),
            {"seen": with_load(with_cabin_vehicle(STOCKED, 2)), "place": cabin(2)},
            ["carriage_unrecorded"] * 2,
        ),
    ],
)
def test_a_move_says_what_it_waits_for(one: Any, given: dict[str, Any], found: list[str]) -> None:
    assert codes(one, **given) == found


def test_people_and_faults_are_told_without_a_picture_too() -> None:
    faults = {number: Fault(number, AT, "x") for number in (COMMAND_FAILED, DEVICE_SLOWER, DOOR_STUCK)}
    rows = {"intakes": {1: intake("waiting"), 2: intake("storing", cabin=2)}, "owing": {1: Owing(1, "button", AT)}}
    faults[OUTBOX_FILLS] = Fault(OUTBOX_FILLS, AT, "many wait")
    found = waiting(turn(seen=None, faults=faults, **rows))
    assert [(row.code, row.asks) for row in found] == [
        ("drive_in_waiting", "customer"),
        ("button_owed", "help"),
        ("TWR-4001", "help"),
        ("TWR-5004", "help"),
    ]


def test_a_move_to_a_bay_that_is_too_small_says_so() -> None:
    t = turn(move("move", target=bay(1, 1)))
    t.config = config(bay_sizes=(Size(4000, 2000, 1600, 2500),))
    assert [row.code for row in waiting(t)] == ["bay_too_small"]
