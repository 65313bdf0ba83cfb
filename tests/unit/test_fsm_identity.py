"""Who stands at the gate: looks, codes, and who is compared (orders-if.md 6.1, 6.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    MONO_S,
    answers,
    asked,
    config,
    job,
    later,
    order_in,
    state_of,
    step_row,
    tables_of,
    told,
    turn_of,
)
from tests.support.core_kit import vehicle as car
from tests.support.values import AT
from towerd.faceid.policy import MatchPolicy
from towerd.fsm import events as ev
from towerd.fsm.commands import Watch
from towerd.fsm.face_events import FaceChallenged, NumberEntered
from towerd.fsm.identity import (
    code_entered,
    face_challenged,
    face_health_changed,
    face_looked,
    number_typed,
    watch_waiting,
)
from towerd.fsm.kept_rows import FaceRow
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import IdentityDecision
from towerd.fsm.turn import Turn
from towerd.orders.model import Order, Slot
from towerd.plc.codes import Code
from towerd.plc.snapshot import Unit

DEMANDED = config(liveness=("challenge",))
FREE = config(liveness=())
API = ReplyTo("api", "kiosk")


def waiting(order_id: str = "ord-1", state: str = "accepted", **values: Any) -> Order:
    return order_in(state, order_id, **{"cabin": None, "code_mac": "good", "customer": f"c-{order_id}", **values})


def turn(*orders: Order, settings: Any = FREE, mono_s: float = MONO_S, **volatile: Any) -> Turn:
    faces = {order.id: FaceRow(order.id, f"sha-{order.id}") for order in orders}
    state = state_of(None, tables_of(vehicles=[car()], orders=orders, faces=faces), **volatile)
    return turn_of(state, mono_s, settings)


def look(liveness: str = "not_checked", frames: int = 3, **scores: float) -> ev.FaceLooked:
    return ev.FaceLooked(
        "opencv", 1, ({key.replace("_", "-"): value for key, value in scores.items()},) * frames, liveness
    )


def code(number: str = "0815", mac: str = "good") -> ev.CodeEntered:
    return ev.CodeEntered(number, mac, "kiosk", API)


def decided(order_id: str = "ord-1", age_s: float = 0.0) -> dict[str, IdentityDecision]:
    return {order_id: IdentityDecision(order_id, "face", MONO_S - age_s, "not_checked", 0.8)}


def test_the_right_face_moves_its_order_on() -> None:
    t = turn(waiting(), failed_looks_in_row=2)
    face_looked(t, look(ord_1=0.9))
    order = t.tables.orders["ord-1"]
    assert (order.state, order.identified_by, order.liveness, order.score) == ("identified", "face", "not_checked", 0.9)
    assert t.volatile.decisions["ord-1"].decided_mono_s == MONO_S
    assert t.volatile.failed_looks_in_row == 0
    assert told(t) == ["order_arrived", "order_identified"]


def test_who_comes_to_a_car_that_was_brought_forward_arrives_then() -> None:
    t = turn(waiting(state="staged", cabin=1))
    face_looked(t, look(ord_1=0.9))
    order = t.tables.orders["ord-1"]
    assert (order.state, order.cabin, order.arrived_at) == ("identified", 1, t.now)
    assert told(t) == ["order_arrived", "order_identified"]


@pytest.mark.parametrize(
    ("settings", "liveness", "counts"),
    [
        (DEMANDED, "challenge", True),
        (DEMANDED, "failed", False),
        (DEMANDED, "challenge+passive", True),
        (config(liveness=("challenge", "passive")), "challenge+passive", True),
        (config(liveness=("challenge", "passive")), "challenge", False),
        (config(liveness=("passive",)), "not_checked", False),
        (config(liveness=("not_checked",)), "not_checked", False),
        (config(liveness=("failed",)), "failed", False),
        (FREE, "not_checked", True),
        (FREE, "passive", True),
        (FREE, "failed", False),
    ],
)
def test_a_face_that_is_not_live_enough_never_counts(settings: Any, liveness: str, counts: bool) -> None:
    t = turn(waiting(), settings=settings)
    face_looked(t, look(liveness, ord_1=0.9))
    assert bool(t.volatile.decisions) is counts
    assert (t.tables.orders["ord-1"].state == "identified") is counts
    if not counts:
        assert told(t) == ["look_failed"]


def test_failed_looks_slow_down_and_lock_nobody() -> None:
    t = turn(waiting())
    pauses = []
    for _ in range(5):
        face_looked(t, look(ord_1=0.1))
        pauses.append(t.volatile.look_allowed_mono_s - t.mono_s)
        t = later(t, t.volatile.look_allowed_mono_s)
    assert pauses == [2.0, 4.0, 10.0, 10.0, 10.0]
    face_looked(t, look(ord_1=0.9))
    assert t.tables.orders["ord-1"].state == "identified"


def test_a_look_that_comes_too_soon_is_not_looked_at() -> None:
    t = turn(waiting(), look_allowed_mono_s=MONO_S + 0.1)
    face_looked(t, look(ord_1=0.9))
    assert not t.commands
    assert not t.volatile.decisions


@pytest.mark.parametrize(
    "changes",
    [
        {"code_only": True},
        {"state": "handed_over"},
        {"state": "completed"},
        {"slot": Slot(AT + timedelta(hours=2), AT + timedelta(hours=3))},
    ],
)
def test_nobody_is_asked_for_who_cannot_be_served_by_a_face(changes: dict[str, Any]) -> None:
    t = turn(replace(waiting(), **changes), face_available=True)
    face_looked(t, look(ord_1=0.9))
    watch_waiting(t)
    assert not t.commands


def test_an_order_whose_face_is_gone_is_not_compared() -> None:
    t = turn(waiting(), face_available=True)
    t.drop("faces", "ord-1")
    face_looked(t, look(ord_1=0.9))
    watch_waiting(t)
    assert not t.commands


def test_a_kind_that_wants_the_code_too_is_not_opened_by_a_face() -> None:
    t = turn(waiting(kind="collect"))
    face_looked(t, look(ord_1=0.9))
    assert told(t) == ["look_failed"]
    assert not t.volatile.decisions


def test_look_alikes_both_need_the_code() -> None:
    t = turn(waiting("ord-1"), waiting("ord-2"))
    face_looked(t, look(ord_1=0.9, ord_2=0.85))
    assert told(t) == ["look_failed"]
    assert not t.volatile.decisions


def test_a_look_alike_who_is_identified_already_still_stands_against_the_other() -> None:
    """Else the first one, still before the camera, would bring the second one's car."""
    t = turn(waiting("ord-1", "delivering"), waiting("ord-2"), decisions=decided("ord-1"), face_available=True)
    watch_waiting(t)
    assert asked(t, Watch) == [Watch({"ord-1": "sha-ord-1", "ord-2": "sha-ord-2"})]
    face_looked(t, look(ord_1=0.9, ord_2=0.85))
    assert set(t.volatile.decisions) == {"ord-1"}
    assert t.tables.orders["ord-2"].state == "accepted"


