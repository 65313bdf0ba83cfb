"""The stand-in for the order platform and the tower's bus understand each other, over a real broker."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from click.testing import CliRunner
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from simulator.broker import EmbeddedBroker
from simulator.platform import Platform
from simulator.platform_cli import app
from simulator.purchaser import Wish
from simulator.shop.towers import PlatformLine
from simulator.tower_link import PlatformError, Where
from tests.support.mqtt_kit import (
    SECRET,
    TOPICS,
    ListInbox,
    LoopClock,
    NamedCustomers,
    Rows,
    ScriptedMatcher,
    until,
    view,
)
from tests.support.orders_kit import vehicle
from tests.support.token_kit import TOWER
from towerd.fsm.commands import Answer
from towerd.fsm.events import BusChanged, CommandRefused, Event, OrderRequested
from towerd.mqtt.bus import BusParts, MqttBus, will
from towerd.mqtt.client import PahoWire
from towerd.mqtt.config import MqttConfig
from towerd.mqtt.intake import IntakeParts
from towerd.orders.book import Circumstances, OrderAccepted, OrderBook, OrderCancelled, Remembered, Request, answer_of
from towerd.orders.keys import load_issuers, load_tower_key
from towerd.orders.lifecycle import decide_request
from towerd.orders.model import Order
from towerd.orders.requests import remember
from towerd.orders.rules import OrderRules
from towerd.view import Offer

RULES = OrderRules()


@dataclass
class Decider(ListInbox):
    """As much of a core as answers need; `deaf` swallows so many requests first."""

    clock: LoopClock = field(default_factory=LoopClock)
    orders: dict[str, Order] = field(default_factory=dict)
    answers: dict[str, Remembered] = field(default_factory=dict)
    deaf: int = 0
    bus: MqttBus | None = None

    def post(self, event: Event, attachment: bytes | None = None, done: Callable[[], None] | None = None) -> None:
        super().post(event, attachment, done)
        if self.bus is None:
            return
        if isinstance(event, CommandRefused):
            self.bus.answer(Answer(event.reply, False, event.reasons, None))
        elif isinstance(event, OrderRequested):
            self._decide(event, self.bus)

    def _decide(self, event: OrderRequested, bus: MqttBus) -> None:
        now = self.clock.now()
        book = OrderBook({"v_0042": vehicle()}, self.orders, {}, self.answers)
        request = Request(
            event.claims,
            event.payload_sha256,
            event.code_mac,
            event.face,
            event.face_reasons,
            event.reply.req_id,
            event.expires_at,
        )
        outcome = decide_request(request, book, RULES, Circumstances(now, {"v_0042": 64.0}))
        self.answers |= {row.key: row for row in remember(request, book, outcome, RULES, now)}
        if isinstance(outcome, OrderAccepted | OrderCancelled):
            self.orders[outcome.order.id] = outcome.order
            bus.show(view(at=now, orders=tuple(self.orders.values())))
        if self.deaf:
            self.deaf -= 1
            return
        bus.answer(Answer(event.reply, *answer_of(outcome)))


@pytest.fixture
async def tower(tmp_path: Path) -> AsyncIterator[tuple[Platform, Decider]]:
    broker = EmbeddedBroker()
    await asyncio.to_thread(broker.start)
    platform = Platform(tmp_path / "platform", Where(TOWER, broker.port))
    platform.keys.write_key_set(tmp_path / "issuers.json")
    key, issuers = load_tower_key(tmp_path / "tower.jwk"), load_issuers(tmp_path / "issuers.json")
    inbox = Decider()
    intake = IntakeParts(
        TOPICS,
        lambda: key,
        SECRET,
        lambda: issuers,
        inbox.clock.now,
        lambda jti: jti in inbox.orders,
        inbox,
        ScriptedMatcher(),
        NamedCustomers(),
        lambda payload_sha256, exp_s: payload_sha256,
    )
    wire = PahoWire(MqttConfig("127.0.0.1", TOWER, broker.port), will(TOPICS))
    inbox.bus = MqttBus(BusParts(wire, inbox.clock, Rows().read, intake))
    task = asyncio.create_task(inbox.bus.run())
    inbox.bus.show(view(orders=(), loans=(), offers=(Offer(vehicle(), None, 64.0),)))
    await until(lambda: inbox.of(BusChanged))
    await asyncio.to_thread(platform.connect)
    yield platform, inbox
    await asyncio.to_thread(platform.close)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await asyncio.to_thread(broker.close)


async def test_a_drive_is_ordered_and_cancelled(tower: tuple[Platform, Decider]) -> None:
    platform, inbox = tower
    wish = Wish("c_1", "12345678", b"\xff\xd8 no real picture", make="Ford", colour="blue", slot_in_s=0)
    placed = await asyncio.to_thread(platform.order, wish)
    assert placed.ok
    assert placed.number == inbox.orders[placed.order].number
    assert placed.as_json()["result"]["code_only"] is False
    state = await asyncio.to_thread(platform.wait_order, placed.order, frozenset({"accepted"}), 5.0)
    assert state == "accepted"
    answer = await asyncio.to_thread(platform.cancel, placed.order)
    assert answer["result"] == {"order": placed.order, "state": "cancelled"}


async def test_without_an_answer_the_same_token_is_sent_again(
    tower: tuple[Platform, Decider], monkeypatch: pytest.MonkeyPatch
) -> None:
    platform, inbox = tower
    monkeypatch.setattr("simulator.platform.ANSWER_WITHIN_S", 0.5)
    inbox.deaf = 1
    placed = await asyncio.to_thread(platform.order, Wish("c_1", "12345678"))
    assert placed.ok
    asked = inbox.of(OrderRequested)
    assert len(asked) == 2
    assert asked[0].payload_sha256 == asked[1].payload_sha256
    assert asked[0].reply.req_id != asked[1].reply.req_id
    assert len(inbox.orders) == 1
    inbox.deaf = 9
    with pytest.raises(PlatformError, match="has not answered"):
        await asyncio.to_thread(platform.hold, "street closed")


async def test_refusals_come_with_all_reasons(tower: tuple[Platform, Decider]) -> None:
    platform, _ = tower
    placed = await asyncio.to_thread(
        platform.order, Wish("c_1", "12345678", changes={"terms": None, "eligibility": None})
    )
    assert not placed.ok
    assert placed.number is None
    assert set(placed.answer["reasons"]) == {"terms_missing", "not_eligible"}
    with pytest.raises(LookupError, match="colour pink"):
        await asyncio.to_thread(platform.order, Wish("c_1", "12345678", colour="pink"))
    with pytest.raises(LookupError, match="name its customer"):
        await asyncio.to_thread(platform.cancel, "o_none")


async def test_operators_hold_resume_and_ask(tower: tuple[Platform, Decider]) -> None:
    platform, inbox = tower
    assert (await asyncio.to_thread(platform.hold, "street closed"))["ok"]
    assert (await asyncio.to_thread(platform.resume))["ok"]
    assert [event.verb for event in inbox.of(OrderRequested)] == ["hold", "resume"]
    assert (await asyncio.to_thread(platform.state))["result"]["state"]["mode"] == "auto"
    seen: list[str] = []
    await asyncio.to_thread(platform.watch, lambda topic, _: seen.append(topic), 0.3)
    assert {"state", "catalogue", "availability"} <= set(seen)


async def test_another_key_than_the_pinned_is_not_trusted(tower: tuple[Platform, Decider], tmp_path: Path) -> None:
    platform, _ = tower
    assert await asyncio.to_thread(platform.tower_key)
    (tmp_path / "platform" / f"{TOWER}.thumbprint").write_text("other\n", encoding="ascii")
    with pytest.raises(PlatformError, match="is pinned"):
        await asyncio.to_thread(platform.hold, "x")


async def test_the_command_line_orders(tower: tuple[Platform, Decider], tmp_path: Path) -> None:
    platform, _ = tower
    options = ["--folder", str(tmp_path / "platform"), "--tower", TOWER, "--port", str(platform.where.port)]

    def run(*args: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, [*options, *args])
        return result.exit_code, result.stdout

    code, text = await asyncio.to_thread(run, "order", "--model", "Mondeo", "--slot-in-s", "600", "--json")
    placed = json.loads(text)
    assert code == 0
    expected = f"The customer of order {placed['order']} is expected in 300 s.\n"
    assert await asyncio.to_thread(run, "eta", placed["order"], "--in-s", "300") == (0, expected)
    assert placed["ok"]
    assert len(placed["code"]) == 8
    assert await asyncio.to_thread(run, "cancel", placed["order"]) == (0, f"Order {placed['order']} is cancelled.\n")
    assert (await asyncio.to_thread(run, "cancel", placed["order"], "--json"))[0] == 2
    assert "[SIMULATED]" in (await asyncio.to_thread(run, "state"))[1]
    assert (await asyncio.to_thread(run, "order", "--model", "Fiesta"))[0] == 1
    assert (await asyncio.to_thread(run, "init", "--issuers", str(tmp_path / "again.json")))[0] == 0
    assert load_issuers(tmp_path / "again.json").keys() == load_issuers(tmp_path / "issuers.json").keys()


def test_a_tower_that_is_not_there_is_told(tmp_path: Path) -> None:
    with EmbeddedBroker() as broker, pytest.raises(PlatformError, match="is it running"):
        Platform(tmp_path, Where(TOWER, broker.port)).connect(0.2)
    with pytest.raises(PlatformError, match="no broker"):
        Platform(tmp_path, Where(TOWER, broker.port)).connect(0.2)


def test_events_are_kept_while_the_shop_is_away_and_of_the_rest_the_newest_counts(tmp_path: Path) -> None:
    heard: list[tuple[str, int]] = []

    def line(broker: EmbeddedBroker) -> PlatformLine:
        made = PlatformLine(tmp_path, Where(TOWER, broker.port), "shop-1")
        made.follow(lambda topic, payload: heard.append((topic, json.loads(payload)["seq"])))
        made.open()
        return made

    def hear(topic: str, seq: int) -> None:
        ends_s = time.monotonic() + 5
        while (topic, seq) not in heard:
            assert time.monotonic() < ends_s, heard
            time.sleep(0.01)

    with EmbeddedBroker() as broker:
        tower = paho.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        tower.connect("127.0.0.1", broker.port)
        tower.loop_start()

        def publish(topic: str, seq: int) -> None:
            body = {"boot": 1, "seq": seq, "at": "2026-11-21T09:30:00.125Z"}
            tower.publish(f"towerd/v1/{TOWER}/{topic}", json.dumps(body), 1, topic == "state").wait_for_publish(5)

        publish("state", 9)
        first = line(broker)
        hear("state", 9)
        while ("event", 0) not in heard:
            publish("event", 0)
        first.close()
        heard.clear()
        publish("event", 1)
        second = line(broker)
        hear("event", 1)
        hear("state", 9)
        publish("state", 8)
        hear("state", 8)
        assert second.topic("state")["seq"] == 9
        # an old state says nothing, and this one never said that it is online
        assert not second.reachable()
        second.close()
        assert heard.count(("event", 1)) == 1
        tower.disconnect()
        tower.loop_stop()


def test_the_broker_prints_its_port_and_ends_on_sigterm() -> None:
    command = [sys.executable, "-m", "simulator.broker", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["port"] > 0
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0
