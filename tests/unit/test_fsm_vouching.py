"""Two named people who have seen a customer's papers (orders-if.md 6.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import MONO_S, answers, asked, order_in, state_of, tables_of, told, turn_of, vehicle
from tests.support.values import AT
from towerd.fsm.commands import Answer, AppendAudit
from towerd.fsm.face_events import CustomerVouchedFor
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import Vouched
from towerd.fsm.turn import Turn
from towerd.fsm.vouching import customer_vouched_for
from towerd.orders.model import Order, Slot

API = ReplyTo("api", "1")
ADA = CustomerVouchedFor("ord-1", "ada", True, "passport", API)
BOB = CustomerVouchedFor("ord-1", "bob", False, "licence", API)
ADA_SAID = Vouched("ada", True, "passport", MONO_S - 299.0)


def turn(order: Order | None = None, **volatile: Any) -> Turn:
    orders = [order or order_in("accepted", cabin=None)]
    return turn_of(state_of(None, tables_of(vehicles=[vehicle()], orders=orders), **volatile))


def vouch(t: Turn, event: CustomerVouchedFor) -> Answer:
    customer_vouched_for(t, event)
    return answers(t)[-1]


@pytest.mark.parametrize("name", ["ord-1", "0815"])
@pytest.mark.parametrize(("first", "second"), [(ADA, BOB), (BOB, ADA)])
def test_two_people_stand_for_the_code(first: CustomerVouchedFor, second: CustomerVouchedFor, name: str) -> None:
    t = turn()
    answer = vouch(t, replace(first, order=name))
    assert answer.ok
    assert answer.result is not None
    assert "another named person: towerctl vouch 0815" in answer.result["text"]
    assert (t.tables.orders["ord-1"].state, t.volatile.decisions, told(t)) == ("accepted", {}, ["manual_intervention"])
    answer = vouch(t, replace(second, order=name))
    assert answer.result == {"order": "ord-1", "state": "identified", "vehicle": "car-1"}
    decision = t.volatile.decisions["ord-1"]
    assert (decision.by, decision.decided_mono_s, decision.liveness) == ("papers", MONO_S, "not_checked")
    assert (t.tables.orders["ord-1"].identified_by, t.volatile.vouched) == ("papers", {})
    assert told(t)[1:] == ["order_vouched", "order_arrived", "order_identified"]
    data = [row.body["data"] for row in asked(t, AppendAudit)][:2]
    assert data[0] == {"by": first.by, "vouches": first.saw}
    assert data[1] == {"by": second.by, "saw": second.saw, "with": first.by, "with_saw": first.saw}


def test_one_person_is_not_two() -> None:
    t = turn()
    assert vouch(t, ADA).ok
    answer = vouch(t, replace(ADA, saw="licence"))
    assert (answer.ok, answer.reasons) == (False, ("same_person",))
    assert t.tables.orders["ord-1"].state == "accepted"


def test_one_of_them_is_a_technician() -> None:
    t = turn()
    assert vouch(t, BOB).ok
    answer = vouch(t, replace(BOB, by="cyd"))
    assert (answer.ok, answer.reasons) == (False, ("technician_needed",))
    assert vouch(t, ADA).ok, "the first's word still counts"
    assert t.tables.orders["ord-1"].state == "identified"


@pytest.mark.parametrize(("age_s", "state"), [(299.9, "identified"), (300.0, "accepted")])
def test_a_word_that_is_too_old_counts_no_more(age_s: float, state: str) -> None:
    t = turn(vouched={"ord-1": replace(ADA_SAID, mono_s=MONO_S - age_s), "ord-2": ADA_SAID})
    assert vouch(t, BOB).ok
    assert t.tables.orders["ord-1"].state == state
    left = {"ord-2"} if state == "identified" else {"ord-1", "ord-2"}
    assert set(t.volatile.vouched) == left


def test_what_is_too_old_is_forgotten() -> None:
    t = turn(vouched={"ord-2": replace(ADA_SAID, mono_s=MONO_S - 300)})
    vouch(t, ADA)
    assert set(t.volatile.vouched) == {"ord-1"}


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (order_in("accepted", "ord-9", number="0001"), "no_such_order"),
        (order_in("completed", "ord-9"), "no_such_order"),
        (order_in("completed"), "too_late"),
        (order_in("handed_over"), "too_late"),
        (order_in("accepted", slot=Slot(AT + timedelta(hours=2), AT + timedelta(hours=3))), "too_early"),
    ],
)
def test_nobody_vouches_where_no_code_would_serve(order: Order, reason: str) -> None:
    t = turn(order, vouched={"ord-1": ADA_SAID})
    name = "0815" if order.id == "ord-9" else "ord-1"
    answer = vouch(t, replace(BOB, order=name))
    assert (answer.ok, answer.reasons, told(t), t.volatile.decisions) == (False, (reason,), [], {})
