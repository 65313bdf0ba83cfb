"""A number typed at the kiosk beside a face: one is compared with one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.core_kit import MONO_S, answers, config, later, told
from tests.unit.test_fsm_identity import API, decided, look, turn, waiting
from towerd.faceid.policy import MatchPolicy
from towerd.fsm.face_events import NumberEntered
from towerd.fsm.identity import face_looked, number_typed
from towerd.fsm.number import CLAIM_S
from towerd.fsm.state import FaceClaim

ONE = config(liveness=(), policy=MatchPolicy(accept=0.8, margin=0.3, frames=3, accept_one=0.5))


def typed(number: str = "0815") -> NumberEntered:
    return NumberEntered(number, "kiosk", API)


def two(**volatile: Any) -> Any:
    return turn(waiting(), waiting("ord-2", number="0816"), settings=ONE, **volatile)


def test_with_the_number_the_lower_threshold_serves_and_no_lead_is_asked() -> None:
    t = two()
    number_typed(t, typed())
    assert t.volatile.claim == FaceClaim("ord-1", MONO_S + CLAIM_S)
    face_looked(t, look(ord_1=0.6, ord_2=0.5))
    assert t.tables.orders["ord-1"].state == "identified"
    assert t.volatile.claim is None


def test_without_it_the_same_face_is_nobody() -> None:
    t = two()
    face_looked(t, look(ord_1=0.6, ord_2=0.5))
    assert told(t) == ["look_failed"]


@pytest.mark.parametrize("scores", [{"ord_1": 0.4, "ord_2": 0.1}, {"ord_1": 0.6, "ord_2": 0.9}])
def test_another_face_than_the_numbers_is_refused(scores: dict[str, float]) -> None:
    t = two()
    number_typed(t, typed())
    face_looked(t, look(**scores))
    assert not t.volatile.decisions
    assert told(t) == ["look_failed"]


def test_a_number_counts_for_a_while_only() -> None:
    t = two(claim=FaceClaim("ord-1", MONO_S - 0.1))
    face_looked(t, look(ord_1=0.6, ord_2=0.5))
    assert not t.volatile.decisions
    t = two(claim=FaceClaim("gone", MONO_S + 9))
    face_looked(t, look(ord_1=0.9, ord_2=0.1))
    assert t.tables.orders["ord-1"].state == "identified"


def test_of_two_orders_of_one_customer_the_numbers_is_taken() -> None:
    t = turn(waiting(), waiting("ord-2", number="0816", customer="c-ord-1"), settings=ONE)
    number_typed(t, typed("0816"))
    face_looked(t, look(ord_1=0.6, ord_2=0.6))
    assert t.tables.orders["ord-2"].state == "identified"


def test_which_numbers_exist_is_not_told_and_wrong_ones_slow_the_kiosk_down() -> None:
    t = two()
    number_typed(t, typed())
    number_typed(t, typed("9999"))
    right, wrong = answers(t)
    assert (right.ok, right.reasons, right.result) == (wrong.ok, wrong.reasons, wrong.result)
    assert t.volatile.claim is None
    assert told(t) == ["code_failed"]
    number_typed(t, typed())
    assert answers(t)[-1].reasons == ("slow_down",)
    t = later(t, t.volatile.code_allowed_mono_s)
    number_typed(t, typed())
    assert t.volatile.claim is not None


def test_an_order_that_wants_no_face_is_no_number_here() -> None:
    t = turn(waiting(code_only=True), settings=ONE)
    number_typed(t, typed())
    assert t.volatile.claim is None


def test_who_is_known_already_changes_nothing_with_the_number() -> None:
    t = two(decisions=decided())
    number_typed(t, typed())
    face_looked(t, look(ord_1=0.9, ord_2=0.1))
    assert told(t) == []