def test_who_is_known_already_and_stays_in_view_is_no_failed_look() -> None:
    t = turn(waiting("ord-1", "delivering"), waiting("ord-2"), decisions=decided("ord-1"))
    face_looked(t, look(ord_1=0.9, ord_2=0.1))
    assert not t.commands
    assert t.volatile.failed_looks_in_row == 0


def test_of_two_orders_of_one_customer_the_first_comes_first_and_they_do_not_rival() -> None:
    first = waiting("ord-1", customer="c", accepted_at=AT + timedelta(seconds=1))
    second = waiting("ord-2", customer="c")
    t = turn(first, second)
    face_looked(t, look(ord_1=0.9, ord_2=0.88))
    assert set(t.volatile.decisions) == {"ord-2"}, "accepted first"
    face_looked(t, look(ord_1=0.9, ord_2=0.88))
    assert set(t.volatile.decisions) == {"ord-1", "ord-2"}


def test_a_face_never_serves_the_order_of_the_same_customer_that_gave_none() -> None:
    t = turn(waiting("ord-1", customer="c", code_only=True), waiting("ord-2", customer="c", accepted_at=t_later()))
    face_looked(t, look(ord_2=0.9))
    assert set(t.volatile.decisions) == {"ord-2"}


def t_later() -> Any:
    return AT + timedelta(minutes=1)


