"""Units and small conversions. Quantities are named noun + unit; see the architecture page."""

from __future__ import annotations

from datetime import UTC, datetime

SEQ_LIMIT = 65535


def next_seq(seq: int) -> int:
    """The sequence number after `seq` in a mailbox, counting past 65535 to 1 (plc-if.md 5.2)."""
    return 1 if seq >= SEQ_LIMIT else seq + 1


def seq_distance(ahead: int, behind: int) -> int:
    """How many steps `ahead` is in front of `behind` on the ring 1 to 65535 (0 counts as the place before 1)."""
    return (ahead - behind) % SEQ_LIMIT


def rfc3339(at: datetime) -> str:
    """`at` as RFC 3339 in UTC with milliseconds and a Z (orders-if.md 2.1). Raises ValueError on a naive time."""
    if at.tzinfo is None:
        raise ValueError("a wall time carries its zone")
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def deciseconds(duration_s: float) -> int:
    """A duration as the wire's 0.1 s, rounded up, held to 1 to 6000 (registers.csv limit_ds)."""
    return max(1, min(6000, int(-(-duration_s * 10 // 1))))
