"""How the PLC is reached, as a value."""

from __future__ import annotations

from dataclasses import dataclass

RTU_REPLY_LIMIT_MS = 250
RTU_REACTION_S = 0.1
"""How long a PLC on a serial line may think about a request: two of the longest scans."""
RTU_BEAT_LIMIT_S = 0.27
"""The 300 ms of 1.8 less what a heartbeat needs on the way."""
BEAT_S = 0.1
SLOW_BEAT_S = 0.2
BITS_PER_CHARACTER = 10
FRAME_CHARACTERS = 17
"""What request and reply need beside the words that one of them carries; a write needs most."""


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

    def reply_limit_s(self, words: int) -> float:
        """How long the reply to a request with `words` registers may take, in s, from its sending.

        On a serial line that is the time on the wire and what a PLC needs to answer: whoever waits longer for a lost
        reply has no time left for the heartbeat (1.8).
        """
        if not self.serial_port:
            return self.timeout_s
        return min(self.timeout_s, self.wire_s(FRAME_CHARACTERS + 2 * words) + RTU_REACTION_S)

    def wire_s(self, characters: int) -> float:
        """How long so many characters take on the serial line, in s."""
        return characters * BITS_PER_CHARACTER / self.baud

    @property
    def rest_s(self) -> float:
        """The silence between two frames on the serial line, in s: 3.5 characters, and 1.75 ms at least."""
        return max(self.wire_s(7) / 2, 0.00175)

    @property
    def beat_s(self) -> float:
        """Period of pc_heartbeat in s: 3.1 says 100 ms; at 19,200 baud that would be half of the line, and 1.8 allows more."""
        return SLOW_BEAT_S if self.serial_port and self.baud < 38400 else BEAT_S

    def beat_before(self, words: int) -> float:
        """How old the last heartbeat may be, in s, when a request for `words` registers begins.

        On a serial line the next one must be in time even should this reply be lost (1.8).
        """
        return min(self.beat_s, RTU_BEAT_LIMIT_S - self.reply_limit_s(words)) if self.serial_port else self.beat_s

    @property
    def poll_s(self) -> float:
        """Period of the fast reads in s."""
        return self.poll_ms / 1000
