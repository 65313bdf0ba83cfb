"""The answer to an outcome (orders-if.md 3.3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.orders_kit import order
from towerd.errors import Refusal
from towerd.orders.book import MotionAsked, OrderAccepted, OrderCancelled, Repeated, answer_of

RESULT = {"number": "4711"}


@pytest.mark.parametrize(
    ("outcome", "answer"),
    [
        (Refusal(("too_early",), "Not yet."), (False, ("too_early",), None)),
        (Repeated(False, ("replayed",), None), (False, ("replayed",), None)),
        (Repeated(True, (), RESULT), (True, (), RESULT)),
        (OrderAccepted(order(), 3947, RESULT), (True, (), RESULT)),
        (OrderCancelled(order(state="cancelled"), RESULT), (True, (), RESULT)),
        (MotionAsked("hold", "op", None, RESULT), (True, (), RESULT)),
    ],
)
def test_an_outcome_says_whether_why_not_and_what(outcome: Any, answer: Any) -> None:
    assert answer_of(outcome) == answer
