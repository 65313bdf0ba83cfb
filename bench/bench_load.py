"""Orders with selfies, 21 a second for a minute, to a whole tower: how long each waits for its answer (orders-if.md 4.5).

Daemon, face worker, PLC simulator and broker are processes of their own; the platform is this one. Arrivals are drawn (open
loop: nobody waits for anybody), from the moment an order was due until its answer is here. One in ten comes now, so that it
is watched, and is cancelled five seconds later; the others have slots in the weeks to come, and are cancelled as soon as they are
accepted, so that the cars suffice: as many cancellations come as orders. Baseline, on the same broker in the same run: messages
of the same size, as often, to a client that sends them straight back.
"""

from __future__ import annotations

import heapq
import json
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from bench.bench_intake import empty_cabin
from bench.bench_reaction import percentile
from bench.figure import Figure, Target, scratch
from simulator.demo import files
from simulator.photos import order_selfie
from simulator.purchaser import Wish, drive_claims, head, utc
from simulator.sealing import SHOP
from tests.e2e.ear import HOST
from tests.e2e.stack import PREFIX, Options, Stack

RATE_HZ = 21.0
ORDERS, WARM_UP = 1_400, 60
ECHOES = 200
NOW_EACH, CANCELLED_AFTER_S = 10, 5.0
ANSWER_LIMIT_S = 30.0
PHOTOS = Path("var/photos")


@dataclass(frozen=True, slots=True)
class Message:
    """What is due at a time: a body, and where it goes. `follows` is sent some time after it is answered."""

    topic: str
    req_id: str
    token: str
    follows: tuple[float, Message] | None = None


@dataclass(slots=True)
class Caller:
    """Sends what is due when it is due, and notes when the answers come."""

    client: paho.Client
    answers_to: str
    due_s: dict[str, float] = field(default_factory=dict)
    took_s: dict[str, float] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    news: threading.Condition = field(default_factory=threading.Condition)
    queue: list[tuple[float, int, Message]] = field(default_factory=list)
    count: int = 0

    def hear(self, payload: bytes) -> None:
        """An answer, in the client's thread."""
        now_s, answer = time.monotonic(), json.loads(payload)
        with self.news:
            self.answers[answer["req_id"]] = answer
            self.took_s[answer["req_id"]] = now_s - self.due_s[answer["req_id"]]
            self.news.notify_all()

    def plan(self, at_s: float, message: Message) -> None:
        """Send it at that monotonic time."""
        with self.news:
            self.count += 1
            heapq.heappush(self.queue, (at_s, self.count, message))
            self.news.notify_all()

    def run(self, wanted: int) -> None:
        """Send until `wanted` messages have been answered. Raises TimeoutError where an answer stays away."""
        while True:
            with self.news:
                now_s = time.monotonic()
                if len(self.answers) >= wanted:
                    return
                if self.due_s and not self.queue and now_s - max(self.due_s.values()) > ANSWER_LIMIT_S:
                    raise TimeoutError(f"{wanted - len(self.answers)} of {wanted} answers stayed away")
                if not self.queue or self.queue[0][0] > now_s:
                    self.news.wait(min(1.0, self.queue[0][0] - now_s) if self.queue else 1.0)
                    continue
                at_s, _, message = heapq.heappop(self.queue)
                self.due_s[message.req_id] = at_s
            self._send(message)

    def _send(self, message: Message) -> None:
        expires_at = utc(datetime.now(UTC) + timedelta(seconds=45))
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ResponseTopic = self.answers_to
        body = {"req_id": message.req_id, "expires_at": expires_at, "token": message.token}
        self.client.publish(message.topic, json.dumps(body), 1, properties=properties)


@contextmanager
def caller(port: int, topic: str, hear: Callable[[Caller, bytes], None]) -> Iterator[Caller]:
    """Connected, with its ear on `topic`."""
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    made, listening = Caller(client, topic), threading.Event()
    client.on_message = lambda _client, _data, message: hear(made, bytes(message.payload))
    client.on_subscribe = lambda *_: listening.set()
    client.connect(HOST, port)
    client.subscribe(topic, 1)
    client.loop_start()
    try:
        if not listening.wait(10):
            raise TimeoutError("the broker does not take a subscription")
        yield made
    finally:
        client.disconnect()
        client.loop_stop()


def arrivals_s(count: int) -> list[float]:
    """Moments from now on, as drawn: as if many people who know nothing of each other ordered."""
    draw, at_s, found = random.Random(7), 0.0, []
    for _ in range(count):
        at_s += draw.expovariate(RATE_HZ)
        found.append(at_s)
    return found


def full_tower() -> dict[str, Any]:
    """A car of one kind in every bay."""
    like = files.stock(1)["vehicles"][0]
    bays = [f"{floor}-{bay}" for floor in range(1, files.FLOORS + 1) for bay in range(1, files.POSITIONS + 1)]
    cars = [{**like, "id": f"v_{n:04d}", "tag": 3_054_420_000 + n, "bay": place} for n, place in enumerate(bays, 1)]
    return {"vehicles": cars}


