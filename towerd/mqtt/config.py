"""How to reach the broker (orders-if.md 2 and 8)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class TlsConfig:
    """The tower's certificate, and the authorities that may have signed the broker's."""

    ca_file: Path
    cert_file: Path
    key_file: Path


@dataclass(frozen=True, slots=True)
class MqttConfig:
    """The broker. `session_s`: how long it keeps commands for a tower that is away; they are valid for 60 s only."""

    host: str
    tower: str
    port: int = 1883
    root: str = "towerd"
    keep_alive_s: int = 30
    tls: TlsConfig | None = None
    session_s: int = 300
    reconnect_min_s: int = 1
    reconnect_max_s: int = 30
