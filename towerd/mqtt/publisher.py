"""What leaves the tower: every payload gets its envelope here, every topic its prefix (orders-if.md 2)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import structlog

from towerd.fsm.commands import Answer, AppendOutbox
from towerd.mqtt import payloads, topics
from towerd.mqtt.payloads import Body
from towerd.mqtt.people import named
from towerd.mqtt.retained import Retained
from towerd.mqtt.wire import Outgoing, Wire
from towerd.orders.aliases import Whose
from towerd.orders.keys import TowerKey
from towerd.ports import Clock
from towerd.view import View

log = structlog.get_logger(__name__)

ONLINE, OFFLINE = "online", "offline"


class Publisher:
    """Numbers and publishes messages. Everything is dropped where there is no connection or no view yet."""

    def __init__(
        self, wire: Wire, names: topics.Topics, clock: Clock, key: Callable[[], TowerKey], whose: Whose
    ) -> None:
        """`key` gives the tower's own, as last loaded; `whose` whom the platform means by an alias."""
        self._wire, self._names, self._clock, self._key = wire, names, clock, key
        self._whose = whose
        self._retained = Retained()
        self._view: View | None = None
        self._orders = payloads.OrderBodies()
        self._wanted: dict[str, Body] = {}
        self._seq = 0

    @property
    def ready(self) -> bool:
        """Whether there is a view: payloads carry its boot."""
        return self._view is not None

    def show(self, view: View) -> None:
        """Take the newest view; `flush` publishes it."""
        if self._view is not None and self._view.simulated != view.simulated:
            # the mark is in the envelope of everything that is retained
            self._retained.forget()
        self._view = view
        plc = {"text": ONLINE if view.plc_good else OFFLINE}
        key = self._key()
        shown = payloads.key_body(key.public, key.thumbprint)
        self._wanted = {
            topics.KEY: shown,
            topics.PLC_AVAILABILITY: plc,
            **payloads.bodies(view, self._orders, self._whose),
        }

    def begin(self) -> None:
        """A new connection: it knows nothing yet."""
        self._retained.forget()
        self.text(topics.AVAILABILITY, ONLINE)
        self.flush()

    def flush(self) -> None:
        """Publish what of the retained topics is due."""
        mono_s = self._clock.mono_s()
        for relative, body in self._retained.due(self._wanted, mono_s):
            if self._publish_retained(relative, body) is None:
                return
            self._retained.note(relative, body, mono_s)

    def wants(self, relative: str) -> bool:
        """Whether a retained topic is one that the tower keeps."""
        return relative in self._wanted

    def text(self, relative: str, text: str) -> int | None:
        """Publish a retained text; an empty one removes the topic."""
        return self._publish(relative, text.encode())

    def row(self, row: AppendOutbox) -> int | None:
        """Publish a message of the outbox; its mid, or None where there is no connection."""
        payload = self._payload({"event_seq": row.event_seq, **named(row.body, self._whose)}, row.at)
        return self._publish(row.topic, payload)

    def answer(self, answer: Answer) -> None:
        """Publish an answer where it has a place to go (3.2)."""
        reply = answer.reply
        if reply.channel != "mqtt" or not reply.address:
            return
        body = payloads.answer_body(reply.req_id, answer.ok, answer.reasons, answer.result)
        correlation = base64.b64decode(reply.correlation) if reply.correlation else None
        message = Outgoing(
            reply.address, self._payload(body), topics.AT_LEAST_ONCE, retain=False, correlation=correlation
        )
        if not self.ready or self._wire.publish(message) is None:
            log.info("answer dropped: no connection", req_id=reply.req_id)

    def state(self) -> Body:
        """The result of the verb `state`: as the topic, with an envelope of its own. There is a view: nothing comes in before."""
        assert self._view is not None
        return {**self._envelope(self._clock.now()), **payloads.state_body(self._view)}

    def _publish_retained(self, relative: str, body: Mapping[str, Any] | None) -> int | None:
        if body is None or relative == topics.PLC_AVAILABILITY:
            return self.text(relative, "" if body is None else str(body["text"]))
        return self._publish(relative, self._payload(body))

    def _publish(self, relative: str, payload: bytes) -> int | None:
        channel = topics.channel_of(relative)
        message = Outgoing(self._names.full(relative), payload, channel.qos, channel.retained)
        return self._wire.publish(message) if self.ready else None

    def _payload(self, body: Mapping[str, Any], at: datetime | None = None) -> bytes:
        whole = {**self._envelope(at or self._clock.now()), **body}
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()

    def _envelope(self, at: datetime) -> Body:
        self._seq += 1
        boot, simulated = (self._view.boot, self._view.simulated) if self._view else (0, False)
        return payloads.envelope(at, boot, self._seq, simulated)
