"""A session at the broker that keeps a tower's events while nobody is connected (orders-if.md 2.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from simulator.tower_link import OUTBOX, Where, hang_up

KEPT_S = 7 * 86400
"""How long the broker keeps events for who is away."""


class EventSession:
    """Hears `event` and `alarm/event` of one tower, each at least once.

    Events alone: what a broker keeps for a session has an end, and it may give what is retained to new sessions only.
    """

    def __init__(self, where: Where, name: str, heard: Callable[[str, bytes], None]) -> None:
        """`name` is the session's, the same after every start. `heard` takes topic below the tower's prefix and payload.

        It is called in the connection's own thread; a message is acknowledged when it has come back.
        """
        self._where, self._prefix = where, f"{where.root}/v1/{where.tower}/"
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_connect = self._connected
        self._client.on_message = lambda _c, _u, message: heard(
            message.topic.removeprefix(self._prefix), bytes(message.payload)
        )

    def open(self) -> None:
        """Connect as soon as there is a broker, and again whenever the connection is lost."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = KEPT_S
        self._client.connect_async(self._where.host, self._where.port, clean_start=False, properties=properties)
        self._client.loop_start()

    def _connected(self, *_: Any) -> None:
        self._client.subscribe([(self._prefix + name, SubscribeOptions(qos=1)) for name in OUTBOX])

    def close(self) -> None:
        """Disconnect; the broker keeps what comes."""
        hang_up(self._client)
