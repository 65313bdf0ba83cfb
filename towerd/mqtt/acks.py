"""Acknowledging commands in the order of their arrival, on the connection they came by (orders-if.md 3.4)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from towerd.mqtt.wire import Received


@dataclass(slots=True)
class _Pending:
    received: Received
    done: bool = False


@dataclass(slots=True)
class Acknowledgements:
    """`acknowledge` is called for each command whose forerunners are done as well."""

    acknowledge: Callable[[Received], None]
    _pending: deque[_Pending] = field(default_factory=deque)

    def clear(self) -> None:
        """The connection is gone: the broker sends again what was not acknowledged."""
        self._pending.clear()

    def expect(self, received: Received) -> Callable[[], None]:
        """Call what is returned once the command is durable."""
        pending = _Pending(received)
        self._pending.append(pending)

        def done() -> None:
            pending.done = True
            while self._pending and self._pending[0].done:
                self.acknowledge(self._pending.popleft().received)

        return done
