"""Tokens about what is known already: a face withdrawn, a car's condition, a report (orders-if.md 3)."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.support.core_kit import answers, asked, tables_of, told, vehicle
from tests.unit.test_fsm_orders import again, theirs, token, turn
from towerd.fsm.commands import DestroyFaceKey, DropSealed
from towerd.fsm.kept_rows import FaceRow
from towerd.fsm.orders import order_requested


def test_a_withdrawn_face_is_destroyed_at_once_and_serves_no_more() -> None:
    order = theirs("accepted", code_only=False)
    t = turn(tables_of(vehicles=[vehicle()], orders=[order], faces={"o_91": FaceRow("o_91", "ab")}))
    order_requested(t, token("consent"))
    assert t.tables.orders["o_91"].code_only
    assert not t.tables.faces
    assert (asked(t, DropSealed), asked(t, DestroyFaceKey)) == ([DropSealed("o_91")], [DestroyFaceKey("o_91")])
    assert told(t) == ["consent_withdrawn"]


def test_where_no_face_is_kept_there_is_none_to_destroy() -> None:
    t = turn(tables_of(vehicles=[vehicle()], orders=[theirs("completed")]))
    order_requested(t, token("consent"))
    assert (asked(t, DropSealed), told(t)) == ([], ["consent_withdrawn"])


def test_what_staff_say_of_a_car_is_told_and_what_telematics_report_is_kept() -> None:
    t = turn()
    order_requested(t, token("condition", vehicle={"id": "car-1"}))
    assert (t.tables.vehicles["car-1"].condition, told(t)) == ("out_of_service", ["vehicle_condition"])
    t = again(t)
    order_requested(t, token("report", vehicle={"id": "car-1"}, req_id="r_2"))
    assert (t.tables.vehicles["car-1"].odometer_km, told(t)) == (1204, [])


def test_when_a_customer_comes_is_kept_with_the_order() -> None:
    t = turn(tables_of(vehicles=[vehicle()], orders=[theirs("accepted")]))
    order_requested(t, token("eta", arrives_at="2026-11-25T08:06:00Z"))
    kept = t.tables.orders["o_91"].eta
    assert kept is not None
    assert (kept.arrives_at, kept.source, told(t)) == (datetime(2026, 11, 25, 8, 6, tzinfo=UTC), "app", [])
    again_asked = again(t)
    order_requested(again_asked, token("eta", arrives_at="2026-11-25T08:06:00Z"))
    assert again_asked.tables.orders["o_91"].eta == kept
    assert answers(again_asked)[0].result == {"order": "o_91", "state": "accepted"}
