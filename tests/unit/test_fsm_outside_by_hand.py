"""What technicians say of cars outside: out after all, or back without having been driven in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    HOME_BAY,
    TAG,
    answers,
    job,
    machine,
    order_in,
    state_of,
    tables_of,
    told,
    turn_of,
    vehicle,
    with_cabin_vehicle,
)
from tests.support.intake_kit import LOAN, row
from tests.support.moves_kit import move
from towerd.fsm.loans import FETCHED
from towerd.fsm.manual_events import PlaceSet
from towerd.fsm.outside_by_hand import back_denies, car_outside
from towerd.fsm.reply import ReplyTo
from towerd.fsm.turn import Turn
from towerd.places import CARRIAGE, OUT, UNKNOWN, Place, bay, cabin
from towerd.plc.snapshot import Snapshot

API = ReplyTo("api", "1")


def turn(place: Place = UNKNOWN, seen: Snapshot | None = None, **rows: Any) -> Turn:
    cars = rows.pop("vehicles", [vehicle(place=place, condition="unknown")])
    return turn_of(state_of(seen, tables_of(vehicles=cars, **rows)))


def outside(t: Turn, name: str | None = "car-1") -> str | None:
    denied = car_outside(t, PlaceSet(OUT, name, "seen on the street", "ada", API))
    assert denied is None or (len(denied.text) > 10 and len(denied.cure) > 20)
    return denied.reason if denied is not None else None


def test_a_car_that_nobody_finds_is_outside_by_a_technicians_word() -> None:
    t = turn()
    assert outside(t) is None
    car = t.tables.vehicles["car-1"]
    assert (car.place, car.condition, car.reasons, car.lost_at) == (OUT, "out", (FETCHED,), None)
    assert told(t) == ["manual_intervention"]
    assert "drive-in car-1" in (answers(t)[0].result or {})["text"]


@pytest.mark.parametrize(
    ("t", "name", "reason"),
    [
        (turn(), None, "no_such_vehicle"),
        (turn(), "car-9", "no_such_vehicle"),
        (turn(vehicles=[vehicle("found-3", UNKNOWN, 0)]), "found-3", "no_such_vehicle"),
        (turn(OUT), "car-1", "already_out"),
        (turn(HOME_BAY), "car-1", "car_is_here"),
        (turn(CARRIAGE), "car-1", "car_is_here"),
        (turn(seen=with_cabin_vehicle(machine(), 1, TAG)), "car-1", "tag_read"),
        (turn(jobs=[job(state="held")]), "car-1", "job_open"),
        (turn(moves={5: move()}), "car-1", "move_open"),
        (turn(intakes={1: row("turned_away")}), "car-1", "already_returning"),
        (turn(orders=[order_in("accepted")]), "car-1", "order_open"),
    ],
)
def test_not_while_the_books_or_the_tower_say_otherwise(t: Turn, name: str | None, reason: str) -> None:
    before = t.tables
    assert outside(t, name) == reason
    assert t.tables is before


def test_what_stands_elsewhere_keeps_no_car_from_being_outside() -> None:
    seen = with_cabin_vehicle(machine(), 1, 99)
    assert outside(turn(seen=seen, jobs=[job(vehicle="car-2", state="held")])) is None


def test_a_car_that_is_out_takes_more_than_its_name_to_be_back() -> None:
    t = turn(OUT, loans={"ord-0": replace(LOAN, id="ord-0", state="returned"), "ord-1": LOAN})
    denied = back_denies(t, "car-1", bay(5, 1))
    assert denied is not None
    assert (denied.reason, "4711" in denied.text) == ("car_is_out", True)
    assert "towerctl bay set 5-1 car-1 --override" in denied.cure
    denied = back_denies(turn(OUT), "car-1", cabin(2))
    assert denied is not None
    assert (denied.text, "bay set cabin:2 car-1" in denied.cure) == ("car-1 is out by the books", True)


@pytest.mark.parametrize("place", [UNKNOWN, HOME_BAY])
def test_a_car_that_is_not_out_takes_nothing_more(place: Place) -> None:
    assert back_denies(turn(place), "car-1", HOME_BAY) is None
    assert back_denies(turn(place), "car-9", HOME_BAY) is None
