"""The book of moves: looked up, moved on, ended."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.core_kit import order_in, told
from tests.support.moves_kit import job_for, move, turn
from towerd.errors import BugError
from towerd.fsm import book
from towerd.places import cabin


def test_what_has_ended_is_not_open() -> None:
    t = turn(move(state="done"), move(number=6), move(number=7, vehicle="car-2", state="cancelled"))
    assert [one.id for one in book.open_moves(t.tables)] == [6]
    found = book.move_of(t.tables, "car-1")
    assert found is not None
    assert found.id == 6
    assert book.move_of(t.tables, "car-2") is None


def test_the_order_that_needs_a_car_is_the_open_one() -> None:
    t = turn(orders=[order_in("completed", "ord-0"), order_in("accepted")])
    found = book.order_of(t.tables, "car-1")
    assert found is not None
    assert found.id == "ord-1"
    assert book.order_of(t.tables, "car-9") is None


@pytest.mark.parametrize(("state", "needed"), [("arrived", False), ("identified", True), ("completed", False)])
def test_an_order_needs_its_car_once_its_customer_has_been_at_the_gate(state: Any, needed: bool) -> None:
    assert (book.needed_by(turn(orders=[order_in(state)]).tables, "car-1") is not None) is needed


@pytest.mark.parametrize(("state", "found"), [("asked", False), ("ready", True), ("left", True), ("done", False)])
def test_a_cabin_stands_open_for_a_fetched_car_from_its_door_to_its_end(state: Any, found: bool) -> None:
    t = turn(move(state=state, target=cabin(1)))
    assert (book.fetched_in(t.tables, 1) is not None) is found
    assert book.fetched_in(t.tables, 2) is None


@pytest.mark.parametrize(("state", "works"), [("running", True), ("held", True), ("done", False), ("cancelled", False)])
def test_a_move_is_at_work_while_its_job_has_not_ended(state: Any, works: bool) -> None:
    t = turn(move(job=6), jobs=[job_for(state=state)])
    assert book.at_work(t.tables, t.tables.moves[5]) is works


def test_without_a_job_or_with_a_forgotten_one_nothing_works() -> None:
    t = turn(move(), move(number=7, job=99))
    assert not book.at_work(t.tables, t.tables.moves[5])
    assert not book.at_work(t.tables, t.tables.moves[7])


def test_an_ended_move_is_told_with_why() -> None:
    t = turn(move())
    book.end_move(t, t.tables.moves[5], "cancel", "nobody came")
    ended = t.tables.moves[5]
    assert (ended.state, ended.why, ended.ended_at) == ("cancelled", "nobody came", t.now)
    assert told(t) == ["move_cancelled"]
    with pytest.raises(BugError):
        book.put_move(t, ended, "finish")


def test_a_car_stands_in_its_cabin_to_be_driven_out() -> None:
    t = turn(move(), place=cabin(1))
    assert book.fetch_at(t.tables, 1) is not None
    assert book.fetch_at(t.tables, 2) is None
    assert book.fetch_at(turn(move(target=cabin(2)), place=cabin(1)).tables, 1) is None
    assert book.fetch_at(turn(move("bring"), place=cabin(1)).tables, 1) is None
    assert book.fetch_at(turn(move(state="left", target=cabin(1))).tables, 1) is not None
