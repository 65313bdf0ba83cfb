"""The connection to the broker: the only importer of paho.

paho runs a thread of its own; everything it says is handed to the loop's thread. Its queue is never relied upon: what
was not acknowledged when a connection ends is dropped there and sent again by its owner.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from towerd.errors import ConfigError
from towerd.mqtt.config import MqttConfig
from towerd.mqtt.wire import Listener, Outgoing, Received

log = structlog.get_logger(__name__)

MAX_PACKET_BYTES = 1024 * 1024
"""Larger packets are dropped by the broker. Commands have at most 512 KiB; a little more is answered `too_large`."""
RECEIVE_MAXIMUM = 24
"""Commands that the broker sends before the first is acknowledged."""
STOP_WITHIN_S = 2.0


def _connect_properties(config: MqttConfig) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = config.session_s
    properties.MaximumPacketSize = MAX_PACKET_BYTES
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    return properties


class PahoWire:
    """`Wire` over paho. `will` is what the broker publishes when the tower is gone."""

    def __init__(self, config: MqttConfig, will: Outgoing) -> None:
        """Nothing is connected before `start`. Raises ConfigError where a certificate cannot be read."""
        self._config = config
        self._guard = threading.Lock()
        self._generation = 0
        self._live = False
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=config.tower,
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
        )
        self._client.will_set(will.topic, will.payload, will.qos, will.retain)
        self._client.reconnect_delay_set(config.reconnect_min_s, config.reconnect_max_s)
        if config.tls is not None:
            try:
                self._client.tls_set(str(config.tls.ca_file), str(config.tls.cert_file), str(config.tls.key_file))
            except OSError as error:
                raise ConfigError(f"a file of [mqtt.tls] cannot be used: {error}") from error

    def start(self, listener: Listener) -> None:
        """See `Wire`."""
        loop = asyncio.get_running_loop()

        def tell(call: Callable[..., None], *args: Any) -> None:
            loop.call_soon_threadsafe(call, *args)

        self._client.on_connect = lambda _c, _u, _f, reason, _p: self._connected(reason, listener, tell)
        self._client.on_disconnect = lambda _c, _u, _f, reason, _p: self._disconnected(reason, listener, tell)
        self._client.on_message = lambda _c, _u, message: tell(listener.on_message, self._received(message))
        self._client.on_publish = lambda _c, _u, mid, reason, _p: tell(
            listener.on_published, mid, str(reason) if reason.is_failure else None
        )
        self._client.on_subscribe = lambda _c, _u, _mid, reasons, _p: self._subscribed(reasons)
        config = self._config
        self._client.connect_async(
            config.host,
            config.port,
            config.keep_alive_s,
            clean_start=False,
            properties=_connect_properties(config),
        )
        self._client.loop_start()

    def _connected(self, reason: ReasonCode, listener: Listener, tell: Callable[..., None]) -> None:
        if reason.is_failure:
            log.warning("broker refused the connection", reason=str(reason))
            return
        with self._guard:
            self._client.drop_out_messages()
            self._generation += 1
            self._live = True
            generation = self._generation
        tell(listener.on_up, generation)

    def _disconnected(self, reason: ReasonCode, listener: Listener, tell: Callable[..., None]) -> None:
        with self._guard:
            was_live, self._live = self._live, False
        if was_live:
            tell(listener.on_down, str(reason))

    @staticmethod
    def _subscribed(reasons: list[ReasonCode]) -> None:
        for reason in reasons:
            if reason.is_failure:
                log.error("broker refused a subscription", reason=str(reason))

    def _received(self, message: paho.MQTTMessage) -> Received:
        properties = message.properties
        return Received(
            message.topic,
            bytes(message.payload),
            bool(message.retain),
            message.mid if message.qos else 0,
            self._generation,
            getattr(properties, "ResponseTopic", None),
            getattr(properties, "CorrelationData", None),
        )

    async def stop(self, last: Outgoing) -> None:
        """See `Wire`."""
        await asyncio.to_thread(self._stop, last)

    def _stop(self, last: Outgoing) -> None:
        if self._live:
            info = self._client.publish(last.topic, last.payload, last.qos, last.retain)
            if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
                info.wait_for_publish(STOP_WITHIN_S)
        self._client.disconnect()
        self._client.loop_stop()
        with self._guard:
            self._live = False
            # its sockets close with it, now: in the collector's order they might be gone before who closes them
            del self._client

    def publish(self, message: Outgoing) -> int | None:
        """See `Wire`."""
        properties = None
        if message.correlation:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.CorrelationData = message.correlation
        with self._guard:
            if not self._live:
                return None
            info = self._client.publish(message.topic, message.payload, message.qos, message.retain, properties)
        # Code 4 means that paho has queued it; the next connection drops that queue, so it counts as not sent.
        return info.mid if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def acknowledge(self, received: Received) -> None:
        """See `Wire`."""
        with self._guard:
            if self._live and received.generation == self._generation and received.mid:
                self._client.ack(received.mid, 1)

    def subscribe(self, topic: str, qos: int) -> None:
        """See `Wire`."""
        with self._guard:
            if self._live:
                self._client.subscribe(topic, options=SubscribeOptions(qos=qos, retainAsPublished=True))

    def unsubscribe(self, topic: str) -> None:
        """See `Wire`."""
        with self._guard:
            if self._live:
                self._client.unsubscribe(topic)
