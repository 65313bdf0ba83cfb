"""A connection to a broker that takes everything at once: what the tower itself does to publish is measured, nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from towerd.mqtt.topics import AT_LEAST_ONCE
from towerd.mqtt.wire import Listener, Outgoing, Received


class TakingWire:
    """Takes what is published and acknowledges it; `hear` is told of each message. Commands come by `deliver`."""

    def __init__(self, hear: Callable[[Outgoing], None] = lambda message: None) -> None:
        self._hear = hear
        self._listener: Listener | None = None
        self._mid = 0

    def start(self, listener: Listener) -> None:
        """See `Wire`: connected at once."""
        self._listener = listener
        listener.on_up(1)

    async def stop(self, last: Outgoing) -> None:
        """See `Wire`."""
        self._listener = None

    def publish(self, message: Outgoing) -> int:
        """See `Wire`."""
        self._mid += 1
        if message.qos == AT_LEAST_ONCE:
            asyncio.get_running_loop().call_soon(self._published, self._mid)
        self._hear(message)
        return self._mid

    def _published(self, mid: int) -> None:
        if self._listener is not None:
            self._listener.on_published(mid, None)

    def deliver(self, received: Received) -> None:
        """A command comes from the broker. The bus must be running."""
        if self._listener is None:
            raise RuntimeError("nobody listens")
        self._listener.on_message(received)

    def acknowledge(self, received: Received) -> None:
        """See `Wire`."""

    def subscribe(self, topic: str, qos: int) -> None:
        """See `Wire`."""

    def unsubscribe(self, topic: str) -> None:
        """See `Wire`."""
