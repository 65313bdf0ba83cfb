"""Heartbeat and session of the PC (plc-if.md 2 and 3)."""

from __future__ import annotations

from dataclasses import dataclass

NEVER, ALIVE, LOST = 0, 1, 2
LOST_AFTER_MS = 1000


@dataclass(slots=True)
class Link:
    """What the PLC knows of the PC."""

    state: int = NEVER
    session: int = 0
    heartbeat: int = 0
    last_moved_ms: int = 0

    @property
    def alive(self) -> bool:
        """Whether the heartbeat moves."""
        return self.state == ALIVE

    def heard(self, heartbeat: int, now_ms: int) -> None:
        """A CTL block came in."""
        if heartbeat != self.heartbeat:
            self.heartbeat = heartbeat
            self.last_moved_ms = now_ms
            self.state = ALIVE

    def tick(self, now_ms: int) -> bool:
        """True in the scan in which the link is lost (3.1)."""
        if self.state == ALIVE and now_ms - self.last_moved_ms >= LOST_AFTER_MS:
            self.state = LOST
            return True
        return False
