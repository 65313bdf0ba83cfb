"""A connection to one tower over the broker: what it publishes, commands to it, answers from it (orders-if.md 2 and 3)."""

from __future__ import annotations

import json
import secrets
import socket
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
BROKER_WITHIN_S = 5.0
STALE_S = 90.0
"""A `state` that is older says nothing any more (2.2)."""

Answer = dict[str, Any]


OUTBOX = ("event", "alarm/event")
"""Topics that tell of one thing each, and have no newest value."""


class PlatformError(Exception):
    """The tower cannot be asked; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Where:
    """How a tower is reached."""

    tower: str
    port: int
    host: str = "127.0.0.1"
    root: str = "towerd"


def _age_key(payload: bytes | bytearray) -> tuple[int, int]:
    """(boot, seq) of a message of the tower, the highest of which counts (2.2); lowest where there is none."""
    try:
        body = json.loads(payload)
        return int(body["boot"]), int(body["seq"])
    except (ValueError, KeyError, TypeError):
        return (0, 0)


def hang_up(client: paho.Client) -> None:
    """Disconnect, end the client's thread, and take away what it calls.

    A client that calls methods of whoever owns it is part of a cycle: left to the collector, its sockets might be gone before who
    closes them.
    """
    client.disconnect()
    client.loop_stop()
    client.on_connect = client.on_disconnect = client.on_message = client.on_publish = client.on_subscribe = None


class TowerLink:
    """One connection to one tower. Blocking; for use from a thread or a script."""

    def __init__(self, where: Where) -> None:
        """Nothing is connected before `connect` or `open`."""
        self.where = where
        self._prefix = f"{where.root}/v1/{where.tower}/"
        self._name = f"p{secrets.token_hex(6)}"
        self._closed = False
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
            socket.create_connection((self.where.host, self.where.port), BROKER_WITHIN_S).close()
        except OSError as error:
            raise PlatformError(f"no broker at {self.where.host}:{self.where.port}: {error}") from error
        self.open()
        if not self._wait(lambda: "state" in self._retained and "key" in self._retained, within_s):
            self.close()
            raise PlatformError(
                f"the tower {self.where.tower} has published nothing under {self._prefix}: is it running?"
            )
        return self

    def open(self) -> None:
        """Connect as soon as there is a broker, and again whenever the connection is lost. Waits for nothing."""
        self._client.connect_async(self.where.host, self.where.port)
        self._client.loop_start()

    def close(self) -> None:
        """Disconnect; whoever waits for an answer waits no longer."""
        with self._news:
            self._closed = True
            self._news.notify_all()
        hang_up(self._client)

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
            elif not message.payload:
                self._retained.pop(topic, None)
            elif topic not in OUTBOX and _age_key(message.payload) >= _age_key(self._retained.get(topic, b"")):
                self._retained[topic] = bytes(message.payload)
            self._news.notify_all()
        for watcher in list(self._watchers):
            watcher(topic, bytes(message.payload))

    def _wait(self, condition: Callable[[], bool], within_s: float) -> bool:
        with self._news:
            self._news.wait_for(lambda: self._closed or condition(), within_s)
            return condition()

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

    def reachable(self) -> bool:
        """Whether what the tower has published is to be believed: it is online, and its state is fresh (2.2)."""
        state = self.held("state")
        if state is None or self._retained.get("availability") != b"online":
            return False
        age_s = (datetime.now(UTC) - datetime.fromisoformat(state["at"])).total_seconds()
        return age_s <= STALE_S

    def held(self, name: str) -> Any:
        """The newest value of a topic with a JSON payload, at once; None where there is none."""
        payload = self._retained.get(name)
        return None if payload is None else json.loads(payload)

    def topics(self, below: str) -> dict[str, Any]:
        """The newest values of all topics that begin so, by what follows."""
        names = [name for name in list(self._retained) if name.startswith(below)]
        return {name.removeprefix(below): body for name in names if (body := self.held(name)) is not None}

    def follow(self, show: Callable[[str, bytes], None]) -> None:
        """Call `show` with every message of the tower from now on: topic below its prefix, payload.

        It is called in the connection's own thread; a message is acknowledged when it has come back.
        """
        self._watchers.append(show)

    def watch(self, show: Callable[[str, bytes], None], for_s: float | None = None) -> None:
        """Call `show` with every message of the tower: topic below its prefix, payload. Ends after `for_s`."""
        self.follow(show)
        for topic, payload in list(self._retained.items()):
            show(topic, payload)
        try:
            ends_s = None if for_s is None else time.monotonic() + for_s
            while ends_s is None or time.monotonic() < ends_s:
                threading.Event().wait(0.2)
        finally:
            self._watchers.remove(show)
