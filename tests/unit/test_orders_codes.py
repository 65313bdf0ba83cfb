from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.orders_kit import NOW, order
from towerd.orders.codes import CodeMatch, CodeMismatch, decide_code
from towerd.orders.model import Order
from towerd.orders.rules import OrderRules

RULES = OrderRules()


def enter(known: Order, mac: str = "wrong", number: str = "4711", after_s: float = 0) -> CodeMatch | CodeMismatch:
    return decide_code(number, mac, {known.id: known}, RULES, NOW + timedelta(seconds=after_s))


def mismatch(answer: CodeMatch | CodeMismatch) -> CodeMismatch:
    assert isinstance(answer, CodeMismatch)
    return answer


def test_the_right_code_opens_and_forgets_the_wrong_ones() -> None:
    known = order(wrong_codes=4)
    assert enter(known, "mac") == CodeMatch(order(wrong_codes=0))


@pytest.mark.parametrize("known", [order(number="1111"), order(state="completed")])
def test_a_number_that_no_open_order_bears(known: Order) -> None:
    answer = mismatch(enter(known, "mac"))
    assert answer.refusal.reasons == ("wrong_number",)
    assert answer.order is None


def test_wrong_number_and_wrong_code_read_alike() -> None:
    assert mismatch(enter(order())).refusal.text == mismatch(enter(order(), number="0000")).refusal.text


def test_five_wrong_codes_lock_for_ten_minutes() -> None:
    known = order()
    for count in range(1, 5):
        answer = mismatch(enter(known))
        assert answer.refusal.reasons == ("wrong_code",)
        assert answer.order is not None
        known = answer.order
        assert known.wrong_codes == count
    locked = mismatch(enter(known))
    assert locked.refusal.reasons == ("code_locked",)
    assert locked.order is not None
    assert locked.order.code_locked_until_at == NOW + timedelta(minutes=10)
    assert enter(locked.order, "mac", after_s=599) == CodeMismatch(locked.refusal)
    assert isinstance(enter(locked.order, "mac", after_s=600), CodeMatch)
    assert mismatch(enter(locked.order, after_s=600)).refusal.reasons == ("wrong_code",)


def test_twenty_wrong_codes_end_the_order() -> None:
    answer = mismatch(enter(order(wrong_codes=19)))
    assert answer.refusal.reasons == ("order_failed",)
    assert answer.order is not None
    assert (answer.order.state, answer.order.reason, answer.order.ended_at) == ("failed", "wrong_codes", NOW)


def test_an_order_without_a_code_matches_none() -> None:
    assert mismatch(enter(order(code_mac=""), "")).refusal.reasons == ("wrong_code",)
