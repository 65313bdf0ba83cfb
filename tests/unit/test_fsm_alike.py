"""Selfies close to each other: both orders need the code, as long as both are open (orders-if.md 6.1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.core_kit import MONO_S, config, later, told
from tests.unit.test_fsm_identity import code, look, turn, waiting
from towerd.fsm.alike import faces_alike, like_another
from towerd.fsm.face_events import FacesAlike
from towerd.fsm.identity import code_entered, face_looked
from towerd.fsm.turn import Turn


def alike(*others: str, first: str = "ord-1") -> FacesAlike:
    return FacesAlike(first, others)


def both() -> Turn:
    t = turn(waiting(), waiting("ord-2", number="0816"))
    faces_alike(t, alike("ord-2"))
    return t


def test_it_is_kept_on_both_orders_and_told_once() -> None:
    t = both()
    assert t.tables.orders["ord-1"].alike == ("ord-2",)
    assert t.tables.orders["ord-2"].alike == ("ord-1",)
    faces_alike(t, alike("ord-1", first="ord-2"))
    faces_alike(t, alike("ord-2"))
    assert told(t) == ["faces_alike"]


def test_neither_face_is_enough_and_the_code_is() -> None:
    t = both()
    for scores in ({"ord_1": 0.9, "ord_2": 0.1}, {"ord_1": 0.1, "ord_2": 0.9}):
        face_looked(t, look(**scores))
        t = later(t, t.volatile.look_allowed_mono_s)
    assert not t.volatile.decisions
    assert told(t) == ["faces_alike", "look_failed", "look_failed"]
    code_entered(t, code())
    assert t.tables.orders["ord-1"].state == "identified"


def test_nobody_is_asked_to_turn_whose_face_would_not_be_enough() -> None:
    t = turn(waiting(), waiting("ord-2"), settings=config(liveness=("challenge",)))
    faces_alike(t, alike("ord-2"))
    face_looked(t, look(ord_1=0.9, ord_2=0.1))
    assert t.volatile.asked is None


def test_another_order_of_the_same_customer_is_as_unsure() -> None:
    t = turn(waiting(), waiting("ord-2"), waiting("ord-3", customer="c-ord-1"))
    faces_alike(t, alike("ord-2"))
    face_looked(t, look(ord_1=0.2, ord_2=0.1, ord_3=0.9))
    assert told(t) == ["faces_alike", "look_failed"]


def test_it_ends_when_the_other_order_ends() -> None:
    t = both()
    assert like_another(t, t.tables.orders["ord-1"]) == "ord-2"
    t.put("orders", "ord-2", replace(t.tables.orders["ord-2"], state="cancelled"))
    assert like_another(t, t.tables.orders["ord-1"]) is None
    face_looked(t, look(ord_1=0.9))
    assert t.tables.orders["ord-1"].state == "identified"


def test_an_order_that_is_gone_from_the_books_keeps_nobody() -> None:
    t = turn(replace(waiting(), alike=("gone",)))
    assert like_another(t, t.tables.orders["ord-1"]) is None


@pytest.mark.parametrize(
    ("order", "other"),
    [
        (waiting(), waiting("ord-2", customer="c-ord-1")),
        (waiting(), waiting("ord-2", "cancelled")),
        (waiting("ord-1", "completed"), waiting("ord-2")),
        (waiting(), waiting("ord-3")),
        (waiting("ord-4"), waiting("ord-2")),
    ],
)
def test_one_person_and_what_has_ended_or_is_not_known_is_left_alone(order: object, other: object) -> None:
    t = turn(order, other, mono_s=MONO_S)  # type: ignore[arg-type]
    faces_alike(t, alike("ord-2"))
    assert not t.commands
    assert all(row.alike == () for row in t.tables.orders.values())
