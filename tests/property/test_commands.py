"""Whatever comes by MQTT, signed or not: it is taken in, answered, and can be written down. Nothing of it ends the daemon."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.core_kit import config
from tests.support.mqtt_kit import TOPICS
from tests.support.orders_kit import EXAMPLES, NOW, claims, vehicle
from towerd.errors import Refusal
from towerd.fsm.events import CommandRefused, Event, OrderRequested, Stamped
from towerd.fsm.reducer import step
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import State, Tables, Volatile
from towerd.journal.diff import diff
from towerd.journal.records import decode_event, decode_row, encode_event, encode_row
from towerd.mqtt.payloads import answer_body
from towerd.mqtt.request import Dropped, read_request
from towerd.mqtt.wire import Received
from towerd.orders.claims import WITH_CODE, parse_claims

CONFIG = config()
STATE = State(Tables(vehicles={"v_0042": vehicle()}), Volatile(clock_sure=True))
AGO, FAR = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"
EXAMPLES_EACH = int(os.environ.get("TOWERD_EXAMPLES", "300"))
TIMES = st.sampled_from([AGO, FAR, "9999-12-31T23:59:59-23:59", "2026-02-30T00:00:00Z", "1970-01-01T00:00:00Z"])
TIMES |= st.datetimes().map(lambda at: f"{at.isoformat(timespec='milliseconds')}Z")
TEXTS = st.text(st.characters()) | st.sampled_from(["\ud800", "a\x00b", "r\n", "", "x" * 5000, "٠١٢٣٤٥٦٧"])
NUMBERS = st.integers() | st.floats() | st.sampled_from([2**53, -(2**53), 10**30, 1e308, 0, -1, 253_402_300_799])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS | TIMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
VERBS = st.sampled_from([*EXAMPLES["claims"], "state", "nosuch", "a/b", "", "é"])
GOOD = {"req_id": "r_1", "expires_at": "2026-11-21T09:30:30Z", "reply_to": "shop_7", "token": "a.b.c.d.e"}
ODD = TEXTS | TIMES | VALUES
BODIES = st.dictionaries(st.sampled_from([*GOOD, "more"]), ODD, max_size=2).map(lambda odd: GOOD | odd)
STATES = st.dictionaries(st.sampled_from(["req_id", "expires_at", "reply_to"]), ODD, max_size=2).map(
    lambda odd: {name: value for name, value in (GOOD | odd).items() if name != "token"}
)
PAYLOADS = st.one_of(
    BODIES.map(json.dumps).map(str.encode),
    STATES.map(json.dumps).map(str.encode),
    VALUES.map(json.dumps).map(str.encode),
    st.binary(max_size=200),
)


def take(state: State, event: Event) -> State:
    """One event through the core and into the journal's own form, and out of it again."""
    after, commands = step(state, Stamped(NOW, 1.0, event), CONFIG)
    assert decode_event(*encode_event(event)) == event
    for table, key, row in diff(state.tables, after.tables):
        assert row is None or decode_row(table, encode_row(table, row)) == row, (table, key)
    for command in commands:
        repr(command).encode()
        if hasattr(command, "reasons"):
            json.dumps(answer_body("r", command.ok, command.reasons, command.result)).encode()
        if hasattr(command, "body"):
            json.dumps(command.body, ensure_ascii=False, allow_nan=False).encode()
    return after


@settings(max_examples=EXAMPLES_EACH)
@given(PAYLOADS, VERBS, st.booleans(), st.none() | st.binary(max_size=200), st.none() | st.just(TOPICS.full("rsp/a")))
def test_no_message_is_more_than_refused(
    payload: bytes, verb: str, retain: bool, correlation: bytes | None, response: str | None
) -> None:
    received = Received(TOPICS.full(f"cmd/{verb}"), payload, retain, 1, 1, response, correlation)
    for now in (NOW, None):
        asked = read_request(TOPICS, received, now)
        if isinstance(asked, Dropped):
            event = CommandRefused(asked.verb, asked.reasons, asked.reply, asked.expires_at)
            after = take(STATE, event)
            assert all(row.until_at <= NOW + timedelta(seconds=125) for row in after.tables.answers.values())
            assert take(after, event).tables.vehicles == STATE.tables.vehicles


def changed(raw: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    name, *rest = path
    inner = raw.get(name)
    return raw | {name: changed(inner, tuple(rest), value) if rest and isinstance(inner, dict) else value}


def paths(raw: dict[str, Any], under: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, value in raw.items():
        found.append((*under, name))
        found += paths(value, (*under, name)) if isinstance(value, dict) else []
    return found


SERVED = ("test_drive", "test_drive", "test_drive", "cancel", "hold", "resume")
WHEN = frozenset(
    {"from", "until", "wait_until", "at", "as_of", "accepted_at", "arrives_at", "licence_until", "iat", "exp"}
)


@st.composite
def odd_claims(draw: st.DrawFn) -> dict[str, Any]:
    """Claims of one kind in which a few places hold something else, as a known issuer might sign them."""
    kind = draw(st.sampled_from([*SERVED, *sorted(EXAMPLES["claims"])]))
    raw = claims(kind)
    raw |= {"code": "40719365"} if kind in WITH_CODE else {}
    raw |= {"vehicle": {"id": "v_0042"}} if kind == "test_drive" else {}
    places = [*paths(raw), ("wait_until",)]
    times = [path for path in places if path[-1] in WHEN]
    for path in draw(st.lists(st.sampled_from(places) | st.sampled_from(times), min_size=1, max_size=2)):
        raw = changed(raw, path, draw(TIMES | NUMBERS if path[-1] in WHEN else ODD))
    return raw


@settings(max_examples=EXAMPLES_EACH)
@given(odd_claims(), st.sampled_from([NOW + timedelta(seconds=30), None]))
def test_no_signed_claim_is_more_than_refused(raw: dict[str, Any], expires_at: Any) -> None:
    parsed = parse_claims(json.dumps(raw).encode())
    if isinstance(parsed, Refusal):
        return
    reply = ReplyTo("mqtt", TOPICS.full("rsp/a"), "", "r_1")
    mac = "m" if parsed.code else None
    event = OrderRequested(parsed.public["kind"], parsed.public, "s", reply, mac, expires_at=expires_at)
    for state in (STATE, State(STATE.tables, replace(STATE.volatile, clock_sure=False))):
        after = take(state, event)
        take(after, event)