def test_an_aged_decision_is_made_anew_at_the_gate() -> None:
    t = turn(waiting(state="staged", cabin=1, arrived_at=AT), decisions=decided(age_s=300.0))
    face_looked(t, look(ord_1=0.9))
    assert t.volatile.decisions["ord-1"].decided_mono_s == MONO_S
    assert (t.tables.orders["ord-1"].state, t.tables.orders["ord-1"].cabin) == ("identified", 1)
    assert told(t) == ["order_identified"]


@pytest.mark.parametrize("state", ["identified", "delivering"])
def test_who_is_asked_again_meanwhile_keeps_state_and_place_in_the_queue(state: str) -> None:
    before = waiting(state=state, since_at=AT - timedelta(minutes=9))
    t = turn(before, decisions=decided(age_s=400.0))
    face_looked(t, look(ord_1=0.9))
    order = t.tables.orders["ord-1"]
    assert (order.state, order.since_at, order.identified_by) == (state, before.since_at, "face")


def test_the_worker_is_told_of_changes_only_and_of_nobody_when_it_is_down() -> None:
    t = turn(waiting(), face_available=True)
    watch_waiting(t)
    watch_waiting(t)
    assert asked(t, Watch) == [Watch({"ord-1": "sha-ord-1"})]
    t.set(decisions=decided())
    watch_waiting(t)
    assert asked(t, Watch)[1:] == [Watch({})], "nobody is compared while nobody is asked for"
    t.set(decisions={})
    watch_waiting(t)
    t.set(face_available=False)
    watch_waiting(t)
    assert asked(t, Watch)[-1] == Watch({})


def test_a_worker_that_comes_back_is_told_everything_again() -> None:
    t = turn(waiting(), watching={"ord-1": "sha-ord-1"}, face_available=True)
    face_health_changed(t, ev.FaceHealthChanged(False, "died"))
    assert (t.volatile.face_available, t.volatile.face_reason, t.volatile.watching) == (False, "died", {})
    face_health_changed(t, ev.FaceHealthChanged(True, ""))
    watch_waiting(t)
    assert asked(t, Watch) == [Watch({"ord-1": "sha-ord-1"})]


def test_number_and_code_identify() -> None:
    t = turn(waiting(wrong_codes=3), failed_codes_in_row=2, settings=DEMANDED)
    code_entered(t, code())
    order = t.tables.orders["ord-1"]
    assert (order.state, order.identified_by, order.wrong_codes) == ("identified", "code", 0)
    assert t.volatile.failed_codes_in_row == 0
    assert answers(t)[0].ok
    assert answers(t)[0].result == {"order": "ord-1", "state": "identified", "vehicle": "car-1"}


def test_the_code_at_the_open_door_is_a_decision_and_the_door_stays_open() -> None:
    t = turn(waiting(state="ready", cabin=1))
    code_entered(t, code())
    assert answers(t)[0].result == {"order": "ord-1", "state": "ready", "vehicle": "car-1"}
    assert t.volatile.decisions["ord-1"].by == "code"


def test_the_code_of_an_order_that_is_served_already_decides_nothing() -> None:
    t = turn(waiting(state="handed_over", cabin=1))
    code_entered(t, code())
    assert answers(t)[0].result == {"order": "ord-1", "state": "handed_over", "vehicle": "car-1"}
    assert not t.volatile.decisions
    assert not told(t)


def test_the_code_before_the_slot_is_too_early() -> None:
    t = turn(waiting(slot=Slot(AT + timedelta(hours=2), AT + timedelta(hours=3))))
    code_entered(t, code())
    assert answers(t)[0].reasons == ("too_early",)
    assert not t.volatile.decisions


@pytest.mark.parametrize("event", [code(number="9999"), code(mac="bad")])
def test_wrong_numbers_and_codes_slow_the_kiosk_down(event: ev.CodeEntered) -> None:
    t = turn(waiting())
    code_entered(t, event)
    assert t.volatile.code_allowed_mono_s == MONO_S + 2.0
    code_entered(t, code())
    assert answers(t)[1].reasons == ("slow_down",)
    assert answers(t)[1].result == {"text": "Try again in 2.0 s.", "wait_s": 2.0}
    assert not t.volatile.decisions
    assert told(t) == ["code_failed"]


