"""What the tower publishes and takes has the names, nesting and types of the contract's examples."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from tests.support.mqtt_kit import LoopClock, view
from tests.support.orders_kit import EXAMPLES, NOW, book, circumstances, claims, order, request, vehicle
from towerd.fsm.commands import Answer, AppendOutbox
from towerd.fsm.reply import ReplyTo
from towerd.mqtt import payloads, topics
from towerd.mqtt.publisher import Publisher
from towerd.mqtt.wire import Outgoing
from towerd.orders.book import answer_of
from towerd.orders.keys import TowerKey
from towerd.orders.lifecycle import decide_request
from towerd.orders.rules import OrderRules

CONTRACT = Path(os.environ.get("TOWERD_CONTRACTS", Path(__file__).parents[3] / "shared")) / "orders" / "examples.json"
ENVELOPE = {"v": 1, "at": "2026-11-21T09:30:00.125Z", "boot": 17, "seq": 1, "simulated": True}
JWK: Any = {"kty": "EC", "crv": "P-256", "x": "…", "y": "…", "kid": "k_2026_1", "alg": "ECDH-ES", "use": "enc"}

KEY = TowerKey("k_2026_1", ECKey.generate_key("P-256"), JWK, "…")


@pytest.mark.skipif(not CONTRACT.is_file(), reason="the contract's folder is not beside this checkout")
def test_the_examples_are_the_contracts() -> None:
    assert json.loads(CONTRACT.read_text(encoding="utf-8")) == EXAMPLES


def shape(value: Any) -> Any:
    """Names, nesting and types; null stands for any scalar, so that it is left open."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def test_a_view_of_the_examples_makes_the_examples() -> None:
    """The values too: the view holds what the examples show."""
    made = payloads.bodies(view(), payloads.OrderBodies(), str)
    for name, shown in EXAMPLES["topics"].items():
        relative = name.replace("{n}", "1").replace("{floor}-{position}", "3-4").replace("{id}", "o_91")
        if relative in made:
            whole = {**ENVELOPE, "seq": shown["seq"], **made[relative]}
            assert list(whole) == list(shown), name
            assert shape(whole) == shape(shown), name


def test_values_are_those_of_the_examples() -> None:
    made = payloads.bodies(view(), payloads.OrderBodies(), str)
    for relative, name in (("state", "state"), ("lift", "lift"), ("cabin/1", "cabin/{n}"), ("loan/o_91", "loan/{id}")):
        shown = {key: value for key, value in EXAMPLES["topics"][name].items() if key not in ENVELOPE}
        if relative == "loan/o_91":
            shown |= {"out_since": "2026-11-21T09:30:00.000Z", "due_back": "2026-11-24T09:30:00.000Z"}
        assert {**made[relative], "alarms_active": 0} == {**shown, "alarms_active": 0}


def test_every_retained_topic_of_the_contract_is_made() -> None:
    made = {
        *payloads.bodies(view(), payloads.OrderBodies(), str),
        topics.KEY,
        topics.AVAILABILITY,
        topics.PLC_AVAILABILITY,
    }
    shown = {
        name.replace("{n}", "1").replace("{floor}-{position}", "3-4").replace("{id}", "o_91")
        for name in EXAMPLES["topics"]
    }
    assert made == shown - {"alarm/event", "event"}


def test_the_key_is_as_shown() -> None:
    body = {**ENVELOPE, **payloads.key_body(JWK, "…")}
    assert body == EXAMPLES["topics"]["key"]


class Wire:
    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    def start(self, listener: Any) -> None:
        raise AssertionError("not here")

    async def stop(self, last: Outgoing) -> None:
        raise AssertionError("not here")

    def publish(self, message: Outgoing) -> int | None:
        self.sent.append(message)
        return len(self.sent)

    def acknowledge(self, received: Any) -> None:
        raise AssertionError("not here")

    def subscribe(self, topic: str, qos: int) -> None:
        raise AssertionError("not here")

    def unsubscribe(self, topic: str) -> None:
        raise AssertionError("not here")


@pytest.fixture
async def sent() -> tuple[Publisher, Wire]:
    wire = Wire()
    publisher = Publisher(wire, topics.Topics("towerd", "nanjing-1"), LoopClock(), lambda: KEY, str)
    publisher.show(view())
    return publisher, wire


@pytest.mark.parametrize("topic", ["event", "alarm/event"])
async def test_messages_of_the_outbox_are_as_shown(sent: tuple[Publisher, Wire], topic: str) -> None:
    publisher, wire = sent
    shown = EXAMPLES["topics"][topic]
    body = {name: value for name, value in shown.items() if name not in {*ENVELOPE, "event_seq"}}
    publisher.row(AppendOutbox(shown["event_seq"], topic, NOW, body))
    made = json.loads(wire.sent[0].payload)
    assert wire.sent[0].topic == f"towerd/v1/nanjing-1/{topic}"
    assert {**made, "seq": 0, "at": ""} == {**shown, "seq": 0, "at": ""}
    assert list(made) == list(shown)


async def answered(sent: tuple[Publisher, Wire], answer: Answer) -> dict[str, Any]:
    publisher, wire = sent
    publisher.answer(answer)
    made: dict[str, Any] = json.loads(wire.sent[-1].payload)
    return made


async def test_answers_are_as_shown(sent: tuple[Publisher, Wire]) -> None:
    reply = ReplyTo("mqtt", "towerd/v1/nanjing-1/rsp/shop_7", "", "r_1")
    accepted = decide_request(request(claims()), book(vehicle()), OrderRules(), circumstances())
    made = await answered(sent, Answer(reply, *answer_of(accepted)))
    assert shape(made) == shape(EXAMPLES["answers"]["order accepted"])
    cancelled = decide_request(request(claims("cancel")), book(orders=(order("o_91"),)), OrderRules(), circumstances())
    made = await answered(sent, Answer(reply, *answer_of(cancelled)))
    assert shape(made) == shape(EXAMPLES["answers"]["other verb"])
    made = await answered(sent, Answer(reply, False, ("licence_missing",), None))
    assert shape(made) == shape(EXAMPLES["answers"]["refused"])
    made = await answered(sent, Answer(reply, True, (), {"state": sent[0].state()}))
    assert shape(made["result"]["state"]) == shape(EXAMPLES["topics"]["state"])


async def test_nothing_published_holds_a_face_a_name_or_a_code(sent: tuple[Publisher, Wire]) -> None:
    publisher, wire = sent
    publisher.begin()
    text = b"".join(message.payload for message in wire.sent).decode()
    for secret in ("c_7Hq2", "4711", "code_mac", '"tag"'):
        assert secret not in text
