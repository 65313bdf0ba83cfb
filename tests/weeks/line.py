"""The broker between a tower and the world, by function calls: what it keeps, what an outside client hears, what is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support import published
from towerd.mqtt import topics
from towerd.mqtt.topics import Topics, channel_of
from towerd.mqtt.wire import Listener, Outgoing, Received

Message = dict[str, Any]
_MAY_DIFFER = {"simulated": None, "customer": None}
_HASH = re.compile(rb'"[0-9a-f]{64}"')


@dataclass
class Ear:
    """A client outside, which believes what 2.2 lets it believe: each event once and in order, the newest of the rest."""

    events: list[Message] = field(default_factory=list)
    newest: dict[str, Message] = field(default_factory=dict)
    answers: dict[str, Message] = field(default_factory=dict)
    available: bool = False
    again: int = 0

    def hear(self, relative: str, payload: bytes) -> None:
        """One message of the tower."""
        if relative == topics.AVAILABILITY:
            self.available = payload.decode() == "online"
        elif channel_of(relative).name in ("event", "alarm_event"):
            self._event(relative, payload)
        elif relative.startswith("rsp/"):
            answer = json.loads(payload)
            self.answers[answer["req_id"]] = answer
        elif not payload:
            self.newest.pop(relative, None)
        elif relative != topics.PLC_AVAILABILITY:
            self._keep(relative, json.loads(payload))

    def _event(self, relative: str, payload: bytes) -> None:
        # a hash is unlike any before, its message is not
        published.hear(relative, _HASH.sub(b'"' + b"0" * 64 + b'"', payload))
        message = json.loads(payload)
        said = {"topic": relative, **{name: one for name, one in message.items() if name not in ("boot", "seq")}}
        seq = message["event_seq"]
        if seq <= len(self.events):
            self.again += 1
            known = self.events[seq - 1]
            # whether the tower is a simulated one is not known before it is seen, and its customer may have been forgotten
            assert {**known, **said, **_MAY_DIFFER} == {**known, **_MAY_DIFFER}, (known, said)
            return
        assert seq == len(self.events) + 1, f"event {len(self.events) + 1} is missing: {seq} came"
        self.events.append(said)

    def _keep(self, relative: str, message: Message) -> None:
        known = self.newest.get(relative)
        if known is not None:
            assert (message["boot"], message["seq"]) > (known["boot"], known["seq"]), (known, message)
        self.newest[relative] = message


@dataclass
class Broker:
    """Keeps retained topics, and commands until the tower has acknowledged them (its session outlives it).

    `up`: it is there. `drops_answers`: what goes to `rsp/` is lost on its way from here to the client; `keeps_acks`: the
    tower does not hear that its messages have come.
    """

    names: Topics
    ear: Ear
    up: bool = True
    drops_answers: bool = False
    keeps_acks: bool = False
    retained: dict[str, bytes] = field(default_factory=dict)
    waiting: list[Received] = field(default_factory=list)

    def route(self, message: Outgoing) -> None:
        """A message of the tower, or its will."""
        relative = self.names.relative(message.topic)
        assert relative is not None, message.topic
        assert message.retain == channel_of(relative).retained
        if message.retain:
            self.retained[relative] = message.payload
            if not message.payload:
                del self.retained[relative]
        if not (self.drops_answers and relative.startswith("rsp/")):
            self.ear.hear(relative, message.payload)

    def accept(self, verb: str, body: bytes) -> None:
        """A command of the platform, kept until the tower has it."""
        self.waiting.append(Received(self.names.full(f"cmd/{verb}"), body, False, len(self.waiting) + 1, 1))


class BrokerWire:
    """`Wire` to a `Broker`, as far as the publisher uses it; the tower connects and loses it."""

    def __init__(self, broker: Broker) -> None:
        self.broker, self.live, self._mid = broker, False, 0
        self.acknowledged: list[int] = []

    def publish(self, message: Outgoing) -> int | None:
        if not self.live:
            return None
        self._mid += 1
        self.broker.route(message)
        if message.qos and not self.broker.keeps_acks:
            self.acknowledged.append(self._mid)
        return self._mid

    def start(self, listener: Listener) -> None:
        raise AssertionError("the tower connects it")

    async def stop(self, last: Outgoing) -> None:
        raise AssertionError("the tower ends it")

    def acknowledge(self, received: Received) -> None:
        raise AssertionError("the broker is told by the tower")

    def subscribe(self, topic: str, qos: int) -> None:
        raise AssertionError("the broker knows what the tower reads")

    unsubscribe: Callable[[str], None] = lambda self, topic: None
