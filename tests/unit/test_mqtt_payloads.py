from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.mqtt_kit import view
from tests.support.orders_kit import NOW, loan, order
from towerd.mqtt.payloads import KEPT, answer_body, bodies, loan_body
from towerd.mqtt.retained import COUNTDOWN_EVERY_S, LIFT_EVERY_S, STATE_EVERY_S, Retained, settled
from towerd.units import rfc3339


def test_orders_and_loans_stay_for_a_day_after_their_end() -> None:
    ended = order("o_2", state="completed", ended_at=NOW)
    gone = loan("o_3", state="returned", ended_at=NOW)
    before = bodies(view(at=NOW + KEPT - timedelta(seconds=1), orders=(ended,), loans=(gone,)))
    assert {"order/o_2", "loan/o_3"} <= set(before)
    after = bodies(view(at=NOW + KEPT, orders=(ended,), loans=(gone,)))
    assert not {"order/o_2", "loan/o_3"} & set(after)


@pytest.mark.parametrize(
    ("state", "late_s", "shown_s"), [("out", -5, 0), ("overdue", 7.9, 7), ("returning", 9, 9), ("returned", 9, 0)]
)
def test_a_loan_tells_how_late_it_is(state: str, late_s: float, shown_s: int) -> None:
    late = loan(state=state)
    assert loan_body(late, late.due_back_at + timedelta(seconds=late_s))["overdue_s"] == shown_s


def test_a_shelved_alarm_is_in_the_list_with_its_end_and_is_not_counted() -> None:
    until_at = view().alarms[0].since_at + timedelta(hours=1)
    shelved = replace(view().alarms[0], state="shelved", shelved_until_at=until_at)
    latched = replace(view().alarms[0], state="latched_acked")
    made = bodies(view(alarms=(shelved, latched)))
    assert made["state"]["alarms_active"] == 1
    assert made["alarm/active"]["alarms"][0]["shelved_until"] == rfc3339(until_at)
    assert made["alarm/active"]["alarms"][1]["shelved_until"] is None


def test_alarms_that_are_gone_are_not_counted_as_active() -> None:
    raised = view().alarms[0]
    alarms = (raised, replace(raised, state="acked_active"), replace(raised, state="unacked_cleared"))
    assert bodies(view(alarms=alarms))["state"]["alarms_active"] == 2
    assert len(bodies(view(alarms=alarms))["alarm/active"]["alarms"]) == 3


def test_an_answer_to_what_could_not_be_read_names_no_request() -> None:
    assert answer_body("", False, ("malformed",), None)["req_id"] is None


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
