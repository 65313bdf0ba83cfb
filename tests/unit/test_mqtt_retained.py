"""What is retained, and when it is published again (orders-if.md 2, 2.2)."""

from __future__ import annotations

from towerd.mqtt.retained import COUNTDOWN_EVERY_S, LIFT_EVERY_S, LOAN_EVERY_S, STATE_EVERY_S, Retained, settled


def noted(topic: str, body: dict[str, object]) -> Retained:
    retained = Retained()
    retained.note(topic, body, 100.0)
    return retained


def test_what_has_not_changed_is_not_published_again() -> None:
    assert noted("key", {"a": 1}).due({"key": {"a": 1}}, 10_000.0) == []


def test_what_changed_is_published_at_once() -> None:
    assert noted("order/o", {"a": 1}).due({"order/o": {"a": 2}}, 100.0) == [("order/o", {"a": 2})]


def test_a_countdown_is_published_every_few_seconds() -> None:
    retained = noted("order/o", {"a": [{"ready_in_s": 9.0}]})
    wanted = {"order/o": {"a": [{"ready_in_s": 8.0}]}}
    assert retained.due(wanted, 100.0 + COUNTDOWN_EVERY_S - 0.1) == []
    assert retained.due(wanted, 100.0 + COUNTDOWN_EVERY_S) == [("order/o", wanted["order/o"])]


def test_a_loan_that_is_overdue_is_published_once_a_minute() -> None:
    retained = noted("loan/o", {"overdue_s": 1})
    wanted = {"loan/o": {"overdue_s": 2}}
    assert retained.due(wanted, 100.0 + LOAN_EVERY_S - 0.1) == []
    assert retained.due(wanted, 100.0 + LOAN_EVERY_S) == [("loan/o", wanted["loan/o"])]


def test_the_lift_is_published_twice_a_second_at_most() -> None:
    retained = noted("lift", {"position_mm": 1})
    assert retained.due({"lift": {"position_mm": 2}}, 100.0 + LIFT_EVERY_S - 0.1) == []
    assert retained.due({"lift": {"position_mm": 2}}, 100.0 + LIFT_EVERY_S) != []


def test_the_state_is_published_within_a_minute_though_nothing_changed() -> None:
    assert STATE_EVERY_S < 60
    assert noted("state", {"a": 1}).due({"state": {"a": 1}}, 100.0 + STATE_EVERY_S) == [("state", {"a": 1})]


def test_what_is_gone_is_removed_once() -> None:
    retained = noted("order/o", {"a": 1})
    assert retained.due({}, 100.0) == [("order/o", None)]
    retained.note("order/o", None, 100.0)
    assert retained.due({}, 100.0) == []


def test_a_new_connection_gets_everything() -> None:
    retained = noted("key", {"a": 1})
    retained.forget()
    assert retained.due({"key": {"a": 1}}, 100.0) == [("key", {"a": 1})]


def test_countdowns_are_left_out_wherever_they_are() -> None:
    assert settled({"remaining_s": 1, "b": [{"overdue_s": 2, "c": 3}]}) == {"b": [{"c": 3}]}
