"""An MQTT 5 broker without root, for the demo and the tests: rumqttd out of the `iotcore` wheel.

`python -m simulator.broker --port 0` prints `{"port": 41883}` and runs until SIGTERM. In production use mosquitto.
"""

from __future__ import annotations

import json
import signal
import socket
import tempfile
import threading
from pathlib import Path
from types import FrameType
from typing import Self

import click
from iotcore import Broker

HOST = "127.0.0.1"
PAYLOAD_LIMIT_BYTES = 1024 * 1024
"""rumqttd takes 20 KiB by default; an order with its selfie may have 512 KiB."""

_CONFIG = """
id = 0

[router]
id = 0
max_connections = 200
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10

[v5.1]
name = "v5-1"
listen = "{host}:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = {payload_limit}
max_inflight_count = 100
dynamic_filters = true
"""


def free_port() -> int:
    """A port that was free a moment ago: the broker cannot be asked which one it took."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class EmbeddedBroker:
    """A broker in a child process. It may be stopped and started again on the same port; it keeps nothing meanwhile."""

    def __init__(self, port: int = 0) -> None:
        """`port` 0: any free one."""
        self.port = port or free_port()
        self._folder = tempfile.TemporaryDirectory(prefix="broker-")
        config = Path(self._folder.name) / "rumqttd.toml"
        config.write_text(
            _CONFIG.format(host=HOST, port=self.port, payload_limit=PAYLOAD_LIMIT_BYTES), encoding="utf-8"
        )
        self._broker = Broker(config_path=str(config))

    def start(self) -> Self:
        """Start, and come back once it listens. Raises OSError where the port is taken."""
        self._broker.start()
        return self

    def stop(self) -> None:
        """Stop. Safe to call twice."""
        self._broker.stop()

    def close(self) -> None:
        """Stop for good and remove the configuration."""
        self.stop()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.close()


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=1883, help="TCP port on 127.0.0.1; 0 takes any free one")
def main(port: int) -> None:
    """Run the broker until SIGTERM or Ctrl+C."""
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    with EmbeddedBroker(port) as broker:
        click.echo(json.dumps({"port": broker.port}))
        ended.wait()


if __name__ == "__main__":
    main()
