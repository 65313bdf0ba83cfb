"""Orders as they come in and as they end (orders-if.md 3 to 5, 7.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    CABIN_1,
    HOME_BAY,
    MONO_S,
    answers,
    asked,
    config,
    job,
    machine,
    order_in,
    packml_writes,
    state_of,
    step_row,
    tables_of,
    told,
    turn_of,
    vehicle,
    with_cabin,
    with_system,
)
from tests.support.orders_kit import claims, eligibility
from tests.support.values import AT
from towerd.cabin.model import DoorState
from towerd.fsm import events as ev
from towerd.fsm.commands import DestroyFaceKey, StoreSealed
from towerd.fsm.kept_rows import AnswerRow, FaceRow
from towerd.fsm.orders import clock_judged, command_refused, every_minute, order_requested, ready_s
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import IdentityDecision, Meta, Tables
from towerd.fsm.turn import Turn
from towerd.orders.rules import OrderRules
from towerd.places import CARRIAGE, OUT
from towerd.plc.codes import Code
from towerd.plc.snapshot import PackmlCommand, PackmlState, Unit

REPLY = ReplyTo("mqtt", "rsp/shop", "", "r_1")
NOW = AT
CUSTOMER = "c_7Hq2"


def token(kind: str = "test_drive", *, req_id: str = "r_1", **changes: Any) -> ev.OrderRequested:
    """A verified token of the example's claims, fresh now."""
    now_s = int(NOW.timestamp())
    raw = claims(kind, **{"iat": now_s, "exp": now_s + 3600, **changes})
    if kind == "test_drive":
        raw.pop("slot", None)
        raw["vehicle"] = changes.get("vehicle", {"id": "car-1"})
        raw["eligibility"] = eligibility(as_of=(NOW - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    return ev.OrderRequested(
        kind,
        raw,
        f"sha-{raw['jti']}",
        replace(REPLY, req_id=req_id),
        code_mac="mac",
        face="enrolled" if kind == "test_drive" else "none",
        face_sha256="ab" if kind == "test_drive" else None,
        expires_at=NOW + timedelta(seconds=60),
    )


def turn(tables: Tables | None = None, picture: Any = None, **volatile: Any) -> Turn:
    known = tables or tables_of(vehicles=[vehicle()])
    return turn_of(state_of(picture, known, **{"clock_sure": True, **volatile}))


def again(before: Turn, at: datetime = NOW) -> Turn:
    """The next turn over what one has made."""
    return turn_of(before.state, at=at)


def theirs(state: str, order_id: str = "o_91", **values: Any) -> Any:
    return order_in(state, order_id, **{"customer": CUSTOMER, **values})


def test_an_accepted_order_reserves_its_car_and_keeps_the_face() -> None:
    t = turn()
    order_requested(t, token())
    order = t.tables.orders["o_91"]
    assert (order.state, order.vehicle, order.code_only) == ("accepted", "car-1", False)
    assert t.tables.vehicles["car-1"].condition == "reserved"
    assert t.tables.faces["o_91"] == FaceRow("o_91", "ab")
    assert asked(t, StoreSealed) == [StoreSealed("o_91", "ab")]
    assert not asked(t, DestroyFaceKey)
    assert set(t.tables.answers) == {"jti:o_91", "req:r_1"}
    assert [a.ok for a in answers(t)] == [True]
    assert told(t) == ["order_accepted"]
    assert t.tables.meta.last_number == int(order.number)


def test_without_a_face_nothing_of_it_is_kept() -> None:
    t = turn()
    order_requested(t, replace(token(), face="unavailable", face_sha256=None))
    assert t.tables.orders["o_91"].code_only
    assert not t.tables.faces
    assert not asked(t, StoreSealed)
    assert not asked(t, DestroyFaceKey)


def test_a_face_without_consent_is_destroyed() -> None:
    t = turn()
    event = token()
    event.claims.pop("consent", None)
    order_requested(t, event)
    assert t.tables.orders["o_91"].code_only
    assert asked(t, DestroyFaceKey) == [DestroyFaceKey("o_91")]
    assert not t.tables.faces


def test_the_key_of_a_refused_order_is_destroyed() -> None:
    t = turn(tables_of())
    order_requested(t, token())
    assert asked(t, DestroyFaceKey) == [DestroyFaceKey("o_91")]
    assert answers(t)[0].reasons == ("no_such_vehicle",)
    assert told(t) == ["order_refused"]
    assert set(t.tables.answers) == {"jti:o_91", "req:r_1"}, "a refusal is final"


def test_a_repeated_token_gets_its_first_answer_and_destroys_nothing() -> None:
    first = turn()
    order_requested(first, token())
    second = again(first)
    order_requested(second, token(req_id="r_2"))
    assert answers(second)[0].result == answers(first)[0].result
    assert second.tables.orders == first.tables.orders
    assert not told(second)
    assert not asked(second, DestroyFaceKey)
    assert "req:r_2" in second.tables.answers


def test_a_used_token_id_with_another_payload_leaves_the_orders_key_alone() -> None:
    first = turn()
    order_requested(first, token())
    second = again(first)
    order_requested(second, replace(token(req_id="r_2"), payload_sha256="other"))
    assert answers(second)[0].reasons == ("replayed",)
    assert not asked(second, DestroyFaceKey), (
        "the id is that of an open order: its key is not the intruder's to destroy"
    )


@pytest.mark.parametrize("state", ["accepted", "arrived", "identified", "delivering", "staged"])
def test_a_cancelled_order_frees_its_car_and_its_job(state: str) -> None:
    tables = tables_of(
        vehicles=[vehicle(condition="moving" if state == "delivering" else "reserved")],
        orders=[theirs(state)],
        jobs=[job(order="o_91"), job(2, order="o_other"), job(3, order="o_91", state="done")],
        faces={"o_91": FaceRow("o_91", "ab")},
    )
    decision = IdentityDecision("o_91", "face", MONO_S, "not_checked", 0.8)
    t = turn(tables, machine(), decisions={"o_91": decision})
    order_requested(t, token("cancel"))
    order = t.tables.orders["o_91"]
    assert answers(t)[0].ok
    assert (order.state, order.ended_at) == ("cancelled", t.now)
    assert t.tables.vehicles["car-1"].condition == "available"
    assert [row.state for row in t.tables.jobs.values()] == ["cancelled", "running", "done"]
    assert t.tables.faces["o_91"].destroy_at == t.now + timedelta(days=1)
    assert not t.volatile.decisions
    assert told(t) == ["order_cancelled"]


@pytest.mark.parametrize("condition", ["out", "unknown", "out_of_service"])
def test_what_became_of_a_car_otherwise_stays_so(condition: Any) -> None:
    t = turn(tables_of(vehicles=[vehicle(condition=condition)], orders=[theirs("accepted", cabin=None)]))
    order_requested(t, token("cancel"))
    assert t.tables.vehicles["car-1"].condition == condition


def test_an_order_without_a_car_can_be_cancelled() -> None:
    t = turn(tables_of(orders=[theirs("accepted", vehicle=None, cabin=None)]))
    order_requested(t, token("cancel"))
    assert t.tables.orders["o_91"].state == "cancelled"


@pytest.mark.parametrize("step_state", ["written", "running", "unsure", "fencing"])
@pytest.mark.parametrize("state", ["identified", "delivering", "staged"])
def test_while_the_outer_door_opens_it_is_too_late(state: str, step_state: Any) -> None:
    opening = step_row(Unit.CABIN1, step_state, Code.OUTER_DOOR, (1, 5, 0, 0))
    t = turn(tables_of(vehicles=[vehicle()], orders=[theirs(state)], steps=[opening]))
    order_requested(t, token("cancel"))
    assert answers(t)[0].reasons == ("too_late",)
    assert t.tables.orders["o_91"].state == state
    assert t.tables.answers["jti:" + token("cancel").claims["jti"]].reasons == ("too_late",)


@pytest.mark.parametrize("door", [DoorState.OPEN, DoorState.OPENING, DoorState.BLOCKED])
def test_a_door_that_stands_open_is_too_late_whatever_became_of_its_command(door: DoorState) -> None:
    lost = step_row(Unit.CABIN1, "lost", Code.OUTER_DOOR, (1, 5, 0, 0))
    tables = tables_of(vehicles=[vehicle(place=CABIN_1)], orders=[theirs("staged")], steps=[lost])
    t = turn(tables, with_cabin(machine(), outer_door=door))
    order_requested(t, token("cancel"))
    assert answers(t)[0].reasons == ("too_late",)


@pytest.mark.parametrize("code", [Code.INNER_DOOR, Code.SIGNAL])
def test_other_commands_of_the_cabin_keep_nobody_from_cancelling(code: Code) -> None:
    step = step_row(Unit.CABIN1, "running", code, (1, 5, 0, 0))
    t = turn(tables_of(vehicles=[vehicle()], orders=[theirs("delivering")], steps=[step]), machine())
    order_requested(t, token("cancel"))
    assert answers(t)[0].ok


def test_hold_stops_a_machine_that_executes_and_is_remembered() -> None:
    t = turn(picture=machine(), clock_sure=False)
    order_requested(t, token("hold"))
    assert [w.command for w in packml_writes(t)] == [PackmlCommand.HOLD]
    assert t.tables.meta.mqtt_hold
    assert told(t) == ["mode_changed"]


@pytest.mark.parametrize("picture", [None, with_system(machine(), packml_state=PackmlState.HELD)])
def test_hold_counts_also_where_nothing_can_be_written(picture: Any) -> None:
    t = turn(picture=picture)
    order_requested(t, token("hold"))
    assert not packml_writes(t)
    assert t.tables.meta.mqtt_hold


def held(**values: Any) -> Any:
    return with_system(machine(), **{"packml_state": PackmlState.HELD, "stop_reason": 1, **values})


@pytest.mark.parametrize(
    ("picture", "meta", "unholds"),
    [
        (held(), Meta(mqtt_hold=True), True),
        (held(stop_reason=8), Meta(mqtt_hold=True), False),
        (held(), Meta(mqtt_hold=True, person_holds=True), False),
        (machine(), Meta(mqtt_hold=True), False),
        (None, Meta(mqtt_hold=True), False),
    ],
)
def test_resume_lets_go_of_an_mqtt_hold_only(picture: Any, meta: Meta, unholds: bool) -> None:
    t = turn(tables_of(meta=meta), picture)
    order_requested(t, token("resume"))
    assert [w.command for w in packml_writes(t)] == ([PackmlCommand.UNHOLD] if unholds else [])
    assert not t.tables.meta.mqtt_hold
    assert answers(t)[0].ok


def test_resume_of_nothing_is_refused() -> None:
    t = turn(picture=held())
    order_requested(t, token("resume"))
    assert answers(t)[0].reasons == ("too_late",)
    assert not packml_writes(t)


def test_a_dropped_command_is_answered_told_and_remembered() -> None:
    t = turn()
    command_refused(t, ev.CommandRefused("cancel", ("bad_signature",), REPLY, NOW + timedelta(seconds=30)))
    assert answers(t)[0].reasons == ("bad_signature",)
    assert told(t) == ["command_dropped"]
    row = t.tables.answers["req:r_1"]
    assert (row.ok, row.reasons, row.until_at) == (False, ("bad_signature",), NOW + timedelta(seconds=90))


def test_a_known_request_gets_its_first_answer_again_and_nothing_new_is_kept() -> None:
    first = turn()
    order_requested(first, token())
    second = again(first)
    command_refused(second, ev.CommandRefused("test_drive", ("expired",), REPLY, NOW + timedelta(seconds=30)))
    assert (answers(second)[0].ok, answers(second)[0].result) == (True, answers(first)[0].result)
    assert second.tables is first.tables
    assert not told(second)


def test_no_more_requests_are_remembered_than_may_be() -> None:
    rules = OrderRules(answers_limit=1)
    kept = AnswerRow("req:r_0", "", "", False, ("expired",), None, NOW + timedelta(seconds=5))
    state = state_of(None, tables_of(answers={"req:r_0": kept}))
    t = turn_of(state, settings=config(rules=rules))
    command_refused(t, ev.CommandRefused("cancel", ("bad_signature",), REPLY, NOW + timedelta(seconds=30)))
    assert answers(t)[0].reasons == ("busy",)
    assert set(t.tables.answers) == {"req:r_0"}
    assert told(t) == ["command_dropped"]


@pytest.mark.parametrize(
    ("state", "ends"),
    [("accepted", True), ("arrived", True), ("staged", True), ("identified", False), ("ready", False)],
)
def test_who_does_not_come_in_the_slot_has_not_come(state: str, ends: bool) -> None:
    tables = tables_of(vehicles=[vehicle(condition="reserved")], orders=[theirs(state)])
    t = turn_of(state_of(machine(), tables), at=AT + timedelta(hours=1, seconds=1))
    every_minute(t)
    order = t.tables.orders["o_91"]
    assert (order.state == "no_show") is ends
    assert (t.tables.vehicles["car-1"].condition == "available") is ends
    if ends:
        assert (order.reason, told(t)) == ("slot_passed", ["order_no_show"])


def test_the_slot_lasts_to_its_last_moment_and_may_be_absent() -> None:
    orders = [theirs("accepted"), theirs("accepted", "o_2", slot=None)]
    t = turn_of(state_of(machine(), tables_of(orders=orders)), at=AT + timedelta(hours=1))
    every_minute(t)
    assert {order.state for order in t.tables.orders.values()} == {"accepted"}


@pytest.mark.parametrize("why", ["decided", "door", "unseen"])
def test_who_may_be_here_is_no_no_show(why: str) -> None:
    decision = IdentityDecision("o_91", "code", MONO_S, "not_checked", None)
    picture = with_cabin(machine(), outer_door=DoorState.OPEN if why == "door" else DoorState.CLOSED)
    state = state_of(
        None if why == "unseen" else picture,
        tables_of(vehicles=[vehicle(place=CABIN_1)], orders=[theirs("staged")]),
        decisions={"o_91": decision} if why == "decided" else {},
    )
    t = turn_of(state, at=AT + timedelta(hours=2))
    every_minute(t)
    assert t.tables.orders["o_91"].state == "staged"


def test_an_unsure_clock_takes_no_order_and_each_change_is_told_once() -> None:
    t = turn(clock_sure=True)
    clock_judged(t, ev.ClockJudged(True))
    assert not told(t)
    clock_judged(t, ev.ClockJudged(False))
    order_requested(t, token())
    clock_judged(t, ev.ClockJudged(True))
    assert told(t) == ["clock_unsure", "order_refused", "clock_sure"]
    assert answers(t)[0].reasons == ("clock_unsure",)


def test_seconds_to_ready_are_told_where_they_are_known() -> None:
    assert ready_s(turn(), vehicle()) is None
    t = turn(picture=machine())
    assert ready_s(t, vehicle(place=OUT)) is None
    from_bay, from_carriage = ready_s(t, vehicle(place=HOME_BAY)), ready_s(t, vehicle(place=CARRIAGE))
    assert from_bay is not None
    assert from_carriage is not None
    assert 0 < from_carriage < from_bay
    order_requested(t, token())
    result = answers(t)[0].result
    assert result is not None
    assert result["ready_in_s"] == round(from_bay, 1)
