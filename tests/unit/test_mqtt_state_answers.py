"""A req_id of `cmd/state` that was seen before gets its first answer again (orders-if.md 3.3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.support.values import AT
from towerd.mqtt.state_answers import AHEAD, KEPT, MOST, StateAnswers

EXPIRES_AT = AT + timedelta(seconds=30)


def test_the_first_answer_comes_again_as_long_as_it_is_kept() -> None:
    answers = StateAnswers()
    last = EXPIRES_AT + KEPT
    assert answers.first("r_1", EXPIRES_AT, AT, lambda: {"seq": 1}) == {"seq": 1}
    assert answers.first("r_2", EXPIRES_AT, AT, lambda: {"seq": 2}) == {"seq": 2}
    assert answers.first("r_1", EXPIRES_AT, last - timedelta(seconds=1), lambda: {"seq": 3}) == {"seq": 1}
    assert answers.first("r_1", last, last, lambda: {"seq": 4}) == {"seq": 4}


def test_no_request_is_kept_for_longer_than_it_may_ask_for() -> None:
    answers = StateAnswers()
    assert answers.first("r_1", datetime.max.replace(tzinfo=UTC), AT, lambda: {"seq": 1}) == {"seq": 1}
    assert answers.first("r_1", EXPIRES_AT, AT + AHEAD + KEPT, lambda: {"seq": 2}) == {"seq": 2}


def test_beyond_what_is_kept_it_is_busy_until_the_old_ones_are_over() -> None:
    answers = StateAnswers()
    for number in range(MOST):
        answers.first(f"r_{number}", EXPIRES_AT, AT, dict)
    assert answers.first("late", EXPIRES_AT, AT, dict) is None
    assert answers.first("r_7", EXPIRES_AT, AT, lambda: {"seq": 9}) == {}
    assert answers.first("late", EXPIRES_AT + KEPT, EXPIRES_AT + KEPT, lambda: {"seq": 9}) == {"seq": 9}
