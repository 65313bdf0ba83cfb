"""Orders a second through the whole intake, on one core: token, selfie, rules, journal, all that is published; and an order alone.

The intake, the face worker (a process of its own), the engine, the publisher and the journal on the disk are the real ones;
they and this process share one core. Where orders wait behind a selfie, its vector is made once the order is watched: in a
row those of one in ten are, of an order that comes alone it is made at once. Baseline, on the same core in the same run: the bare
libraries, one order after the other, on the same orders - joserfc opens the token, OpenCV decodes the selfie and finds the
face (and makes its vector, for an order alone), one synchronised write.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
from joserfc import jwe, jws

from bench.figure import Figure, Target, per_second, scratch
from bench.tokens import JWE, JWS
from bench.wire import TakingWire
from simulator.photos import order_selfie
from simulator.purchaser import Wish, drive_claims, head
from simulator.sealing import SHOP, SigningKeys
from tests.scenario.tower import record
from tests.support.fakes import SilentWatchdog
from tests.support.orders_kit import EXAMPLES
from towerd.answer_keys import AnswerKeys
from towerd.clock import SystemClock
from towerd.customers import KeyedCustomers
from towerd.engine import Engine, Ports, Queue
from towerd.faceid.client import FaceClient
from towerd.faceid.config import FaceConfig
from towerd.faceid.engine import load_engine
from towerd.faceid.policy import MatchPolicy
from towerd.fsm import events as ev
from towerd.fsm.config import CoreConfig
from towerd.fsm.state import Tables
from towerd.journal.sqlite import SqliteJournal
from towerd.mqtt.bus import BusParts, MqttBus
from towerd.mqtt.intake import IN_A_ROW_S, IntakeParts
from towerd.mqtt.topics import Topics
from towerd.mqtt.wire import Outgoing, Received
from towerd.orders.keys import TowerKey, load_issuers, load_secret, load_tower_key
from towerd.orders.model import Vehicle
from towerd.orders.stock import parse_record
from towerd.places import bay
from towerd.planner.inline import InlinePlanner
from towerd.plc.config import LinkConfig
from towerd.plc.link import TcpTransport
from towerd.plc.session import PlcSession

TOWER = "nanjing-1"
TOPICS = Topics("towerd", TOWER)
ANSWERS = TOPICS.full("rsp/shop")
ORDERS, ALONE = 92, 12
IN_FLIGHT = 8
NOW_EACH = 10
READY_LIMIT_S = 30.0
PHOTO = Path("var/photos/obama.jpg")
TARGET, ALONE_TARGET = Target("at least", 20), Target("at most", 1000)


@contextmanager
def one_core() -> Iterator[None]:
    """This process, and what it starts, on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Shop:
    """Keys of both sides, and sealed orders with a selfie."""

    def __init__(self, folder: Path) -> None:
        self.tower: TowerKey = load_tower_key(folder / "tower.jwk")
        self.keys = SigningKeys(folder / "shop")
        self.keys.write_key_set(folder / "issuers.json")
        self.issuers = load_issuers(folder / "issuers.json")
        self.secret = load_secret(folder / "codes.secret")
        self.selfie = order_selfie(PHOTO)

    def token(self, number: int) -> str:
        """An order of the car with that number, by a customer of its own. One in ten comes now, and is watched at once; the
        others have slots of their own from tomorrow on.
        """
        raw, later_s = record(number), None if number % NOW_EACH == 0 else 86_400 + 600 * number
        offers = EXAMPLES["claims"]["stock_in"]["vehicle"]["offers"]
        wish = Wish(f"c_{number}", f"{47_110_815 + number}", self.selfie, vehicle=raw["id"], slot_in_s=later_s)
        claims = head("test_drive", SHOP.iss, TOWER, wish.customer, f"o_{number}")
        claims |= drive_claims({**raw, "offers": {**offers, **raw["offers"]}}, wish)
        public = {name: str(value) for name, value in self.tower.public.items()}
        return self.keys.token(claims, SHOP, public)


def empty_cabin(folder: Path) -> Path:
    """What the camera shows meanwhile: nobody. The worker looks at it all the same, as orders wait."""
    path = folder / "view.png"
    cv2.imwrite(str(path), np.full((480, 640, 3), 90, np.uint8))
    return path


