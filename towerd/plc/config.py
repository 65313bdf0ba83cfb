"""How the PLC is reached, as a value."""

from __future__ import annotations

from dataclasses import dataclass

RTU_REPLY_LIMIT_MS = 250


@dataclass(frozen=True, slots=True)
class LinkConfig:
    """TCP where `host` is given, RTU over `serial_port` otherwise (plc-if.md 1.1, 1.4, 1.8).

    Raises ValueError where both or neither is given, or a number is out of the contract's range.
    """

    host: str | None = None
    port: int = 502
    serial_port: str | None = None
    baud: int = 115200
    device_id: int = 1
    poll_ms: int = 100
    timeout_ms: int = 300
    max_registers: int = 100

    def __post_init__(self) -> None:
        if bool(self.host) == bool(self.serial_port):
            raise ValueError("the PLC is reached by host or by serial_port, one of them")
        limits = {
            "port": (1, 65535),
            "baud": (19200, 115200),
            "device_id": (1, 247),
            "poll_ms": (10, 500),
            "timeout_ms": (20, 1000),
            "max_registers": (48, 100),
        }
        for name, (lowest, highest) in limits.items():
            if not lowest <= getattr(self, name) <= highest:
                raise ValueError(f"{name} must be {lowest} to {highest}, not {getattr(self, name)}")

    @property
    def timeout_s(self) -> float:
        """How long a reply may take, in s; on RTU at most 0.25 (1.8)."""
        return (min(self.timeout_ms, RTU_REPLY_LIMIT_MS) if self.serial_port else self.timeout_ms) / 1000

    @property
    def poll_s(self) -> float:
        """Period of the fast reads in s."""
        return self.poll_ms / 1000
