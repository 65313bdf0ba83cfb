from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest

from tests.support.core_kit import MONO_S, asked, machine, order_in, state_of, tables_of, turn_of, vehicle
from tests.support.values import AT
from towerd.fsm.commands import Answer, AppendAudit, AppendOutbox
from towerd.fsm.reply import NOWHERE, ReplyTo
from towerd.fsm.state import State
from towerd.fsm.turn import audit_hash
from towerd.places import UNKNOWN, cabin


def before() -> State:
    return state_of(machine(), tables_of(vehicles=[vehicle()], orders=[order_in("accepted")]))


def test_since_when_a_place_is_unknown_is_noted_whoever_finds_it_out() -> None:
    lost = turn_of(before(), MONO_S + 5).put_vehicle(vehicle(), place=UNKNOWN)
    assert lost.lost_at == AT + timedelta(seconds=5)
    later = turn_of(before(), MONO_S + 60)
    assert later.put_vehicle(lost, condition="unknown").lost_at == lost.lost_at
    assert later.put_vehicle(lost, place=cabin(1)).lost_at is None


def test_only_who_waits_is_answered() -> None:
    turn = turn_of(before())
    turn.answer(NOWHERE, True)
    assert turn.commands == []
    reply = ReplyTo("api", "1")
    turn.answer(reply, False, ("busy",), {"x": 1})
    assert turn.commands == [Answer(reply, False, ("busy",), {"x": 1})]


def test_every_event_has_the_next_number_and_a_link_in_the_audit_chain() -> None:
    turn = turn_of(before())
    turn.tell("first", {"n": 1})
    turn.tell("second", None, order_in("ready"))
    rows, messages = asked(turn, AppendAudit), asked(turn, AppendOutbox)
    assert [row.audit_seq for row in rows] == [1, 2]
    assert [message.event_seq for message in messages] == [1, 2]
    assert rows[1].previous_hash == rows[0].hash == messages[0].body["audit_hash"]
    assert rows[1].hash == audit_hash(rows[0].hash, 2, AT, rows[1].body)
    meta = turn.tables.meta
    assert (meta.event_seq, meta.audit_seq, meta.audit_hash) == (2, 2, rows[1].hash)


def test_the_audit_names_a_pseudonym_and_the_message_the_customer() -> None:
    turn = turn_of(before())
    turn.tell("order_ready", {}, order_in("ready", pseudonym="p-1"))
    body = {"type": "order_ready", "order": "ord-1", "customer": "p-1", "data": {}}
    assert asked(turn, AppendAudit)[0].body == body
    assert asked(turn, AppendOutbox)[0].body["customer"] == "cust-1"
    assert "cust-1" not in json.dumps(asked(turn, AppendAudit)[0].body)


def test_what_needs_no_audit_leaves_the_chain_alone() -> None:
    turn = turn_of(before())
    turn.tell("mode_changed", audit=False)
    body = asked(turn, AppendOutbox)[0].body
    assert (body["audit_seq"], body["audit_hash"], body["order"], body["customer"]) == (None, None, None, None)
    assert asked(turn, AppendAudit) == []
    assert (turn.tables.meta.event_seq, turn.tables.meta.audit_seq) == (1, 0)


def test_alarms_count_in_the_same_row_of_numbers() -> None:
    turn = turn_of(before())
    turn.tell("started")
    turn.tell_alarm("TWR-2001", "raised", reason="drive fault")
    message = asked(turn, AppendOutbox)[1]
    assert (message.event_seq, message.topic) == (2, "alarm/event")
    assert message.body == {
        "event_seq": 2,
        "code": "TWR-2001",
        "what": "raised",
        "by": None,
        "reason": "drive fault",
    }


def test_the_hash_is_over_the_row_and_the_one_before() -> None:
    text = json.dumps(["ab", 3, AT.isoformat(), {"b": 1, "a": 2}], sort_keys=True, separators=(",", ":"))
    assert audit_hash("ab", 3, AT, {"a": 2, "b": 1}) == hashlib.sha256(text.encode()).hexdigest()
    others = {
        audit_hash("ab", 3, AT, {"a": 2}),
        audit_hash("ac", 3, AT, {"a": 2}),
        audit_hash("ab", 4, AT, {"a": 2}),
        audit_hash("ab", 3, AT + timedelta(microseconds=1), {"a": 2}),
    }
    assert len(others) == 4


@pytest.mark.parametrize("state", ["completed", "cancelled", "no_show", "failed", "expired"])
def test_an_order_that_ends_is_stamped_with_its_end(state: str) -> None:
    turn = turn_of(before(), MONO_S + 60)
    moved = turn.move_order(turn.tables.orders["ord-1"], state, reason="x")  # type: ignore[arg-type]
    assert turn.tables.orders["ord-1"] == moved
    assert (moved.state, moved.since_at, moved.ended_at, moved.reason) == (state, turn.now, turn.now, "x")


def test_an_order_that_goes_on_has_no_end() -> None:
    turn = turn_of(before(), MONO_S + 60)
    moved = turn.move_order(turn.tables.orders["ord-1"], "arrived")
    assert (moved.since_at, moved.ended_at) == (turn.now, None)
