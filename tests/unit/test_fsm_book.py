"""The book of moves: looked up, moved on, ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import HOME_BAY, order_in, told, with_bay
from tests.support.moves_kit import OCCUPIED, STOCKED, job_for, move, turn
from tests.support.values import AT
from towerd.bays.model import BayBits
from towerd.errors import BugError
from towerd.fsm import book
from towerd.fsm.state import BayRecord
from towerd.orders.model import Slot
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
    found = book.order_of(t, "car-1")
    assert found is not None
    assert found.id == "ord-1"
    assert book.order_of(t, "car-9") is None


def at(minutes: float) -> Slot:
    """A slot that begins so many minutes from now."""
    return Slot(AT + timedelta(minutes=minutes), AT + timedelta(minutes=minutes + 30))


@pytest.mark.parametrize(
    ("minutes", "state", "kind", "whose", "wanted"),
    [
        (15, "accepted", "test_drive", True, True),
        (16, "accepted", "test_drive", False, True),
        (120, "accepted", "test_drive", False, True),
        (121, "accepted", "test_drive", False, False),
        (121, "staged", "test_drive", True, True),
        (121, "accepted", "stock_in", True, True),
    ],
)
def test_whose_turn_it_is_and_who_would_suffer(
    minutes: float, state: str, kind: str, whose: bool, wanted: bool
) -> None:
    t = turn(orders=[order_in(state, kind=kind, slot=at(minutes), cabin=None)])
    assert (book.order_of(t, "car-1") is not None) is whose
    assert (book.wanted_by(t, "car-1") is not None) is wanted
    assert book.wanted_by(t, "car-9") is None


def test_who_is_at_the_gate_comes_first_then_the_earliest_slot() -> None:
    t = turn(
        orders=[
            order_in("accepted", "ord-1", slot=at(5), cabin=None),
            order_in("identified", "ord-2", slot=at(9)),
            order_in("accepted", "ord-3", slot=at(-5), cabin=None),
            order_in("accepted", "ord-4", slot=None, cabin=None, accepted_at=AT - timedelta(hours=1)),
        ]
    )
    assert [one.id for one in book.orders_of(t.tables, "car-1")] == ["ord-2", "ord-4", "ord-3", "ord-1"]
    assert book.precedence(order_in("accepted", cabin=1)) < book.precedence(order_in("accepted", cabin=None))


def test_an_order_may_be_collected_from_a_little_before_its_slot() -> None:
    t = turn()
    assert book.in_time(t, order_in("accepted", slot=at(15)))
    assert not book.in_time(t, order_in("accepted", slot=at(15.1)))
    assert book.in_time(t, order_in("accepted", slot=None))


def test_decisions_read_the_tables_as_they_are() -> None:
    t = turn(orders=[order_in("accepted")])
    found = book.book_of(t.tables, t.snapshot)
    assert (found.orders, found.vehicles) == (t.tables.orders, t.tables.vehicles)


@pytest.mark.parametrize(("purpose", "kept"), [("fetch", True), ("bring", True), ("put_back", False), ("move", False)])
def test_a_car_that_a_technician_brings_up_is_kept_from_customers_until_it_is_put_back(
    purpose: Any, kept: bool
) -> None:
    assert (book.book_of(turn(move(purpose)).tables, None).kept == {"car-1"}) is kept
    assert not book.book_of(turn(move(purpose, state="done")).tables, None).kept


def test_a_car_whose_bay_may_not_be_used_is_kept_until_it_may() -> None:
    tables = turn().tables
    assert not book.book_of(tables, STOCKED).kept
    for bit in (BayBits.DISABLED, BayBits.FAULT, BayBits.OVERHANG):
        assert book.book_of(tables, with_bay(STOCKED, 2, 3, OCCUPIED | bit)).kept == {"car-1"}
    by_hand = replace(tables, bays={str(HOME_BAY): BayRecord(HOME_BAY, disabled=True)})
    assert book.book_of(by_hand, STOCKED).kept == {"car-1"}
    under_way = replace(tables.vehicles["car-1"], condition="moving")
    assert not book.book_of(replace(by_hand, vehicles={"car-1": under_way}), STOCKED).kept


@pytest.mark.parametrize(("state", "needed"), [("arrived", False), ("identified", True), ("completed", False)])
def test_an_order_needs_its_car_once_its_customer_has_been_at_the_gate(state: Any, needed: bool) -> None:
    assert (book.needed_by(turn(orders=[order_in(state)]), "car-1") is not None) is needed


@pytest.mark.parametrize("arrived_at", [None, AT])
def test_a_car_that_waits_in_a_cabin_is_needed_by_nobody_as_long_as_nobody_is_known_to_be_there(
    arrived_at: Any,
) -> None:
    waits = order_in("staged", arrived_at=arrived_at)
    assert book.needed_by(turn(orders=[waits]), "car-1") is None


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