class House:
    """Intake, face worker, engine, journal and all that is published."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        self.queue, self.clock, self.wire = Queue(), SystemClock(), TakingWire(self._hear)
        self.matcher = FaceClient(self.queue, FaceConfig(TOWER, folder / "faces", str(empty_cabin(folder))))
        self.journal = SqliteJournal(folder / "journal.db")
        link = LinkConfig(host="127.0.0.1")
        parts = IntakeParts(
            topics=TOPICS,
            key=lambda: shop.tower,
            secret=shop.secret,
            issuers=lambda: shop.issuers,
            now=self.clock.now,
            known=lambda token_id: token_id in self.engine.state.tables.orders,
            inbox=self.queue,
            matcher=self.matcher,
            customers=KeyedCustomers(folder / "customers", shop.secret),
            digest=AnswerKeys(folder / "answers", lambda: self.clock.now().timestamp()).digest,
        )
        self.bus = MqttBus(BusParts(self.wire, self.clock, self.journal.outbox, parts))
        ports = Ports(
            plc=PlcSession(self.queue, TcpTransport(link), link, self.clock),
            journal=self.journal,
            bus=self.bus,
            matcher=self.matcher,
            planner=InlinePlanner(self.queue),
            clock=self.clock,
            watchdog=SilentWatchdog(),
        )
        core = CoreConfig(
            tower=TOWER, version="bench", policy=MatchPolicy(accept=0.5, margin=0.1, frames=3), liveness=()
        )
        cars = [
            Vehicle(parse_record(record(number)), bay(1 + number // 12, 1 + number % 12)) for number in range(ORDERS)
        ]
        self.engine = Engine(core, self.queue, ports, Tables(vehicles={car.id: car for car in cars}))
        for event in (ev.Started(1, "bench"), ev.ClockJudged(True)):
            self.queue.post(event)
        self.answers: list[dict[str, Any]] = []
        self.room = asyncio.Semaphore(IN_FLIGHT)

    async def send(self, token: str) -> None:
        """Hand an order in as soon as there is room."""
        await self.room.acquire()
        until_at = datetime.now(UTC) + timedelta(seconds=50)
        body = {"req_id": uuid.uuid4().hex, "expires_at": until_at.strftime("%Y-%m-%dT%H:%M:%SZ"), "token": token}
        self.wire.deliver(Received(TOPICS.full("cmd/test_drive"), json.dumps(body).encode(), False, 0, 1, ANSWERS))

    def _hear(self, message: Outgoing) -> None:
        if message.topic == ANSWERS:
            self.answers.append(json.loads(message.payload))
            self.room.release()

    async def empty(self) -> None:
        """Wait until everything has been answered."""
        for _ in range(IN_FLIGHT):
            await self.room.acquire()
        for _ in range(IN_FLIGHT):
            self.room.release()


async def _ready(matcher: FaceClient, selfie: bytes) -> None:
    """Wait until the worker takes selfies."""
    async with asyncio.timeout(READY_LIMIT_S):
        # it comes up in its own time, and a selfie asked too early is told at once that nobody looks at it
        while (await matcher.enrol("warm-up", selfie)).outcome != "enrolled":  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    matcher.destroy_key("warm-up")


async def _take_in(shop: Shop, tokens: Sequence[str], folder: Path) -> tuple[float, float]:
    """Orders a second in a row, from the bytes of the message to its answer; and how long one alone takes, in s."""
    house = House(shop, folder)
    runs = (house.matcher.run, house.engine.run, house.bus.run)
    tasks = [asyncio.create_task(run()) for run in runs]
    await _ready(house.matcher, shop.selfie)
    alone_s = []
    for token in tokens[:ALONE]:
        await asyncio.sleep(IN_A_ROW_S)
        start_s = time.perf_counter()
        await house.send(token)
        await house.empty()
        alone_s.append(time.perf_counter() - start_s)
    start_s = time.perf_counter()
    for token in tokens[ALONE:]:
        await house.send(token)
    await house.empty()
    taken = (len(tokens) - ALONE) / (time.perf_counter() - start_s)
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
    orders = house.engine.state.tables.orders
    house.journal.close()
    if len(orders) != len(tokens) or any(order.code_only for order in orders.values()):
        raise RuntimeError(
            f"{len(orders)} of {len(tokens)} orders taken; {[answer['reasons'] for answer in house.answers][:3]}"
        )
    return taken, median(alone_s)


def _bare(shop: Shop, tokens: Sequence[str], folder: Path, *, vectors: bool) -> float:
    """The same work by the libraries alone, orders a second."""
    engine = load_engine("opencv")
    key = shop.issuers[SHOP.kid].key
    handle = os.open(folder / "plain", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def take(number: int) -> None:
        inner = jwe.decrypt_compact(tokens[number], shop.tower.key, registry=JWE).plaintext or b""
        claims = json.loads(jws.deserialize_compact(inner, key, registry=JWS).payload)
        selfie = base64.b64decode(claims["selfie"])
        image = cv2.imdecode(np.frombuffer(selfie, np.uint8), cv2.IMREAD_COLOR)
        face = engine.detect(image)[0]  # type: ignore[arg-type]
        if vectors:
            engine.embed_selfie(image, face)  # type: ignore[arg-type]
        os.write(handle, selfie)
        os.fdatasync(handle)

    try:
        return per_second(take, len(tokens))
    finally:
        os.close(handle)


def run() -> Iterator[Figure]:
    """The figure of this file; none where the photos are not there (`make setup` fetches them)."""
    cv2.setNumThreads(1)
    with scratch() as folder, one_core():
        shop = Shop(folder)
        tokens = [shop.token(number) for number in range(ORDERS)]
        taken, alone_s = asyncio.run(_take_in(shop, tokens, folder))
        bare, bare_s = _bare(shop, tokens, folder, vectors=False), 1 / _bare(shop, tokens[:ALONE], folder, vectors=True)
    selfies, against = f"with selfies of {len(shop.selfie) // 1000} kB", "the bare libraries"
    how = f"{len(tokens) - ALONE} orders {selfies}, {IN_FLIGHT} at a time, one in {NOW_EACH} for now"
    yield Figure("intake: orders with a selfie, one core", taken, bare, "1/s", against, TARGET, how)
    how = f"median of {ALONE}, with its vector"
    yield Figure(
        "intake: an order alone, to its answer", alone_s * 1000, bare_s * 1000, "ms", against, ALONE_TARGET, how
    )
