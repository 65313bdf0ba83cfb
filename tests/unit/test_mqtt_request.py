from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.mqtt_kit import TOPICS
from tests.support.orders_kit import EXAMPLES, NOW
from towerd.fsm.reply import ReplyTo
from towerd.mqtt.request import Asked, Dropped, read_request
from towerd.mqtt.wire import Received
from towerd.units import rfc3339

GOOD = {**EXAMPLES["commands"]["test_drive"], "token": "a.b.c.d.e"}


def read(raw: dict[str, Any] | bytes, verb: str = "test_drive", now: Any = NOW, **fields: Any) -> Asked | Dropped:
    payload = raw if isinstance(raw, bytes) else json.dumps({k: v for k, v in raw.items() if v is not None}).encode()
    args = {"retain": False, "mid": 1, "generation": 1, **fields}
    return read_request(TOPICS, Received(TOPICS.full(f"cmd/{verb}"), payload, **args), now)


def reasons(asked: Asked | Dropped) -> tuple[str, ...]:
    assert isinstance(asked, Dropped)
    return asked.reasons


def test_the_examples_are_read() -> None:
    asked = read(GOOD)
    assert isinstance(asked, Asked)
    assert asked.reply == ReplyTo("mqtt", TOPICS.full("rsp/shop_7"), "", "r_1")
    assert asked.token == "a.b.c.d.e"
    assert repr(asked) == "Asked(test_drive, r_1)"
    state = read(EXAMPLES["commands"]["state"], "state")
    assert isinstance(state, Asked)
    assert state.token is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"more": 1}, "malformed"),
        ({"req_id": None}, "malformed"),
        ({"req_id": "a b"}, "malformed"),
        ({"req_id": 7}, "malformed"),
        ({"req_id": "\ud800"}, "malformed"),
        ({"token": "\ud800.a.b.c.d"}, "malformed"),
        ({"expires_at": "9999-12-31T23:59:59.999Z"}, "malformed"),
        ({"expires_at": "0001-01-01T00:00:00Z"}, "malformed"),
        ({"reply_to": "a/b"}, "malformed"),
        ({"token": None}, "malformed"),
        ({"token": ""}, "malformed"),
        ({"token": 7}, "malformed"),
        ({"expires_at": None}, "malformed"),
        ({"expires_at": 1795253400}, "malformed"),
        ({"expires_at": rfc3339(NOW + timedelta(seconds=66))}, "malformed"),
        ({"expires_at": rfc3339(NOW)}, "expired"),
        ({"expires_at": rfc3339(NOW - timedelta(days=1))}, "expired"),
    ],
)
def test_what_is_not_in_order_is_dropped(changes: dict[str, Any], reason: str) -> None:
    assert reasons(read({**GOOD, **changes})) == (reason,)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"7", b"\xff", b'{"req_id":"r","req_id":"s"}', b'{"req_id":"r","reply_to":null}']
)
def test_what_is_no_such_json_is_dropped(data: bytes) -> None:
    assert reasons(read(data)) == ("malformed",)


def test_a_body_that_is_too_large_is_not_even_read() -> None:
    dropped = read({**GOOD, "token": "x" * 524_288}, response_topic=TOPICS.full("rsp/a"))
    assert reasons(dropped) == ("too_large",)
    assert dropped.reply == ReplyTo("mqtt", TOPICS.full("rsp/a"), "", "")


def test_a_retained_command_is_dropped() -> None:
    assert reasons(read(GOOD, retain=True)) == ("malformed",)


@pytest.mark.parametrize("verb", ["open_door", "reset", "state"])
def test_an_unknown_verb_or_a_state_with_a_token_is_dropped(verb: str) -> None:
    assert reasons(read(GOOD, verb)) == ("malformed",)


def test_a_sender_of_a_wrong_body_is_told_where_that_can_be() -> None:
    dropped = read({**GOOD, "more": 1})
    assert isinstance(dropped, Dropped)
    assert dropped.reply == ReplyTo("mqtt", TOPICS.full("rsp/shop_7"), "", "r_1")
    assert dropped.expires_at is None


@pytest.mark.parametrize("req_id", ["\ud800", "a\x00b", "a b", "", "x" * 65, "r\n", 7])
def test_what_is_no_id_is_not_repeated(req_id: object) -> None:
    dropped = read({"req_id": req_id, "reply_to": "shop_7"})
    assert isinstance(dropped, Dropped)
    assert dropped.reply.req_id == ""


def test_while_the_clock_is_unsure_only_hold_and_state_are_read() -> None:
    assert reasons(read(GOOD, now=None)) == ("clock_unsure",)
    assert isinstance(read({**GOOD, "expires_at": "2001-01-01T00:00:00Z"}, "hold", now=None), Asked)
    assert isinstance(read(EXAMPLES["commands"]["state"], "state", now=None), Asked)


@pytest.mark.parametrize(
    ("response_topic", "reply_to", "address"),
    [
        (TOPICS.full("rsp/a"), "b", TOPICS.full("rsp/a")),
        (TOPICS.full("rsp/a/b"), "b", TOPICS.full("rsp/b")),
        (TOPICS.full("cmd/hold"), None, None),
        ("towerd/v1/other/rsp/a", "b", TOPICS.full("rsp/b")),
        (None, "b", TOPICS.full("rsp/b")),
        (None, None, None),
    ],
)
def test_where_an_answer_goes(response_topic: str | None, reply_to: str | None, address: str | None) -> None:
    asked = read({**GOOD, "reply_to": reply_to}, response_topic=response_topic)
    assert isinstance(asked, Asked)
    assert asked.reply == (ReplyTo("none", req_id="r_1") if address is None else ReplyTo("mqtt", address, "", "r_1"))


def test_correlation_data_has_128_bytes_at_most() -> None:
    asked = read(GOOD, correlation=b"x" * 128)
    assert isinstance(asked, Asked)
    assert asked.reply.correlation
    dropped = read(GOOD, correlation=b"x" * 129)
    assert reasons(dropped) == ("malformed",)
    assert dropped.reply.correlation == ""


def test_topics_of_others_are_none_of_ours() -> None:
    assert TOPICS.verb("towerd/v1/other/cmd/hold") is None
    assert TOPICS.verb(TOPICS.full("cmd/a/b")) is None
    assert TOPICS.verb(TOPICS.full("state")) is None
