"""A connection that was stopped has nothing open any more."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
import pytest

from simulator.broker import EmbeddedBroker
from tests.support.mqtt_kit import TOPICS
from tests.support.token_kit import TOWER
from towerd.mqtt.bus import will
from towerd.mqtt.client import PahoWire
from towerd.mqtt.config import MqttConfig
from towerd.mqtt.wire import Received


@dataclass
class Ear:
    """Hears that the connection is there."""

    up: asyncio.Event

    def on_up(self, generation: int) -> None:
        self.up.set()

    def on_down(self, reason: str) -> None:
        assert reason

    def on_message(self, received: Received) -> None:
        raise AssertionError("nothing is subscribed to")

    def on_published(self, mid: int, reason: str | None) -> None:
        assert reason is None


@contextmanager
def no_collector() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def test_what_was_stopped_leaves_no_socket_to_the_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[paho.Client]] = []

    class Watched(paho.Client):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            made.append(weakref.ref(self))

    monkeypatch.setattr(paho, "Client", Watched)
    broker = await asyncio.to_thread(EmbeddedBroker().start)
    try:
        with no_collector():
            wire, up = PahoWire(MqttConfig("127.0.0.1", TOWER, broker.port), will(TOPICS)), asyncio.Event()
            wire.start(Ear(up))
            await asyncio.wait_for(up.wait(), 10)
            await wire.stop(will(TOPICS))
            [client] = made
            assert client() is None
        wire.subscribe("a/b", 1)
        wire.unsubscribe("a/b")
    finally:
        await asyncio.to_thread(broker.close)
