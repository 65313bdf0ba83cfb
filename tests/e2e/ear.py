"""An ear on the tower's topics: every message in the order in which it came; tests wait on what they hear."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.subscribeoptions import SubscribeOptions

from simulator.tower_link import hang_up
from tests.e2e.processes import LateError
from tests.support import published

HOST = "127.0.0.1"
CHECK_S = 0.2


class Ear:
    """Subscribed to everything of one tower before `__init__` returns."""

    def __init__(self, port: int, prefix: str) -> None:
        self.events: list[dict[str, Any]] = []
        self.topics: dict[str, Any] = {}
        self.raw: list[tuple[str, bytes]] = []
        self._prefix = prefix
        self._news = threading.Condition()
        self._listening = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_message = lambda _client, _data, message: self._heard(message)
        self._client.on_connect = lambda client, *_: client.subscribe(f"{prefix}#", options=SubscribeOptions(qos=1))
        self._client.on_subscribe = lambda *_: self._listening.set()
        self._client.connect(HOST, port)
        self._client.loop_start()
        if not self._listening.wait(10):
            raise LateError("the broker does not take a subscription")

    def _heard(self, message: paho.MQTTMessage) -> None:
        topic = message.topic.removeprefix(self._prefix)
        payload = bytes(message.payload)
        if topic.startswith("cmd/"):
            return
        published.hear(topic, payload)
        with self._news:
            self.raw.append((topic, payload))
            if topic in ("event", "alarm/event"):
                self.events.append(json.loads(payload))
            elif payload.startswith(b"{"):
                self.topics[topic] = json.loads(payload)
            elif payload:
                self.topics[topic] = payload.decode()
            else:
                self.topics.pop(topic, None)
            self._news.notify_all()

    def wait(
        self, what: str, reached: Callable[[], Any], within_s: float = 30.0, check: Callable[[], None] = lambda: None
    ) -> Any:
        """What `reached` gives once it gives something."""
        ends_s = time.monotonic() + within_s
        while time.monotonic() < ends_s:
            with self._news:
                found = reached()
                if not found:
                    self._news.wait(CHECK_S)
            if found:
                return found
            check()
        raise LateError(
            f"{what}: not within {within_s:g} s; the last events: {[e.get('type') for e in self.events[-8:]]}"
        )

    def find(self, kind: str, order: str | None = None) -> dict[str, Any] | None:
        for event in self.events:
            if event.get("type") == kind and order in (None, event.get("order")):
                return event
        return None

    def event(self, kind: str, order: str | None = None, within_s: float = 30.0) -> dict[str, Any]:
        found: dict[str, Any] = self.wait(kind, lambda: self.find(kind, order), within_s)
        return found

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        self._client.publish(f"{self._prefix}{topic}", payload, 1, retain=retain).wait_for_publish(5)

    def close(self) -> None:
        hang_up(self._client)
