"""Ports without a world behind them: they remember what the engine asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc.jwk import ECKey

from tests.support import published
from tests.support.orders_kit import EXAMPLES
from towerd.fsm.commands import Answer, AppendOutbox
from towerd.mqtt.publisher import Publisher
from towerd.mqtt.topics import Topics
from towerd.mqtt.wire import Listener, Outgoing, Received
from towerd.orders.keys import TowerKey
from towerd.ports import Enrolment
from towerd.view import View

TOPICS = Topics("towerd", "nanjing-1")
JWK: Any = {**EXAMPLES["topics"]["key"]["jwk"], "x": "x" * 43, "y": "y" * 43}
KEY = TowerKey("k_2026_1", ECKey.generate_key("P-256"), JWK, "t" * 43)


class VirtualClock:
    """Wall time that runs with the loop's; `start` is when the test begins."""

    def __init__(self, start: datetime = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)) -> None:
        self._start = start

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.mono_s())

    def mono_s(self) -> float:
        return asyncio.get_running_loop().time()


class HearingWire:
    """Takes everything that is published, and holds it against its schema."""

    def __init__(self) -> None:
        self.sent = 0

    def publish(self, message: Outgoing) -> int:
        self.sent += 1
        published.hear(TOPICS.relative(message.topic) or message.topic, message.payload)
        return self.sent

    def start(self, listener: Listener) -> None:
        raise AssertionError("nobody connects it")

    async def stop(self, last: Outgoing) -> None:
        raise AssertionError("nobody connects it")

    def acknowledge(self, received: Received) -> None:
        raise AssertionError("nothing is received")

    def subscribe(self, topic: str, qos: int) -> None:
        raise AssertionError("nothing is received")

    def unsubscribe(self, topic: str) -> None:
        raise AssertionError("nothing is received")


class MemoryBus:
    """Keeps answers and the newest view; `wakes` counts. All of it is published by the real publisher, and checked."""

    def __init__(self, outbox: Callable[[int, int], Sequence[AppendOutbox]] = lambda after_seq, limit: ()) -> None:
        self.answers: list[Answer] = []
        self.views: list[View] = []
        self.wakes = 0
        self._read, self._told_seq = outbox, 0
        self._publisher = Publisher(HearingWire(), TOPICS, VirtualClock(), lambda: KEY, str)

    def answer(self, answer: Answer) -> None:
        self.answers.append(answer)
        self._publisher.answer(answer)

    def show(self, view: View) -> None:
        self.views[:] = [view]
        self._publisher.show(view)
        self._publisher.flush()
        self._tell()

    def wake(self) -> None:
        self.wakes += 1
        if self._publisher.ready:
            self._tell()

    def _tell(self) -> None:
        for row in self._read(self._told_seq, 1000):
            self._publisher.row(row)
            self._told_seq = row.event_seq

    async def run(self) -> None:
        await asyncio.Event().wait()


class ScriptedMatcher:
    """Says what the test wants; `watching` is what the engine asked to look for, `destroyed` the keys it destroyed."""

    def __init__(self, on_watch: Callable[[dict[str, bytes]], None] = lambda orders: None) -> None:
        self.watching: dict[str, bytes] = {}
        self.destroyed: list[str] = []
        self.challenged: list[int] = []
        self._on_watch = on_watch

    async def enrol(self, order: str, selfie_jpeg: bytes, *, hurried: bool = False) -> Enrolment:
        return Enrolment("unavailable")

    def watch(self, orders: dict[str, bytes]) -> None:
        self.watching = dict(orders)
        self._on_watch(self.watching)

    def challenge(self, track: int) -> None:
        self.challenged.append(track)

    def destroy_key(self, order: str) -> None:
        self.destroyed.append(order)

    async def run(self) -> None:
        await asyncio.Event().wait()


class SilentWatchdog:
    """Hears everything, tells nobody."""

    def __init__(self) -> None:
        self.turns = 0

    def ready(self) -> None: ...

    def alive(self) -> None:
        self.turns += 1

    def status(self, text: str) -> None: ...

    def stopping(self) -> None: ...
