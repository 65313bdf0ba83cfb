"""A broker and its connections in memory: what `Wire` promises, on any clock."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from towerd.mqtt.wire import Listener, Outgoing, Received


def matches(pattern: str, topic: str) -> bool:
    wanted, given = pattern.split("/"), topic.split("/")
    return len(wanted) == len(given) and all(one in ("+", other) for one, other in zip(wanted, given, strict=True))


@dataclass
class Message:
    topic: str
    payload: bytes
    retain: bool = False
    response_topic: str | None = None
    correlation: bytes | None = None


@dataclass
class MemoryBroker:
    """Keeps retained messages, all that was published, and what the tower has not acknowledged."""

    up: bool = True
    seen: list[Message] = field(default_factory=list)
    retained: dict[str, bytes] = field(default_factory=dict)
    wire: MemoryWire | None = None
    unacknowledged: list[tuple[int, Message]] = field(default_factory=list)
    refuse: bool = False

    def route(self, message: Message) -> None:
        self.seen.append(message)
        if message.retain:
            self.retained[message.topic] = message.payload
            if not message.payload:
                del self.retained[message.topic]
        if self.wire is not None:
            self.wire.deliver(message)

    def sever(self) -> None:
        """The broker goes."""
        self.up = False
        if self.wire is not None:
            self.wire.lose("gone")

    def restore(self) -> None:
        """The broker comes back."""
        self.up = True
        if self.wire is not None:
            self.wire.begin()


class MemoryWire:
    """`Wire` to a `MemoryBroker`."""

    def __init__(self, broker: MemoryBroker, will: Outgoing) -> None:
        self._broker, self._will = broker, will
        broker.wire = self
        self._listener: Listener | None = None
        self._generation = self._mid = 0
        self._live = False
        self._subscribed: dict[str, int] = {}

    def start(self, listener: Listener) -> None:
        self._listener = listener
        self.begin()

    def begin(self) -> None:
        if self._listener is None or self._live or not self._broker.up:
            return
        self._live = True
        self._generation += 1
        asyncio.get_running_loop().call_soon(self._listener.on_up, self._generation)
        again, self._broker.unacknowledged = self._broker.unacknowledged, []
        for _, message in again:
            self.deliver(message)

    def lose(self, reason: str) -> None:
        if self._live and self._listener is not None:
            self._live = False
            self._broker.route(Message(self._will.topic, self._will.payload, retain=True))
            asyncio.get_running_loop().call_soon(self._listener.on_down, reason)

    async def stop(self, last: Outgoing) -> None:
        self.publish(last)
        self._live = False
        self._listener = None

    def publish(self, message: Outgoing) -> int | None:
        if not self._live or self._listener is None:
            return None
        self._mid += 1
        reason = "Quota exceeded" if self._broker.refuse else None
        if reason is None:
            self._broker.route(Message(message.topic, message.payload, message.retain, None, message.correlation))
        if message.qos:
            asyncio.get_running_loop().call_soon(self._listener.on_published, self._mid, reason)
        return self._mid

    def deliver(self, message: Message, *, from_store: bool = False) -> None:
        qos = max((qos for pattern, qos in self._subscribed.items() if matches(pattern, message.topic)), default=None)
        if qos is None or self._listener is None:
            return
        self._mid += 1
        if qos:
            self._broker.unacknowledged.append((self._mid, message))
        if self._live:
            received = Received(
                message.topic,
                message.payload,
                message.retain or from_store,
                self._mid if qos else 0,
                self._generation,
                message.response_topic,
                message.correlation,
            )
            asyncio.get_running_loop().call_soon(self._listener.on_message, received)

    def acknowledge(self, received: Received) -> None:
        if self._live and received.generation == self._generation:
            waiting = self._broker.unacknowledged
            self._broker.unacknowledged = [(mid, one) for mid, one in waiting if mid != received.mid]

    def subscribe(self, topic: str, qos: int) -> None:
        self._subscribed[topic] = qos
        for name, payload in list(self._broker.retained.items()):
            if matches(topic, name):
                self.deliver(Message(name, payload), from_store=True)

    def unsubscribe(self, topic: str) -> None:
        self._subscribed.pop(topic, None)
