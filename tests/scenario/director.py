"""The people of one visit: they do their part whenever it is asked for, however often the daemon dies in between."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.scenario.tower import Daemon

ORDER = "o_91"
REPEAT_S = 5.0


class Director:
    """Imports the stock, sends the order until it is answered, shows the face whenever it is looked for."""

    def __init__(self) -> None:
        self.stocked = False
        self.answered = False
        self.looks_by_life: list[int] = []
        self._sent_mono_s = float("-inf")

    async def play(self, daemon: Daemon) -> None:
        """Play along with one life of the daemon."""
        self.looks_by_life.append(0)
        self._sent_mono_s = float("-inf")
        asked_stock = False
        while True:
            await asyncio.sleep(0.1)
            self._hear(daemon)
            tables = daemon.tables
            if not tables.vehicles:
                if daemon.engine.state.volatile.snapshot is not None and not asked_stock:
                    asked_stock = True
                    daemon.import_stock()
            elif not self.answered:
                self._send(daemon)
            elif ORDER in daemon.matcher.watching:
                self.looks_by_life[-1] += 1
                daemon.look(ORDER)

    def _hear(self, daemon: Daemon) -> None:
        for answer in daemon.bus.answers:
            assert answer.ok, answer.reasons
            self.answered = True

    def _send(self, daemon: Daemon) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s - self._sent_mono_s >= REPEAT_S:
            self._sent_mono_s = now_s
            daemon.order(ORDER)


def finished(daemon: Daemon) -> bool:
    """The visit is over, and the tower is at rest."""
    order: Any = daemon.tables.orders.get(ORDER)
    return order is not None and order.state == "completed" and not any(s.open for s in daemon.tables.steps.values())
