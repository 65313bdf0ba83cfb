"""What the bus asks of a connection to the broker. `client.py` is the real one; tests have one in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to publish; `topic` is whole."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it came. `mid` and `generation` name it for its acknowledgement; `mid` 0 needs none."""

    topic: str
    payload: bytes
    retain: bool
    mid: int
    generation: int
    response_topic: str | None = None
    correlation: bytes | None = None


class Listener(Protocol):
    """Who hears of the connection; always called in the loop's own thread."""

    def on_up(self, generation: int) -> None:
        """Connected; `generation` grows with every connection."""

    def on_down(self, reason: str) -> None:
        """The connection is gone."""

    def on_message(self, received: Received) -> None:
        """A message came."""

    def on_published(self, mid: int, reason: str | None) -> None:
        """The broker has acknowledged a message of QoS 1; `reason` is why it refused it, None where it took it."""


class Wire(Protocol):
    """One connection, which reconnects by itself."""

    def start(self, listener: Listener) -> None:
        """Begin to connect. Never blocks."""

    async def stop(self, last: Outgoing) -> None:
        """Publish `last` if connected, disconnect and end."""

    def publish(self, message: Outgoing) -> int | None:
        """Hand over a message; its mid, or None where there is no connection: then it is not sent, now or later."""

    def acknowledge(self, received: Received) -> None:
        """Acknowledge a message, if its connection still is the same."""

    def subscribe(self, topic: str, qos: int) -> None:
        """Subscribe, with Retain As Published."""

    def unsubscribe(self, topic: str) -> None:
        """End a subscription."""
