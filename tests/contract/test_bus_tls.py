"""The tower shows its certificate, and speaks to no broker that its authority has not signed (orders-if.md 8)."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from iotcore import Broker

from simulator.broker import free_port
from tests.support.mqtt_kit import TOPICS, make_bed, until, view
from tests.support.token_kit import TOWER, make_keys
from towerd.errors import ConfigError
from towerd.fsm.events import BusChanged
from towerd.mqtt.bus import will
from towerd.mqtt.client import PahoWire
from towerd.mqtt.config import MqttConfig, TlsConfig


@dataclass
class Authority:
    folder: Path
    name: str

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        made = self._begin(self.subject, self.key).add_extension(x509.BasicConstraints(True, 0), critical=True)
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        made = made.add_extension(usage, critical=True).add_extension(identifier, critical=False)
        self.path = self._write(f"{self.name}-ca", made.sign(self.key, hashes.SHA256()))

    def _begin(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(self.subject).public_key(key.public_key())
        made = made.serial_number(x509.random_serial_number())
        return made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))

    def _write(self, name: str, certificate: x509.Certificate) -> Path:
        path = self.folder / f"{name}.pem"
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def issue(self, name: str, usage: x509.ObjectIdentifier) -> tuple[Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName(name)])
        made = self._begin(subject, key).add_extension(names, critical=False)
        made = made.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        made = made.add_extension(x509.BasicConstraints(False, None), critical=True)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        made = made.add_extension(authority, critical=False)
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        made = made.add_extension(identifier, critical=False)
        certificate = self._write(f"{self.name}-{name}", made.sign(self.key, hashes.SHA256()))
        path = self.folder / f"{self.name}-{name}.key"
        form = serialization.PrivateFormat.PKCS8
        path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
        return certificate, path


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
