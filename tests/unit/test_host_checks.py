"""The tower PC's part of the self-test."""

from __future__ import annotations

import json
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from towerd import host_checks
from towerd.checks import Check
from towerd.settings_file import load

SMALL = """\
state_dir = "state"
[tower]
id = "t-1"
[plc]
host = "127.0.0.1"
[keys]
tower_key_file = "tower.jwk"
issuers_file = "issuers.json"
code_secret_file = "secret"
faces_dir = "faces"
"""
TLS = """\
[mqtt]
host = "127.0.0.1"
[mqtt.tls]
ca_file = "ca.pem"
cert_file = "cert.pem"
key_file = "key.pem"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("state", "faces"):
        (tmp_path / name).mkdir(mode=0o700)
    for name in ("tower.jwk", "secret", "state/journal.db"):
        (tmp_path / name).touch(mode=0o600)
    return tmp_path


def asked(folder: Path, text: str = SMALL) -> dict[str, Check]:
    file = folder / "tower.toml"
    file.write_text(text)
    return {check.name: check for check in host_checks.host_checks(load(file))()}


def certificate(path: Path, days: int) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "t-1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days, hours=1))
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))


def test_private_files_that_are_well(folder: Path) -> None:
    checks = asked(folder)
    for name in ("tower key", "code secret", "face keys", "journal", "networks"):
        assert checks[name].passed, checks[name]
    assert "certificate" not in checks


def test_a_key_that_others_may_read(folder: Path) -> None:
    (folder / "secret").chmod(0o644)
    (folder / "tower.jwk").unlink()
    checks = asked(folder)
    assert (checks["code secret"].passed, checks["tower key"].passed) == (False, False)
    assert "No such file" in checks["tower key"].text


def test_a_key_set_that_is_missing_or_empty(folder: Path) -> None:
    assert asked(folder)["issuers"].passed is False
    (folder / "issuers.json").write_text(json.dumps({"keys": []}))
    assert asked(folder)["issuers"].passed is False


def test_a_full_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(host_checks.shutil, "disk_usage", lambda _path: usage(10, 9, 1))
    assert asked(folder)["disk"].passed is False


@pytest.mark.parametrize("sure", [True, False])
def test_the_clock(folder: Path, monkeypatch: pytest.MonkeyPatch, sure: bool) -> None:
    monkeypatch.setattr(host_checks, "is_synchronised", lambda: sure)
    assert asked(folder)["clock"].passed is sure
    assert asked(folder, SMALL + "[orders]\ntrust_clock = true\n")["clock"].passed is None


def test_a_certificate_and_how_long_it_is_good(folder: Path) -> None:
    assert asked(folder, SMALL + TLS)["certificate"].passed is False
    certificate(folder / "cert.pem", 90)
    assert asked(folder, SMALL + TLS)["certificate"] == Check(
        "broker", "certificate", True, "good for 90 more days", "Renew the tower's certificate."
    )
    certificate(folder / "cert.pem", 29)
    assert asked(folder, SMALL + TLS)["certificate"].passed is False
    (folder / "cert.pem").write_text("nonsense")
    assert asked(folder, SMALL + TLS)["certificate"].passed is False
    assert asked(folder, SMALL + '[mqtt]\nhost = "127.0.0.1"\n')["tls"].passed is None


def test_networks_that_are_not_those_measured(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other(name: str) -> bytes:
        raise host_checks.ModelError(f"{name}: SHA-256 is another")

    monkeypatch.setattr(host_checks, "read_model", other)
    assert asked(folder)["networks"].passed is False
