"""The outbox on its way: in order, without a gap, whatever the connection does (orders-if.md 2.2)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from towerd.fsm.commands import AppendOutbox

WINDOW = 16
"""Messages under way at once; below the 20 that paho sends without queueing them itself."""


@dataclass(slots=True)
class _UnderWay:
    mid: int
    seq: int
    done: bool = False


@dataclass(slots=True)
class Outbox:
    """Reads from `read(after_seq, limit)`, hands each message to `send`, and knows what the broker has.

    `send` gives the mid, or None where there is no connection. `acknowledged_seq` is the last of an unbroken row.
    """

    read: Callable[[int, int], Sequence[AppendOutbox]]
    send: Callable[[AppendOutbox], int | None]
    acknowledged_seq: int = 0
    _sent_seq: int = 0
    _under_way: deque[_UnderWay] = field(default_factory=deque)

    def restart(self) -> None:
        """A new connection, or a refusal: begin again after what the broker surely has."""
        self._sent_seq = self.acknowledged_seq
        self._under_way.clear()

    def pump(self) -> None:
        """Send what the window has room for."""
        while len(self._under_way) < WINDOW:
            rows = self.read(self._sent_seq, WINDOW - len(self._under_way))
            if not rows:
                return
            for row in rows:
                mid = self.send(row)
                if mid is None:
                    return
                self._under_way.append(_UnderWay(mid, row.event_seq))
                self._sent_seq = row.event_seq

    def published(self, mid: int) -> bool:
        """The broker has `mid`; whether it was one of ours and `acknowledged_seq` has grown."""
        for message in self._under_way:
            if message.mid == mid:
                message.done = True
        before = self.acknowledged_seq
        while self._under_way and self._under_way[0].done:
            self.acknowledged_seq = self._under_way.popleft().seq
        return self.acknowledged_seq > before

    def holds(self, mid: int) -> bool:
        """Whether `mid` is one of ours that is still under way."""
        return any(message.mid == mid for message in self._under_way)
