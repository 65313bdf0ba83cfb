from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.mqtt_kit import view
from tests.support.orders_kit import NOW, loan, order
from towerd.mqtt.payloads import KEPT, OrderBodies, answer_body, bodies, loan_body
from towerd.units import rfc3339


def test_orders_and_loans_stay_for_a_day_after_their_end() -> None:
    ended = order("o_2", state="completed", ended_at=NOW)
    gone = loan("o_3", state="returned", ended_at=NOW)
    before = bodies(view(at=NOW + KEPT - timedelta(seconds=1), orders=(ended,), loans=(gone,)), OrderBodies(), str)
    assert {"order/o_2", "loan/o_3"} <= set(before)
    after = bodies(view(at=NOW + KEPT, orders=(ended,), loans=(gone,)), OrderBodies(), str)
    assert not {"order/o_2", "loan/o_3"} & set(after)


def test_what_has_not_changed_of_an_order_is_the_very_same_body() -> None:
    one, other, known = order("o_2"), order("o_3"), OrderBodies()
    first = bodies(view(orders=(one, other)), known, str)
    again = bodies(view(orders=(replace(one), other), order_ready_in_s={"o_3": 9.0}), known, str)
    assert bodies(view(orders=(one, other)), known, str)["order/o_2"] == first["order/o_2"]
    assert again["order/o_2"] == first["order/o_2"]
    assert again["order/o_3"]["ready_in_s"] == 9.0
    rows = (one, other)
    assert all(
        bodies(view(orders=rows), known, str)[name] is bodies(view(orders=rows), known, str)[name]
        for name in ("order/o_2", "order/o_3")
    )
    assert "order/o_2" not in bodies(view(orders=(other,)), known, str)


@pytest.mark.parametrize(
    ("state", "late_s", "shown_s"),
    [("out", -5, 0), ("due_soon", 7.9, 0), ("overdue", 7.9, 7), ("returning", 9, 9), ("returned", 9, 0)],
)
def test_a_loan_tells_how_late_it_is(state: str, late_s: float, shown_s: int) -> None:
    late = loan(state=state)
    assert loan_body(late, late.due_back_at + timedelta(seconds=late_s))["overdue_s"] == shown_s


def test_a_shelved_alarm_is_in_the_list_with_its_end_and_is_not_counted() -> None:
    until_at = view().alarms[0].since_at + timedelta(hours=1)
    shelved = replace(view().alarms[0], state="shelved", shelved_until_at=until_at)
    latched = replace(view().alarms[0], state="latched_acked")
    made = bodies(view(alarms=(shelved, latched)), OrderBodies(), str)
    assert made["state"]["alarms_active"] == 1
    assert made["alarm/active"]["alarms"][0]["shelved_until"] == rfc3339(until_at)
    assert made["alarm/active"]["alarms"][1]["shelved_until"] is None


def test_alarms_that_are_gone_are_not_counted_as_active() -> None:
    raised = view().alarms[0]
    alarms = (raised, replace(raised, state="acked_active"), replace(raised, state="unacked_cleared"))
    assert bodies(view(alarms=alarms), OrderBodies(), str)["state"]["alarms_active"] == 2
    assert len(bodies(view(alarms=alarms), OrderBodies(), str)["alarm/active"]["alarms"]) == 3


def test_an_offer_that_is_not_made_is_null() -> None:
    driven = view().offers[0]
    record = replace(driven.vehicle.record, offers={"test_drive": driven.vehicle.record.offers["test_drive"]})
    shown = bodies(view(offers=(replace(driven, vehicle=replace(driven.vehicle, record=record)),)), OrderBodies(), str)[
        "catalogue"
    ]
    assert shown["vehicles"][0]["offers"] == {"test_drive": record.offers["test_drive"], "purchase": None}


def test_an_answer_to_what_could_not_be_read_names_no_request() -> None:
    assert answer_body("", False, ("malformed",), None)["req_id"] is None
