"""A dealer who has come with an announced vehicle (orders-if.md 5.1, 6.4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    CABIN_1,
    OCCUPIED_LOCKED,
    machine,
    order_in,
    state_of,
    tables_of,
    told,
    turn_of,
    vehicle,
    with_cabin,
)
from tests.support.intake_kit import row
from towerd.cabin.model import DoorState
from towerd.fsm.intake_row import Intake
from towerd.fsm.state import IdentityDecision
from towerd.fsm.stocking import run_stock_in
from towerd.fsm.turn import Turn
from towerd.fsm.waiting import waiting
from towerd.places import CARRIAGE, OUT, UNKNOWN, Place, bay

SHUT = with_cabin(with_cabin(machine(), 1, inner_door=DoorState.OPEN), 2, inner_door=DoorState.OPEN)
FULL = replace(machine(), bay_words=(OCCUPIED_LOCKED,) * 12)


def turn(
    state: str,
    intake: Intake | None = None,
    place: Place = OUT,
    *,
    here: bool = True,
    seen: Any = None,
    kind: str = "stock_in",
) -> Turn:
    order = order_in(state, kind=kind, cabin=None)
    cars = [vehicle(place=place, condition="out" if place == OUT else "moving")]
    intakes = {1: intake} if intake is not None else {}
    decisions = {"ord-1": IdentityDecision("ord-1", "code", 1000.0, "not_checked", None)} if here else {}
    tables = tables_of(vehicles=cars, orders=[order], intakes=intakes)
    t = turn_of(state_of(seen or machine(), tables, decisions=decisions))
    run_stock_in(t)
    return t


def stock(state: str, **values: Any) -> Intake:
    return row(state, kind="stock", **values)


def test_a_cabin_opens_for_a_dealer_who_is_there() -> None:
    t = turn("identified")
    opened = t.tables.intakes[1]
    assert (opened.kind, opened.about, opened.vehicle, opened.state) == ("stock", "ord-1", "car-1", "opening")
    assert not t.volatile.decisions
    assert told(t) == ["manual_intervention"]
    # and stays for this car
    before = t.tables
    run_stock_in(t)
    assert t.tables is before


def test_or_as_soon_as_one_may() -> None:
    t = turn("identified", seen=FULL)
    assert (dict(t.tables.intakes), told(t)) == ({}, [])
    assert "No bay is free" in t.volatile.doing


@pytest.mark.parametrize("intake", [None, stock("refused"), stock("expired")])
def test_who_is_not_known_any_more_types_the_code_again(intake: Intake | None) -> None:
    t = turn("identified", intake, here=False)
    assert t.tables.orders["ord-1"].state == "arrived"


def test_a_car_that_is_accepted_is_stocked_in() -> None:
    t = turn("identified", stock("storing"), CABIN_1, here=False)
    assert (t.tables.orders["ord-1"].state, told(t)) == ("storing", ["vehicle_stocked_in"])
    run_stock_in(t)
    assert t.tables.orders["ord-1"].state == "storing"


@pytest.mark.parametrize("intake", [None, stock("refused"), stock("securing")])
@pytest.mark.parametrize("place", [CARRIAGE, bay(1, 1)])
def test_no_cabin_opens_for_a_car_that_stands_in_the_tower(place: Place, intake: Intake | None) -> None:
    t = turn("identified", intake, place)
    assert (t.tables.orders["ord-1"].state, told(t)) == ("storing", ["vehicle_stocked_in"])
    assert t.tables.intakes.get(1) == intake


def test_nor_for_one_that_nobody_can_find() -> None:
    t = turn("identified", None, UNKNOWN)
    assert (t.tables.orders["ord-1"].state, dict(t.tables.intakes)) == ("identified", {})


@pytest.mark.parametrize("place", [CARRIAGE, bay(1, 1), CABIN_1])
def test_the_order_is_over_once_the_cabin_is_done_with_it(place: Place) -> None:
    t = turn("storing", stock("done"), place, here=False)
    assert (t.tables.orders["ord-1"].state, t.tables.vehicles["car-1"].condition) == ("completed", "available")
    assert told(t) == ["order_completed"]


def test_a_car_that_nobody_finds_ends_it_too() -> None:
    t = turn("storing", stock("refused"), UNKNOWN, here=False)
    order = t.tables.orders["ord-1"]
    assert (order.state, order.reason) == ("failed", "vehicle_unavailable")


@pytest.mark.parametrize(
    ("state", "kind"), [("accepted", "stock_in"), ("arrived", "stock_in"), ("identified", "test_drive")]
)
def test_nobody_else_is_seen_to(state: str, kind: str) -> None:
    t = turn(state, kind=kind)
    assert (dict(t.tables.intakes), told(t)) == ({}, [])


@pytest.mark.parametrize(
    ("state", "intake", "seen", "found"),
    [
        ("identified", None, FULL, ["no_free_bay"]),
        ("identified", None, SHUT, ["no_free_cabin"]),
        ("identified", stock("waiting"), machine(), []),
        ("accepted", None, FULL, []),
    ],
)
def test_why_says_what_a_dealer_waits_for(state: str, intake: Intake | None, seen: Any, found: list[str]) -> None:
    rows = [one for one in waiting(turn(state, intake, seen=seen)) if one.what.startswith("order")]
    assert [one.code for one in rows] == found
