"""The tower shows its certificate, and speaks to no broker that its authority has not signed (orders-if.md 8)."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from iotcore import Broker

from simulator.broker import free_port
from tests.support.authority import Authority
from tests.support.mqtt_kit import TOPICS, make_bed, until, view
from tests.support.token_kit import TOWER, make_keys
from towerd.errors import ConfigError
from towerd.fsm.events import BusChanged
from towerd.mqtt.bus import will
from towerd.mqtt.client import PahoWire
from towerd.mqtt.config import MqttConfig, TlsConfig

CONFIG = """
id = 0
[router]
id = 0
max_connections = 10
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10
[v5.1]
name = "v5-tls"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v5.1.tls]
capath = "{ca}"
certpath = "{cert}"
keypath = "{key}"
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1048576
max_inflight_count = 100
dynamic_filters = true
"""


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


@pytest.fixture
def port(authority: Authority, tmp_path: Path) -> Iterator[int]:
    made = free_port()
    cert, key = authority.issue("broker", ExtendedKeyUsageOID.SERVER_AUTH)
    config = tmp_path / "tls.toml"
    config.write_text(CONFIG.format(port=made, ca=authority.path, cert=cert, key=key), encoding="utf-8")
    with Broker(config_path=str(config)):
        yield made


async def connects(port: int, tls: TlsConfig, folder: Path, within_s: float) -> bool:
    config = MqttConfig("127.0.0.1", TOWER, port, tls=tls)
    bed = make_bed(PahoWire(config, will(TOPICS)), make_keys(folder))
    task = asyncio.create_task(bed.bus.run())
    bed.bus.show(view())
    with suppress(TimeoutError):
        await until(lambda: bed.inbox.of(BusChanged), within_s)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return bool(bed.inbox.of(BusChanged))


async def test_a_broker_of_our_authority_is_spoken_to(port: int, authority: Authority, tmp_path: Path) -> None:
    cert, key = authority.issue(TOWER, ExtendedKeyUsageOID.CLIENT_AUTH)
    assert await connects(port, TlsConfig(authority.path, cert, key), tmp_path, 8.0)


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
async def test_a_broker_of_another_authority_is_not(port: int, authority: Authority, tmp_path: Path) -> None:
    cert, key = authority.issue(TOWER, ExtendedKeyUsageOID.CLIENT_AUTH)
    other = Authority(tmp_path, "other")
    assert not await connects(port, TlsConfig(other.path, cert, key), tmp_path, 1.5)
    gc.collect()


def test_a_certificate_that_is_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    none = tmp_path / "none.pem"
    with pytest.raises(ConfigError):
        PahoWire(MqttConfig("127.0.0.1", TOWER, tls=TlsConfig(none, none, none)), will(TOPICS))
