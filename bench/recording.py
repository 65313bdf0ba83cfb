"""Recorded events of whole visits: what the engine really has to take, in the mix in which it comes.

The simulator, the link and the engine run a few visits on a virtual clock, and every event that reached the queue is kept
with its stamp. Replaying them through `step` gives the same states and commands again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from simulator.config import Actors
from tests.scenario.tower import Daemon, Tower, small_tower
from tests.support.memory_journal import MemoryJournal
from tests.support.virtual_loop import VirtualLoop
from towerd.fsm.config import CoreConfig
from towerd.fsm.events import PlcObserved, Stamped
from towerd.places import Place, bay
from towerd.ports import Clock

FLOORS, POSITIONS, VISITS = 5, 6, 6
SPEED_UP = 2.0


@dataclass(frozen=True, slots=True)
class Recording:
    """Stamped events from the first start on, with what came beside each, and the settings under which they came."""

    events: tuple[tuple[Stamped, bytes | None], ...]
    config: CoreConfig

    @property
    def mix(self) -> str:
        """How many of each kind, the most frequent first."""
        kinds = Counter(type(stamped.event).__name__ for stamped, _attachment in self.events)
        snapshots = kinds.pop(PlcObserved.__name__)
        others = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        return f"{VISITS} visits, {len(self.events)} events: {snapshots} snapshots, {others}"


class _Items(asyncio.Queue[Any]):
    """The engine's queue, which keeps what passes. Made from the one that is there, with all that waits in it."""

    def __init__(self, waiting: asyncio.Queue[Any], clock: Clock) -> None:
        super().__init__()
        self.kept: list[tuple[Stamped, bytes | None]] = []
        self._clock = clock
        while not waiting.empty():
            self.put_nowait(waiting.get_nowait())

    def put_nowait(self, item: Any) -> None:
        """Keep and pass on."""
        stamped = Stamped(self._clock.now(), self._clock.mono_s(), item.event)
        self.kept.append((stamped, item.attachment))
        super().put_nowait(item)


def _stock() -> Sequence[tuple[Place, int]]:
    places = [bay(floor, position) for floor in range(1, FLOORS + 1) for position in range(1, POSITIONS + 1)]
    return tuple((place, number) for number, place in enumerate(places[::2], start=1))


async def _visit(daemon: Daemon, number: int) -> None:
    """Somebody orders, a stranger looks into the camera, then the customer does, until the car has left."""
    order = f"o_{number}"
    daemon.order(order, f"c_{number}")
    await daemon.until(lambda: order in daemon.matcher.watching, "the face is looked for")
    daemon.look(None)
    while daemon.tables.orders[order].state != "completed":
        await asyncio.sleep(3.0)
        if order in daemon.matcher.watching:
            daemon.look(order)


async def _record() -> Recording:
    actors = Actors(auto_drive_off=True, customer_delay_s=4.0)
    tower = Tower(small_tower(floors=FLOORS, positions=POSITIONS, speed_up=SPEED_UP, actors=actors), _stock())
    daemon = tower.daemon(MemoryJournal())
    items = _Items(daemon.queue.items, tower.clock)
    daemon.queue.items = items
    plant = asyncio.create_task(tower.live())
    daemon.start()
    await daemon.until(lambda: daemon.engine.view().can_deliver, "the tower is ready")
    daemon.import_stock()
    await daemon.until(lambda: bool(daemon.api_answers), "the stock is imported")
    for number in range(VISITS):
        await _visit(daemon, number)
    await daemon.kill()
    plant.cancel()
    with suppress(asyncio.CancelledError):
        await plant
    return Recording(tuple(items.kept), tower.core)


def record() -> Recording:
    """Run the visits; takes some seconds. Raises AssertionError where a visit does not end."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_record())
