"""What answers, topics and events do to an order: ends are final, in whichever order they are heard."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from simulator.shop.following import answered, happened, has_car, is_open, lent, shown, told
from simulator.shop.rows import OrderRow

AT = "2026-11-21T09:30:00.125Z"
ASKED = OrderRow("o_1", "nanjing-1", "c_1", "test_drive", None, "Ford", "Mondeo", "blue", "2026-11-21T09:29:00Z")
TAKEN = replace(ASKED, state="accepted", vehicle="v_1", number="4711")


def accepted(**changes: Any) -> dict[str, Any]:
    slot = {"from": "2026-11-21T09:30:00Z", "until": "2026-11-21T10:00:00Z"}
    result = {"order": "o_1", "state": "accepted", "vehicle": "v_1", "slot": slot, "number": "4711", "code_only": True}
    return {"at": AT, "ok": True, "reasons": [], "result": {**result, **changes}}


def order(state: str, **changes: Any) -> dict[str, Any]:
    return {"state": state, "since": AT, "reason": None, "vehicle": "v_1", "slot": None, **changes}


def event(kind: str, **data: Any) -> dict[str, Any]:
    return {"type": kind, "at": AT, "data": data}


def loan(state: str) -> dict[str, Any]:
    return {"state": state, "vehicle": "v_1", "out_since": AT, "due_back": "2026-11-24T09:30:00.125Z"}


def test_an_answer_takes_or_refuses() -> None:
    taken = answered(ASKED, accepted())
    assert (taken.state, taken.number, taken.vehicle, taken.code_only) == ("accepted", "4711", "v_1", True)
    assert (taken.slot_from, taken.slot_until) == ("2026-11-21T09:30:00Z", "2026-11-21T10:00:00Z")
    refused = answered(ASKED, {"at": AT, "ok": False, "reasons": ["busy", "expired"], "result": None})
    assert (refused.state, refused.reasons, is_open(refused), has_car(refused)) == (
        "refused",
        "busy expired",
        False,
        False,
    )


def test_how_long_an_order_waits_and_that_its_car_is_late_is_told() -> None:
    waiting = replace(ASKED, state="awaiting_stock")
    on_time = event("order_awaiting_stock", wait_until="2026-12-06T09:00:00Z", late=False)
    late = event("order_awaiting_stock", wait_until=None, late=True)
    assert [happened(one) for one in (on_time, late, event("order_bound"))] == [
        "order_awaiting_stock",
        "order_late",
        "order_bound",
    ]
    waits = told(waiting, on_time)
    assert (waits.wait_until, waits.late) == ("2026-12-06T09:00:00Z", False)
    assert told(waits, late) == replace(waits, late=True)


def test_what_the_tower_shows_outranks_the_refusal_of_a_repeat() -> None:
    late = {"at": AT, "ok": False, "reasons": ["expired"], "result": None}
    assert answered(TAKEN, late) == TAKEN
    assert shown(answered(ASKED, late), order("delivering")).state == "delivering"
    # an answer that is overtaken by the topic still brings the number
    overtaken = answered(shown(ASKED, order("delivering")), accepted(slot=None))
    assert (overtaken.state, overtaken.number) == ("delivering", "4711")


@pytest.mark.parametrize("state", ["completed", "cancelled", "expired", "no_show", "failed"])
def test_an_end_is_final(state: str) -> None:
    ended = told(replace(TAKEN, code="12345678"), event(f"order_{state}", reason="late"))
    assert (ended.state, is_open(ended), ended.code) == (state, False, None)
    assert shown(ended, order("delivering")) == ended
    assert told(ended, event("order_failed", reason="x")) == ended
    assert shown(TAKEN, order(state)).state == state


def test_a_car_is_out_from_its_order_to_the_end_of_its_loan() -> None:
    assert has_car(ASKED)
    assert has_car(TAKEN)
    # before the loan itself is heard of
    assert has_car(told(TAKEN, event("order_completed", vehicle="v_1")))
    assert has_car(shown(TAKEN, order("handed_over")))
    out = told(TAKEN, event("loan_out", vehicle="v_2", due_back_s=1.0))
    assert (out.loan_state, out.vehicle, out.out_since) == ("out", "v_2", AT)
    late = lent(out, loan("overdue"))
    assert (late.loan_state, late.due_back) == ("overdue", "2026-11-24T09:30:00.125Z")
    # a car that drives off again while it is being returned
    assert told(late, event("loan_out", vehicle="v_1")).out_since == AT
    for state in ("returned", "sold", "returned_elsewhere"):
        back = told(late, event(f"loan_{state}", vehicle="v_1"))
        assert (back.loan_state, has_car(back)) == (state, False)
        assert lent(back, loan("out")) == back
        assert told(back, event("loan_out", vehicle="v_1")) == back
    assert not has_car(replace(TAKEN, kind="collect"))
    assert told(TAKEN, event("order_delivering", vehicle="v_1")) == TAKEN
    # who collects a bought car has no loan
    assert told(replace(TAKEN, kind="collect"), event("order_completed", vehicle="v_1")).loan_state is None