def test_five_wrong_codes_lock_the_code_not_the_face() -> None:
    t = turn(waiting(wrong_codes=4))
    code_entered(t, code(mac="bad"))
    assert told(t) == ["code_locked"]
    assert t.tables.orders["ord-1"].code_locked_until_at == t.now + timedelta(minutes=10)
    t = later(t, MONO_S + 60, AT)
    code_entered(t, code())
    assert answers(t)[1].reasons == ("code_locked",), "the right code is not even compared"
    assert told(t)[1:] == ["code_failed"]
    face_looked(t, look(ord_1=0.9))
    assert t.tables.orders["ord-1"].state == "identified"


def test_twenty_wrong_codes_end_the_order_and_free_what_it_held() -> None:
    order = waiting(state="delivering", cabin=1, wrong_codes=19)
    t = turn(order)
    t.put("jobs", 1, job())
    t.put("vehicles", "car-1", car(condition="moving"))
    code_entered(t, code(mac="bad"))
    ended = t.tables.orders["ord-1"]
    assert (ended.state, ended.reason, ended.wrong_codes) == ("failed", "wrong_codes", 20)
    assert ended.ended_at == t.now
    assert t.tables.vehicles["car-1"].condition == "available"
    assert t.tables.jobs[1].state == "cancelled"
    assert t.tables.faces["ord-1"].destroy_at == t.now + timedelta(days=1)
    assert told(t) == ["code_failed", "order_failed"]
    assert answers(t)[0].reasons == ("order_failed",)


@pytest.mark.parametrize("state", ["delivering", "staged"])
def test_wrong_codes_do_not_end_an_order_whose_door_opens(state: str) -> None:
    t = turn(waiting(state=state, cabin=1, wrong_codes=19))
    t.put("steps", Unit.CABIN1, step_row(Unit.CABIN1, "running", Code.OUTER_DOOR, (1, 5, 0, 0)))
    code_entered(t, code(mac="bad"))
    assert (t.tables.orders["ord-1"].state, t.tables.orders["ord-1"].wrong_codes) == (state, 20)
    assert told(t) == ["code_failed"]


@pytest.mark.parametrize("state", ["ready", "handed_over"])
def test_wrong_codes_do_not_end_an_order_whose_door_is_open(state: str) -> None:
    t = turn(waiting(state=state, cabin=1, wrong_codes=19))
    code_entered(t, code(mac="bad"))
    assert (t.tables.orders["ord-1"].state, t.tables.orders["ord-1"].wrong_codes) == (state, 20)
    assert answers(t)[0].reasons == ("wrong_code",)
    assert told(t) == ["code_failed"]


BY_NUMBER = config(liveness=(), policy=MatchPolicy(accept=0.5, margin=0.1, accept_one=0.4))


@pytest.mark.parametrize(("number", "state"), [("4711", "identified"), ("9999", "accepted")])
def test_with_a_number_typed_less_likeness_is_enough_for_its_order(number: str, state: str) -> None:
    t = turn(waiting(number="4711"), waiting("ord-2", number="4712"), settings=BY_NUMBER)
    number_typed(t, NumberEntered(number, "kiosk", API))
    face_looked(t, look(ord_1=0.45, ord_2=0.1))
    assert t.tables.orders["ord-1"].state == state
    assert t.volatile.claim is None


def test_who_typed_a_number_is_not_taken_for_somebody_else() -> None:
    t = turn(waiting(number="4711"), waiting("ord-2", number="4712"), settings=BY_NUMBER)
    number_typed(t, NumberEntered("4711", "kiosk", API))
    face_looked(t, look(ord_1=0.1, ord_2=0.9))
    assert told(t) == ["look_failed"]
    assert not t.volatile.decisions


def test_selfies_that_are_alike_leave_it_to_the_code() -> None:
    t = turn(waiting(alike=("ord-2",)), waiting("ord-2", alike=("ord-1",)))
    face_looked(t, look(ord_1=0.9, ord_2=0.1))
    assert told(t) == ["look_failed"]
    assert not t.volatile.decisions


def test_a_challenge_that_is_failed_is_a_failed_look() -> None:
    t = turn(waiting(), settings=DEMANDED)
    face_looked(t, look(ord_1=0.9))
    assert t.volatile.asked is not None, "the face matches, now it has to turn"
    assert told(t) == []
    face_challenged(t, FaceChallenged(1, "failed", "ahead", 0, ("left", "right"), "time"))
    assert t.volatile.asked is None
    assert told(t) == ["look_failed"]
    assert t.tables.orders["ord-1"].state == "accepted"
