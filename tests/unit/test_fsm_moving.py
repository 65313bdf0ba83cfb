"""Moves are followed to their end by where their vehicle is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    EMPTY_LOCKED,
    HOME_BAY,
    MONO_S,
    TAG,
    later,
    order_in,
    told,
    vehicle,
    with_bay,
    with_cabin_vehicle,
    with_load,
)
from tests.support.moves_kit import STOCKED, job_for, move, turn
from tests.support.values import AT
from towerd.fsm.moving import follow_moves
from towerd.fsm.state import Move
from towerd.fsm.turn import Turn
from towerd.places import CARRIAGE, OUT, UNKNOWN, Place, bay, cabin

EMPTIED = with_bay(STOCKED, 2, 3, EMPTY_LOCKED)
HERE = with_cabin_vehicle(EMPTIED, 1)


def follow(one: Move, place: Place = HOME_BAY, **rows: Any) -> tuple[Turn, Move]:
    t = turn(one, place=place, **rows)
    follow_moves(t)
    return t, t.tables.moves[one.id]


@pytest.mark.parametrize(
    ("one", "place", "state"),
    [
        (move("move", target=bay(3, 4)), bay(3, 4), "done"),
        (move("move", target=bay(3, 4)), CARRIAGE, "asked"),
        (move("put_back"), bay(3, 1), "done"),
        (move("store"), cabin(1), "asked"),
        (move("fetch"), cabin(1), "asked"),
        (move("fetch", state="ready", target=cabin(1)), OUT, "ready"),
        (move("bring"), cabin(2), "arrived"),
        (move("bring", target=cabin(1)), cabin(2), "asked"),
        (move("bring", target=cabin(1)), bay(2, 3), "asked"),
        (move("bring", state="arrived", target=cabin(1)), cabin(1), "arrived"),
        (move("bring", state="arrived", target=cabin(1)), CARRIAGE, "done"),
        (move("identify", tag=TAG), bay(2, 3), "done"),
        (move("identify"), bay(2, 3), "asked"),
        (move("identify"), bay(3, 3), "cancelled"),
        (move("identify", tag=0), CARRIAGE, "asked"),
        (move("fetch"), UNKNOWN, "cancelled"),
        (move("fetch"), OUT, "cancelled"),
    ],
)
def test_its_place_says_how_far_a_move_is(one: Move, place: Place, state: str) -> None:
    _t, followed = follow(one, place)
    assert followed.state == state
    assert (followed.ended_at is not None) is (state in ("done", "cancelled"))


def test_a_car_that_has_been_brought_is_held_in_its_cabin() -> None:
    t, held = follow(move("bring"), cabin(2))
    assert held.target == cabin(2)
    assert told(t) == ["move_arrived"]


@pytest.mark.parametrize(
    ("state", "ended"), [("running", False), ("held", False), ("cancelled", True), ("done", False)]
)
def test_a_cancelled_job_ends_its_move(state: Any, ended: bool) -> None:
    _t, followed = follow(move(job=6), jobs=[job_for(state=state)])
    assert (followed.state == "cancelled") is ended


def read(seen: Any, later_s: float = 0.0, **values: Any) -> Move:
    t = turn(move("identify", job=6), seen=seen, place=CARRIAGE, jobs=[job_for("identify", state="done", **values)])
    t = later(t, MONO_S + later_s)
    follow_moves(t)
    return t.tables.moves[5]


def test_a_tag_is_read_where_the_car_stands() -> None:
    seen = with_load(EMPTIED)
    assert read(seen).tag == TAG


def test_a_reader_has_a_moment_then_nothing_could_be_read() -> None:
    blank = with_load(EMPTIED, tag=0)
    ended_at = turn().now
    assert read(blank, 2.9, ended_at=ended_at).tag is None
    late = read(blank, 3.1, ended_at=ended_at)
    assert (late.tag, late.why) == (0, "the tag could not be read")
    assert read(blank, 3.1).tag == 0, "without the end of its job since it was asked for"


def test_nothing_is_read_while_nothing_is_known() -> None:
    assert read(None, 10.0).tag is None


@pytest.mark.parametrize(
    ("purpose", "order", "job", "state"),
    [
        ("identify", "identified", "running", "cancelled"),
        ("identify", "identified", "done", "cancelled"),
        ("identify", "staged", "done", "asked"),
        ("identify", "arrived", "running", "asked"),
        ("identify", "identified", "held", "asked"),
        ("bring", "identified", "running", "asked"),
    ],
)
def test_a_tag_is_read_for_its_own_sake_until_a_customer_waits_for_the_car(
    purpose: Any, order: Any, job: Any, state: str
) -> None:
    work = job_for(purpose, state=job, target=CARRIAGE)
    t, followed = follow(
        move(purpose, job=6), CARRIAGE, jobs=[work], orders=[order_in(order, identified_at=AT)], seen=None
    )
    assert followed.state == state
    assert followed.why == ("order ord-1 needs car-1" if state == "cancelled" else None)
    ends = state == "cancelled" and job == "running"
    assert t.tables.jobs[6].state == ("cancelled" if ends else job)


def test_a_tag_that_nobody_has_begun_to_read_is_not_read_while_a_customer_waits() -> None:
    _t, followed = follow(move("identify"), orders=[order_in("identified")])
    assert followed.state == "cancelled"


def test_without_moves_a_found_car_is_settled_all_the_same() -> None:
    found = replace(vehicle(condition="unknown"), record=replace(vehicle().record, id="found-3", tag=0))
    t = turn(vehicles=[found])
    follow_moves(t)
    assert "found-3" not in t.tables.vehicles
    assert t.tables.bays["bay:2-3"].unknown
