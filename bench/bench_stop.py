"""From a person's request to hold to the PLC that has it, at the 99th percentile, at any moment of deliveries.

Link, engine and journal on the disk are the real ones; the plant runs in a process of its own. The command has arrived when
the PLC has answered its write. Baseline: the heartbeat writes of the same run, which wait for nothing.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.bench_reaction import VISITS_LIMIT_S, House, percentile, running
from bench.figure import Figure, Target, scratch
from towerd.fsm import events as ev
from towerd.fsm.reply import ReplyTo
from towerd.plc.config import LinkConfig
from towerd.plc.registers import blocks
from towerd.plc.snapshot import PackmlCommand, PackmlState
from towerd.plc.transport import Transport

HOLDS = 60
SLACK_MS = 20.0
SETTLE_LIMIT_S = 10.0


class _Watched:
    """A transport that notes how long each CTL write took, and when one with Hold was answered."""

    def __init__(self, line: Transport) -> None:
        self._line = line
        self.read, self.connect, self.close, self.rest = line.read, line.connect, line.close, line.rest
        self._seq = 0
        self.held_s: list[float] = []
        self.beats_s: list[float] = []

    @property
    def connected(self) -> bool:
        """As the transport's."""
        return self._line.connected

    async def write(self, address: int, words: Sequence[int]) -> None:
        """As the transport's."""
        began_s = time.monotonic()
        await self._line.write(address, words)
        if address != blocks()["CTL"].start:
            return
        if words[2] == PackmlCommand.HOLD and words[3] != self._seq:
            self.held_s.append(time.monotonic())
        else:
            self.beats_s.append(time.monotonic() - began_s)
        self._seq = words[3]


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SETTLE_LIMIT_S):
        while not condition():  # noqa: ASYNC110 - what the engine holds gives no sign of its own
            await asyncio.sleep(0.01)


async def _hold_now_and_then(house: House, watched: _Watched, states: Counter[str]) -> list[float]:
    """Hold at drawn moments, go on, and again; how long each took, in s."""
    draw, took_s = random.Random(3), list[float]()

    def state() -> PackmlState | None:
        machine = house.engine.state.volatile.snapshot
        return None if machine is None else machine.system.packml_state

    while len(took_s) < HOLDS:
        await asyncio.sleep(draw.uniform(0.02, 0.5))
        if state() is not PackmlState.EXECUTE:
            continue
        states[house.engine.view().activity.what] += 1
        count, asked_s = len(watched.held_s), time.monotonic()
        house.queue.post(ev.PackmlRequested("hold", "bench", ReplyTo("api", f"hold{count}")))
        await _until(lambda count=count: len(watched.held_s) > count)  # type: ignore[misc]
        took_s.append(watched.held_s[-1] - asked_s)
        await _until(lambda: state() is PackmlState.HELD)
        house.queue.post(ev.PackmlRequested("unhold", "bench", ReplyTo("api", f"unhold{count}")))
        await _until(lambda: state() is PackmlState.EXECUTE)
    return took_s


async def _measure(port: int, folder: Path) -> tuple[list[float], list[float], Counter[str]]:
    watched: list[_Watched] = []

    def around(line: Transport) -> Transport:
        watched.append(_Watched(line))
        return watched[-1]

    house, states = House(port, folder, around), Counter[str]()
    tasks = house.start()
    tasks.append(asyncio.create_task(house.visits()))
    try:
        async with asyncio.timeout(VISITS_LIMIT_S):
            await house.until(lambda: house.engine.view().can_deliver)
            return await _hold_now_and_then(house, watched[0], states), watched[0].beats_s, states
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        house.journal.close()


def run() -> Iterator[Figure]:
    """The figure of this file."""
    with scratch() as folder, running([]) as port:
        took_s, beats_s, states = asyncio.run(_measure(port, folder))
    limit_ms = LinkConfig(host="127.0.0.1").poll_ms + SLACK_MS
    yield Figure(
        "stop: request to hold until the PLC has it, p99",
        percentile(took_s, 0.99) * 1000,
        percentile(beats_s, 0.99) * 1000,
        "ms",
        "a heartbeat's write",
        Target("at most", limit_ms),
        f"{len(took_s)} at any moment of deliveries ({', '.join(sorted(states))})",
    )
