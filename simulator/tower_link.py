"""A connection to one tower over the broker: what it publishes, commands to it, answers from it (orders-if.md 2 and 3)."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

VALID_S = 45
"""How far ahead a command's `expires_at` is; the contract allows 60."""

Answer = dict[str, Any]


class PlatformError(Exception):
    """The tower cannot be asked; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Where:
    """How a tower is reached."""

    tower: str
    port: int
    host: str = "127.0.0.1"
    root: str = "towerd"


class TowerLink:
    """One connection to one tower. Blocking; for use from a thread or a script."""

    def __init__(self, where: Where) -> None:
        """Nothing is connected before `connect`."""
        self.where = where
        self._prefix = f"{where.root}/v1/{where.tower}/"
        self._name = f"p{secrets.token_hex(6)}"
        self._news = threading.Condition()
        self._retained: dict[str, bytes] = {}
        self._answers: dict[str, Answer] = {}
        self._watchers: list[Callable[[str, bytes], None]] = []
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=self._name, protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.on_connect = self._connected
        self._client.on_message = lambda _c, _u, message: self._heard(message)

    def connect(self, within_s: float = 10.0) -> Self:
        """Connect, and wait for the tower's retained topics. Raises PlatformError."""
        try:
            self._client.connect(self.where.host, self.where.port)
        except OSError as error:
            raise PlatformError(f"no broker at {self.where.host}:{self.where.port}: {error}") from error
        self._client.loop_start()
        if not self._wait(lambda: "state" in self._retained and "key" in self._retained, within_s):
            self.close()
            raise PlatformError(
                f"the tower {self.where.tower} has published nothing under {self._prefix}: is it running?"
            )
        return self

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Self:
        return self.connect()

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _connected(self, *_: Any) -> None:
        self._client.subscribe(f"{self._prefix}#", options=SubscribeOptions(qos=1))

    def _heard(self, message: paho.MQTTMessage) -> None:
        topic = message.topic.removeprefix(self._prefix)
        if topic.startswith("cmd/"):
            return
        with self._news:
            if topic == f"rsp/{self._name}":
                with suppress(ValueError, KeyError):
                    answer = json.loads(message.payload)
                    self._answers[str(answer["req_id"])] = answer
            elif message.payload:
                self._retained[topic] = bytes(message.payload)
            else:
                self._retained.pop(topic, None)
            self._news.notify_all()
        for watcher in list(self._watchers):
            watcher(topic, bytes(message.payload))

    def _wait(self, condition: Callable[[], bool], within_s: float) -> bool:
        with self._news:
            return self._news.wait_for(condition, within_s)

    def topic(self, name: str, within_s: float = 5.0) -> Any:
        """The newest value of a topic of the tower. Raises PlatformError where there is none in time."""
        if not self._wait(lambda: name in self._retained, within_s):
            raise PlatformError(f"the tower {self.where.tower} has not published {name}")
        payload = self._retained[name]
        return json.loads(payload) if payload.startswith(b"{") else payload.decode()

    def wait_order(self, order: str, states: frozenset[str], within_s: float) -> str:
        """Wait until an order is in one of `states`. Raises PlatformError where it is not in time."""
        name = f"order/{order}"

        def reached() -> bool:
            return json.loads(self._retained.get(name, b'{"state": null}'))["state"] in states

        if not self._wait(reached, within_s):
            raise PlatformError(f"order {order} is not {' or '.join(sorted(states))} within {within_s:g} s")
        return str(json.loads(self._retained[name])["state"])

    def ask(self, verb: str, req_id: str, token: str | None, within_s: float) -> Answer | None:
        """Send a command once; its answer, or None where there is none in time."""
        self._publish(verb, req_id, token)
        if not self._wait(lambda: req_id in self._answers, within_s):
            return None
        return self._answers.pop(req_id)

    def _publish(self, verb: str, req_id: str, token: str | None) -> None:
        expires_at = datetime.now(UTC) + timedelta(seconds=VALID_S)
        body = {"req_id": req_id, "expires_at": expires_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
        body |= {"reply_to": self._name} | ({} if token is None else {"token": token})
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ResponseTopic = f"{self._prefix}rsp/{self._name}"
        properties.CorrelationData = req_id.encode()
        properties.MessageExpiryInterval = VALID_S
        self._client.publish(f"{self._prefix}cmd/{verb}", json.dumps(body), 1, retain=False, properties=properties)

    def watch(self, show: Callable[[str, bytes], None], for_s: float | None = None) -> None:
        """Call `show` with every message of the tower: topic below its prefix, payload. Ends after `for_s`."""
        self._watchers.append(show)
        for topic, payload in list(self._retained.items()):
            show(topic, payload)
        try:
            ends_s = None if for_s is None else time.monotonic() + for_s
            while ends_s is None or time.monotonic() < ends_s:
                threading.Event().wait(0.2)
        finally:
            self._watchers.remove(show)
