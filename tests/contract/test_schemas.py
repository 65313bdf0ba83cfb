"""The generated schemas: the contract's examples are valid, and they say the same as the parsers do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from tests.support import published
from tests.support.mqtt_kit import TOPICS
from tests.support.orders_kit import EXAMPLES, NOW
from tests.support.published import problems
from tests.support.token_kit import key_set_line, make_keys
from tools.reference.schemas import schemas
from towerd.errors import Refusal
from towerd.mqtt.request import Asked, read_request
from towerd.mqtt.topics import CHANNELS, channel_of
from towerd.mqtt.wire import Received
from towerd.orders.claims import KINDS, NULLABLE, parse_claims

ELLIPSES = {"9f2c…": "9f2c" * 16, "…": "x" * 43, "<base64 JPEG>": "/9j/4AAQ"}
"""What the examples leave out, written out."""


def filled(value: Any) -> Any:
    """An example with the ellipses filled in."""
    if isinstance(value, dict):
        return {name: filled(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner) for inner in value]
    if value == "<as topic state>":
        return filled(EXAMPLES["topics"]["state"])
    return ELLIPSES.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("name", sorted(schemas()))
def test_every_schema_is_one(name: str) -> None:
    published.validator(name)
    assert schemas()[name]["$id"].endswith(f":{name}")
    assert "$defs" not in json.dumps(schemas()[name])


@pytest.mark.parametrize("topic", EXAMPLES["topics"])
def test_topics_of_the_examples_are_valid(topic: str) -> None:
    shown = EXAMPLES["topics"][topic]
    channel = channel_of(topic)
    assert channel.topic == topic
    if isinstance(shown, str):
        assert shown == "online"
    else:
        assert problems(channel.name, filled(shown)) == []


def test_every_channel_of_the_examples_is_there_and_no_other() -> None:
    assert {channel.topic for channel in CHANNELS} == {*EXAMPLES["topics"], "rsp/{name}"}
    assert set(schemas()["event"]["properties"]["type"]["enum"]) > set(EXAMPLES["event_types"])


@pytest.mark.parametrize("answer", EXAMPLES["answers"])
def test_answers_of_the_examples_are_valid(answer: str) -> None:
    assert problems("answer", filled(EXAMPLES["answers"][answer])) == []


@pytest.mark.parametrize(("verb", "schema"), [("test_drive", "command"), ("state", "command_state")])
def test_commands_of_the_examples_are_valid(verb: str, schema: str) -> None:
    assert problems(schema, EXAMPLES["commands"][verb]) == []


@pytest.mark.parametrize("kind", EXAMPLES["claims"])
def test_claims_of_the_examples_are_valid(kind: str) -> None:
    assert problems(f"claims_{kind}", filled(EXAMPLES["claims"][kind])) == []


def test_claims_are_those_of_the_examples() -> None:
    assert set(EXAMPLES["claims"]) == KINDS


def test_a_message_lacks_nothing_and_holds_nothing_else() -> None:
    """Each field of each message in turn: gone, and one more beside it."""
    for topic, shown in EXAMPLES["topics"].items():
        for name in shown if isinstance(shown, dict) else ():
            whole = filled(shown)
            assert problems(channel_of(topic).name, {**whole, f"{name}_too": 1}), (topic, name)
            del whole[name]
            assert problems(channel_of(topic).name, whole), (topic, name)


def test_an_event_holds_what_its_type_says() -> None:
    shown = filled(EXAMPLES["topics"]["event"])
    assert problems("event", {**shown, "type": "order_staged"})
    assert problems("event", {**shown, "type": "order_staged", "data": {"cabin": 1}}) == []
    assert problems("event", {**shown, "type": "no_such_event", "data": {}})
    told = {"by": "anna", "packml": "start"}
    assert problems("event", {**shown, "type": "manual_intervention", "data": told}) == []


def test_what_is_heard_and_is_wrong_is_kept() -> None:
    published.hear("availability", b"away")
    published.hear("order/o_1", b"")
    published.hear("state", b"{}")
    found = list(published.WRONG)
    published.WRONG.clear()
    assert found[0] == "availability: neither online nor offline in away"
    assert len(found) == 1 + len(schemas()["state"]["required"])
    with pytest.raises(KeyError):
        published.hear("weather", b"{}")


def test_a_message_is_looked_at_again_where_more_than_digits_differ() -> None:
    shown = filled(EXAMPLES["topics"]["lift"])
    for wrong in ({"fork_mm": 5}, {"fork_mm": None}, {"fork_mm": "5"}, {"quality": "good5"}, {"fork_mm": 5}):
        published.hear("lift", json.dumps({**shown, **wrong}).encode())
    found = list(published.WRONG)
    published.WRONG.clear()
    assert [one.split(":")[1].strip() for one in found] == ["$.fork_mm", "$.quality"]


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, below in inner:
        yield from _places(below, (*path, name))


def _changed(whole: dict[str, Any], path: tuple[Any, ...], change: Any) -> dict[str, Any]:
    """The claims with one value put in place of another; `change` ... takes it away."""
    made = deepcopy(whole)
    at: Any = made
    for name in path[:-1]:
        at = at[name]
    if change is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = change
    return made


ODD = (..., None, True, "", "x" * 2000, "ü ü", -1, 2**53, 1.5, [], {}, ["x"], {"more": 1})
"""What a sender may put in place of any value."""


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_schema_and_parser_agree(kind: str) -> None:
    """Each value of each example replaced by odd ones: what the parser takes is valid, and nothing else is.

    Beyond a schema are days that no calendar has and a slot that ends before it begins; neither is among the odd ones.
    """
    whole = filled(EXAMPLES["claims"][kind])
    tried = [_changed(whole, path, odd) for path in _places(whole) for odd in ODD]
    tried += [{**whole, "more": 1}, whole]
    taken = 0
    for raw in tried:
        valid = not problems(f"claims_{kind}", raw)
        parses = not isinstance(parse_claims(json.dumps(raw).encode()), Refusal)
        assert valid == parses, (raw, problems(f"claims_{kind}", raw))
        taken += valid
    assert 0 < taken < len(tried) / 2


@pytest.mark.parametrize("verb", ["hold", "state"])
def test_schema_and_reader_of_a_command_agree(verb: str) -> None:
    whole = {"req_id": "r_1", "expires_at": "2026-11-21T09:30:50.000Z", "reply_to": "shop_7", "token": "t"}
    schema = "command_state" if verb == "state" else "command"
    if verb == "state":
        del whole["token"]
    tried = [_changed(whole, path, odd) for path in _places(whole) for odd in ODD]
    for raw in [*tried, {**whole, "more": 1}, {**whole, "token": "t"}, whole]:
        received = Received(TOPICS.full(f"cmd/{verb}"), json.dumps(raw).encode(), False, 1, 1)
        taken = isinstance(read_request(TOPICS, received, NOW + timedelta(seconds=1)), Asked)
        assert taken == (not problems(schema, raw)), raw


def test_null_is_taken_only_where_the_contract_shows_it() -> None:
    for name, schema in schemas().items():
        nulls = re.findall(r'"(\w+)": \{"anyOf": \[[^\]]*\{"type": "null"\}', json.dumps(schema))
        if name.startswith(("claims_", "command", "token_", "key_set")):
            assert set(nulls) <= NULLABLE, name


def test_a_key_set_file_is_valid(tmp_path: Any) -> None:
    keys = make_keys(tmp_path)
    written = json.loads((tmp_path / "issuers.json").read_text(encoding="utf-8"))
    assert problems("key_set", written) == []
    assert (
        problems(
            "key", {**EXAMPLES["topics"]["key"], "jwk": dict(keys.tower.public), "thumbprint": keys.tower.thumbprint}
        )
        == []
    )
    line = key_set_line("x", "shop.example", ["test_ride"], keys.private["shop_1"])
    assert problems("key_set", {"keys": [line]})


def test_the_headers_of_a_token_are_valid() -> None:
    inner = {"alg": "ES256", "kid": "shop_1", "typ": "towerd+jwt"}
    epk = {"kty": "EC", "crv": "P-256", "x": "x" * 43, "y": "y" * 43}
    outer = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": "k_1", "cty": "JWT", "epk": epk}
    assert problems("token_inner_header", inner) == problems("token_outer_header", outer) == []
    assert problems("token_inner_header", {**inner, "alg": "none"})
    assert problems("token_outer_header", {**outer, "zip": "DEF"})