class Customers:
    """Sealed orders, each with its cancellation."""

    def __init__(self, tower: Stack) -> None:
        self.platform = tower.platform
        self.key, self.selfie = dict(self.platform.tower_key()), order_selfie(PHOTOS / "obama.jpg")
        self.car = tower.stock["vehicles"][0]

    def _message(self, verb: str, claims: dict[str, Any], follows: tuple[float, Message] | None = None) -> Message:
        token = self.platform.keys.token(claims, SHOP, self.key)
        return Message(f"{PREFIX}cmd/{verb}", uuid.uuid4().hex, token, follows)

    def order(self, number: int) -> Message:
        """The order of a customer of its own. Where no car is free for it, it waits for one."""
        comes_now = number % NOW_EACH == 0
        wish = Wish(
            f"c_{number}",
            f"{47_110_815 + number}",
            self.selfie,
            make=self.car["make"],
            model=self.car["model"],
            colour=self.car["colour"],
            slot_in_s=None if comes_now else 86_400 + 1_200.0 * number,
            changes={"wait_until": utc(datetime.now(UTC) + timedelta(days=29))} if not comes_now else {},
        )
        order = f"o_{number}_{uuid.uuid4().hex[:8]}"
        claims = head("test_drive", SHOP.iss, files.TOWER, wish.customer, order) | drive_claims(self.car, wish)
        ends = head("cancel", SHOP.iss, files.TOWER, wish.customer, f"x_{order}") | {
            "order": order,
            "reason": "customer",
        }
        return self._message(
            "test_drive", claims, (CANCELLED_AFTER_S if comes_now else 0.0, self._message("cancel", ends))
        )


def _load(tower: Stack) -> tuple[list[float], float, float, list[dict[str, Any]]]:
    """Seconds to each answer, orders taken and orders due a second, and the answers to the orders."""
    customers = Customers(tower)
    orders = {message.req_id: message for message in (customers.order(number) for number in range(ORDERS))}

    def hear(self: Caller, payload: bytes) -> None:
        req_id = json.loads(payload)["req_id"]
        self.hear(payload)
        if req_id in orders and orders[req_id].follows is not None:
            after_s, cancellation = orders[req_id].follows  # type: ignore[misc]
            self.plan(time.monotonic() + after_s, cancellation)

    with caller(tower.broker.port, f"{PREFIX}rsp/bench", hear) as platform:
        start_s = time.monotonic() + 0.5
        for message, at_s in zip(orders.values(), arrivals_s(ORDERS), strict=True):
            platform.plan(start_s + at_s, message)
        platform.run(2 * ORDERS)
    counted = list(orders)[WARM_UP:]
    due_s = [platform.due_s[req_id] for req_id in counted]
    done_s = [platform.due_s[req_id] + platform.took_s[req_id] for req_id in counted]
    refused = [answer for answer in platform.answers.values() if not answer["ok"]]
    if refused:
        raise RuntimeError(f"{len(refused)} refused, such as {refused[0]}")
    answers = [platform.answers[req_id] for req_id in counted]
    rates_hz = (len(counted) / (max(done_s) - min(done_s)), len(counted) / (max(due_s) - min(due_s)))
    return [platform.took_s[req_id] for req_id in counted], *rates_hz, answers


def _echo(tower: Stack) -> list[float]:
    """The same through the broker alone."""
    topic, text = f"bench/{uuid.uuid4().hex}", "x" * 300_000
    with caller(tower.broker.port, topic, Caller.hear) as client:
        start_s = time.monotonic() + 0.5
        for at_s in arrivals_s(ECHOES):
            client.plan(start_s + at_s, Message(topic, uuid.uuid4().hex, text))
        client.run(ECHOES)
    return list(client.took_s.values())


def run() -> Iterator[Figure]:
    """The figures of this file; none where the photos are not there (`make setup` fetches them)."""
    with scratch() as folder:
        face = {"camera": str(empty_cabin(folder)), "liveness": []}
        tower = Stack(folder, Options(changes={"face": face, "log": {"level": "warning"}}))
        tower.stock = full_tower()
        try:
            tower.start()
            tower.heard.close()
            tower.until("a face worker", lambda: tower.status()["face_available"])
            took_s, taken_hz, due_hz, answers = _load(tower)
            echo_s = _echo(tower)
        finally:
            tower.close()
    seen = sum(not answer["result"]["code_only"] for answer in answers)
    how = f"{len(took_s)} orders, {seen} with a face; median {percentile(took_s, 0.5) * 1000:.0f} ms"
    against = "the broker alone"
    answered = Figure(
        "load: an order to its answer, p99",
        percentile(took_s, 0.99) * 1000,
        percentile(echo_s, 0.99) * 1000,
        "ms",
        against,
        Target("at most", 1000),
        how,
    )
    yield answered
    yield Figure("load: orders taken", taken_hz, due_hz, "1/s", "as they came", Target("at least", 20))
