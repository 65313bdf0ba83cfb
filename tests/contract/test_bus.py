"""What a bus does, over a connection in memory and over a real one to a real broker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import paho.mqtt.client as paho
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from simulator.broker import EmbeddedBroker
from simulator.tower_link import hang_up
from tests.support.memory_wire import MemoryBroker, MemoryWire, Message
from tests.support.mqtt_kit import TOPICS, Bed, body, make_bed, until, view
from tests.support.orders_kit import EXAMPLES, order
from tests.support.token_kit import TOWER, Keys, drive_claims, make_keys
from towerd.fsm.commands import Answer
from towerd.fsm.events import BusChanged, CommandRefused, OrderRequested, OutboxAcknowledged
from towerd.fsm.reply import ReplyTo
from towerd.mqtt.bus import will
from towerd.mqtt.client import PahoWire
from towerd.mqtt.config import MqttConfig
from towerd.mqtt.wire import Wire
from towerd.orders.keys import make_tower_key


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("keys"))


class Peer(Protocol):
    """The other side of the broker."""

    seen: list[Message]

    def wire(self) -> Wire: ...
    def say(self, message: Message) -> None: ...
    async def sever(self) -> None: ...
    async def restore(self) -> None: ...
    async def close(self) -> None: ...


class MemoryPeer:
    def __init__(self) -> None:
        self.broker = MemoryBroker()
        self.seen = self.broker.seen

    def wire(self) -> Wire:
        return MemoryWire(self.broker, will(TOPICS))

    def say(self, message: Message) -> None:
        self.broker.route(message)

    async def sever(self) -> None:
        self.broker.sever()

    async def restore(self) -> None:
        self.broker.restore()

    async def close(self) -> None:
        self.broker.wire = None


class BrokerPeer:
    def __init__(self) -> None:
        self.broker = EmbeddedBroker().start()
        self.seen: list[Message] = []
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="peer", protocol=paho.MQTTv5)
        self.client.on_message = self._keep
        self.client.on_connect = lambda *_: self.client.subscribe("towerd/#", options=SubscribeOptions(qos=1))
        self.client.reconnect_delay_set(1, 1)
        self.client.connect("127.0.0.1", self.broker.port)
        self.client.loop_start()

    def _keep(self, _client: Any, _user: Any, message: paho.MQTTMessage) -> None:
        correlation = getattr(message.properties, "CorrelationData", None)
        self.seen.append(Message(message.topic, message.payload, message.retain, None, correlation))

    def wire(self) -> Wire:
        config = MqttConfig("127.0.0.1", TOWER, self.broker.port, reconnect_max_s=1)
        return PahoWire(config, will(TOPICS))

    def say(self, message: Message) -> None:
        properties = Properties(PacketTypes.PUBLISH)
        if message.response_topic is not None:
            properties.ResponseTopic = message.response_topic
        if message.correlation is not None:
            properties.CorrelationData = message.correlation
        self.client.publish(message.topic, message.payload, 1, message.retain, properties)

    async def sever(self) -> None:
        await asyncio.to_thread(self.broker.stop)

    async def restore(self) -> None:
        await asyncio.to_thread(self.broker.start)
        await until(self.client.is_connected)

    async def close(self) -> None:
        await asyncio.to_thread(hang_up, self.client)
        await asyncio.to_thread(self.broker.close)


class Running:
    def __init__(self, bed: Bed, peer: Peer) -> None:
        self.bed, self.peer = bed, peer

    def payloads(self, relative: str) -> list[bytes]:
        return [one.payload for one in list(self.peer.seen) if one.topic == TOPICS.full(relative)]

    def last(self, relative: str) -> Any:
        return json.loads(self.payloads(relative)[-1])

    def command(self, verb: str, payload: bytes, **fields: Any) -> None:
        self.peer.say(Message(TOPICS.full(f"cmd/{verb}"), payload, **fields))

    def order(self, keys: Keys, req_id: str = "r_1", **changes: Any) -> None:
        token = keys.token(drive_claims(self.bed.clock.now(), **changes))
        self.command("test_drive", body(self.bed.clock, token, req_id))


@pytest.fixture(params=["memory", "broker"])
async def peer(request: pytest.FixtureRequest) -> AsyncIterator[Peer]:
    made: Peer = MemoryPeer() if request.param == "memory" else BrokerPeer()
    yield made
    await made.close()


@pytest.fixture
async def running(peer: Peer, keys: Keys) -> AsyncIterator[Running]:
    bed = make_bed(peer.wire(), keys)
    task = asyncio.create_task(bed.bus.run())
    bed.bus.show(view())
    made = Running(bed, peer)
    # The broker takes the subscription before what is published after it: who sees `online` may send commands.
    await until(lambda: b"online" in made.payloads("availability"))
    yield made
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_everything_retained_is_published_when_the_broker_comes(running: Running) -> None:
    shown = {"availability", "plc/availability", "key", "state", "catalogue", "lift", "cabin/1", "bay/3-4"}
    shown |= {"order/o_91", "loan/o_91", "alarm/active"}
    await until(lambda: all(running.payloads(topic) for topic in shown))
    assert running.payloads("availability")[-1] == b"online"
    assert running.payloads("plc/availability")[-1] == b"online"
    assert running.last("key")["jwk"]["use"] == "enc"
    seqs = [json.loads(one.payload)["seq"] for one in list(running.peer.seen) if one.payload.startswith(b"{")]
    assert len(set(seqs)) == len(seqs)


async def test_what_changes_is_published_and_what_goes_is_removed(running: Running) -> None:
    await until(lambda: running.payloads("order/o_91"))
    running.bed.bus.show(view(plc_good=False, orders=(order("o_91", state="ready"),), loans=()))
    await until(lambda: running.last("order/o_91")["state"] == "ready")
    await until(lambda: running.payloads("loan/o_91")[-1] == b"")
    await until(lambda: running.payloads("plc/availability")[-1] == b"offline")
    assert len(running.payloads("catalogue")) == 1


async def test_keys_that_change_are_used_at_once(peer: Peer, tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    bed = make_bed(peer.wire(), keys)
    task = asyncio.create_task(bed.bus.run())
    bed.bus.show(view())
    running = Running(bed, peer)
    await until(lambda: b"online" in running.payloads("availability"))

    async def refused_for(req_id: str, token: str) -> tuple[str, ...]:
        running.command("test_drive", body(bed.clock, token, req_id))
        await until(lambda: [one for one in bed.inbox.of(CommandRefused) if one.reply.req_id == req_id])
        return bed.inbox.of(CommandRefused)[-1].reasons

    old = keys.token(drive_claims(bed.clock.now()))
    keys.tower = make_tower_key(tmp_path / "tower.jwk")
    bed.bus.show(view())
    await until(lambda: running.last("key")["thumbprint"] == keys.tower.thumbprint)
    assert running.last("key")["jwk"]["kid"] == keys.tower.kid
    assert await refused_for("r_old", old) == ("unknown_key",)
    running.order(keys, "r_new")
    await until(lambda: bed.inbox.of(OrderRequested))
    keys.issuers = {kid: key for kid, key in keys.issuers.items() if kid != "shop_1"}
    assert await refused_for("r_shop", keys.token(drive_claims(bed.clock.now(), jti="o_2"))) == ("unknown_key",)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_the_outbox_goes_out_in_order_over_an_outage(running: Running) -> None:
    running.bed.rows.append(40)
    running.bed.bus.wake()
    await until(lambda: running.payloads("event"))
    await running.peer.sever()
    running.bed.rows.append(30)
    running.bed.bus.wake()
    await until(lambda: BusChanged(False) in running.bed.inbox.events)
    await running.peer.restore()
    await until(lambda: OutboxAcknowledged(70) in running.bed.inbox.events)
    acknowledged = [event.up_to_seq for event in running.bed.inbox.of(OutboxAcknowledged)]
    assert acknowledged == sorted(acknowledged)
    if isinstance(running.peer, MemoryPeer):
        seqs = [json.loads(one)["event_seq"] for one in running.payloads("event")]
        assert list(dict.fromkeys(seqs)) == list(range(1, 71))


async def test_events_carry_their_number_and_their_own_time(running: Running) -> None:
    running.bed.rows.append(20)
    running.bed.bus.wake()
    await until(lambda: len(running.payloads("event")) == 20)
    assert [json.loads(one)["event_seq"] for one in running.payloads("event")] == list(range(1, 21))
    assert running.last("event")["at"] == "2026-11-21T09:30:00.000Z"
    assert set(running.last("event")) == set(EXAMPLES["topics"]["event"])


async def test_an_order_becomes_an_event_without_selfie_and_code(running: Running, keys: Keys) -> None:
    running.order(keys)
    await until(lambda: running.bed.inbox.of(OrderRequested))
    event = running.bed.inbox.of(OrderRequested)[0]
    assert (event.verb, event.face, event.face_sha256) == ("test_drive", "enrolled", "f" * 64)
    assert event.reply == ReplyTo("mqtt", TOPICS.full("rsp/shop_7"), "", "r_1")
    assert not {"selfie", "code"} & set(event.claims)
    assert "40719365" not in repr(event)
    assert b"sealed" in running.bed.inbox.attachments


async def test_a_command_is_acknowledged_only_once_it_is_durable(running: Running, keys: Keys) -> None:
    running.bed.inbox.held = True
    running.order(keys, "r_1", jti="o_1")
    await until(lambda: len(running.bed.inbox.of(OrderRequested)) == 1)
    await running.peer.sever()
    await until(lambda: BusChanged(False) in running.bed.inbox.events)
    if isinstance(running.peer, BrokerPeer):
        return
    assert [mid for mid, _ in running.peer.broker.unacknowledged]
    running.bed.inbox.held = False
    running.bed.inbox.apply()
    assert running.peer.broker.unacknowledged, "a late commit acknowledges nothing on another connection"
    await running.peer.restore()
    await until(lambda: len(running.bed.inbox.of(OrderRequested)) == 2)
    await until(lambda: not running.peer.broker.unacknowledged)


async def test_an_answer_goes_to_the_response_topic_with_its_correlation(running: Running, keys: Keys) -> None:
    token = keys.token(drive_claims(running.bed.clock.now()))
    running.command(
        "test_drive",
        body(running.bed.clock, token),
        response_topic=TOPICS.full("rsp/other"),
        correlation=b"\x00\x01",
    )
    await until(lambda: running.bed.inbox.of(OrderRequested))
    reply = running.bed.inbox.of(OrderRequested)[0].reply
    running.bed.bus.answer(Answer(reply, False, ("trial_limit",), None))
    await until(lambda: running.payloads("rsp/other"))
    assert set(running.last("rsp/other")) == set(EXAMPLES["answers"]["refused"])
    assert running.last("rsp/other")["reasons"] == ["trial_limit"]
    assert [one.correlation for one in running.peer.seen if one.topic == TOPICS.full("rsp/other")] == [b"\x00\x01"]


async def test_a_foreign_response_topic_is_not_used(running: Running, keys: Keys) -> None:
    token = keys.token(drive_claims(running.bed.clock.now()))
    payload = body(running.bed.clock, token, reply_to=None)
    running.command("test_drive", payload, response_topic="towerd/v1/other-1/rsp/x")
    await until(lambda: running.bed.inbox.of(OrderRequested))
    reply = running.bed.inbox.of(OrderRequested)[0].reply
    assert reply == ReplyTo("none", req_id="r_1")
    running.bed.bus.answer(Answer(reply, True, (), None))


async def test_the_state_is_answered_without_a_token(running: Running) -> None:
    running.command("state", body(running.bed.clock, None, "r_2"))
    await until(lambda: running.payloads("rsp/shop_7"))
    answer = running.last("rsp/shop_7")
    assert (answer["req_id"], answer["ok"]) == ("r_2", True)
    assert set(answer["result"]["state"]) == set(EXAMPLES["topics"]["state"])
    assert not running.bed.inbox.of(OrderRequested)
    running.command("state", body(running.bed.clock, None, "r_2"))
    await until(lambda: len(running.payloads("rsp/shop_7")) == 2)
    assert running.last("rsp/shop_7")["result"] == answer["result"], "its first answer again (3.3)"


@pytest.mark.parametrize("retain", [False, True])
async def test_what_is_dropped_is_told_with_its_reason(running: Running, retain: bool) -> None:
    old = (running.bed.clock.now() - timedelta(seconds=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    running.command("hold", body(running.bed.clock, "token", expires_at=old), retain=retain)
    await until(lambda: running.bed.inbox.of(CommandRefused))
    refused = running.bed.inbox.of(CommandRefused)[0]
    assert refused.verb == "hold"
    assert refused.reply.req_id == "r_1"
    assert refused.reasons in (("expired",), ("malformed",))


async def test_a_command_of_full_size_arrives(running: Running, keys: Keys) -> None:
    token = keys.token(drive_claims(running.bed.clock.now(), selfie="A" * 218_448))
    running.command("test_drive", body(running.bed.clock, token))
    await until(lambda: running.bed.inbox.of(OrderRequested))
    running.command("test_drive", body(running.bed.clock, "x" * 530_000))
    await until(lambda: running.bed.inbox.of(CommandRefused))
    assert running.bed.inbox.of(CommandRefused)[0].reasons == ("too_large",)


def _was_last(peer: Peer, relative: str, payload: bytes) -> bool:
    return [one.payload for one in peer.seen if one.topic == TOPICS.full(relative)][-1] == payload


async def test_unknown_retained_orders_are_cleared(peer: Peer, keys: Keys) -> None:
    peer.say(Message(TOPICS.full("order/o_old"), b"{}", retain=True))
    await until(lambda: any(one.topic.endswith("o_old") for one in peer.seen))
    bed = make_bed(peer.wire(), keys)
    task = asyncio.create_task(bed.bus.run())
    bed.bus.show(view())
    await until(lambda: [one.payload for one in peer.seen if one.topic.endswith("order/o_old")][-1] == b"")
    assert [one for one in peer.seen if one.topic.endswith("order/o_91")][-1].payload
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    for gone in ("plc/availability", "availability"):
        await until(partial(_was_last, peer, gone, b"offline"))


async def test_without_a_broker_nothing_is_lost_and_nothing_blocks(keys: Keys) -> None:
    broker = MemoryBroker(up=False)
    bed = make_bed(MemoryWire(broker, will(TOPICS)), keys)
    task = asyncio.create_task(bed.bus.run())
    bed.rows.append(3)
    bed.bus.wake()
    bed.bus.answer(Answer(ReplyTo("mqtt", TOPICS.full("rsp/a")), True, (), None))
    bed.bus.show(replace(view(), plc_good=False))
    await asyncio.sleep(0.3)
    assert broker.seen == []
    broker.restore()
    await until(lambda: OutboxAcknowledged(3) in bed.inbox.events)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_broker_that_refuses_a_message_gets_it_again_later(keys: Keys) -> None:
    broker = MemoryBroker(refuse=True)
    bed = make_bed(MemoryWire(broker, will(TOPICS)), keys)
    task = asyncio.create_task(bed.bus.run())
    bed.rows.append(2)
    bed.bus.show(view())
    await until(lambda: bed.inbox.of(BusChanged))
    await asyncio.sleep(0.3)
    broker.refuse = False
    await until(lambda: OutboxAcknowledged(2) in bed.inbox.events)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
