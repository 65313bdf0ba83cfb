"""Processor time of link, engine and journal at 100 ms polls: with the tower idle, and while it delivers, per second of time.

The plant runs in a process of its own and is not counted. Baseline: a bare pymodbus loop that does the same reads as often.
API, broker and faces are not in it: idle, they take next to nothing, and bench_intake has what orders cost.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from pymodbus.client import AsyncModbusTcpClient

from bench.bench_reaction import FAST_READS, HOST, House, running
from bench.figure import Figure, Target, scratch
from towerd.plc.config import LinkConfig
from towerd.plc.registers import blocks

WINDOW_S = 12.0
IDLE_LIMIT_PERCENT, MOTION_LIMIT_PERCENT = 5.0, 10.0


async def _share_percent() -> float:
    """Of one core, by this process, over the window."""
    began_s, used_s = time.monotonic(), time.process_time()
    await asyncio.sleep(WINDOW_S)
    return 100 * (time.process_time() - used_s) / (time.monotonic() - began_s)


async def _ours(port: int, folder: Path) -> tuple[float, float]:
    house = House(port, folder)
    tasks = house.start()
    try:
        await house.until(lambda: house.engine.view().can_deliver)
        idle = await _share_percent()
        tasks.append(asyncio.create_task(house.visits()))
        await house.until(house.open_orders)
        return idle, await _share_percent()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        house.journal.close()


async def _bare(port: int) -> float:
    client = AsyncModbusTcpClient(HOST, port=port, retries=0, reconnect_delay=0)
    await client.connect()

    async def poll() -> None:
        while True:
            await client.write_registers(blocks()["CTL"].start, [1, 1, 0, 0, 0, 0, 0, 0])
            for address, count in FAST_READS:
                await client.read_holding_registers(address, count=count)
            await asyncio.sleep(LinkConfig(host=HOST).poll_s)

    polling = asyncio.create_task(poll())
    try:
        return await _share_percent()
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
        client.close()


def run() -> Iterator[Figure]:
    """The figures of this file."""
    with scratch() as folder, running([]) as port:
        idle, motion = asyncio.run(_ours(port, folder))
        bare = asyncio.run(_bare(port))
    how = f"over {WINDOW_S:g} s, poll {LinkConfig(host=HOST).poll_ms} ms"
    for name, value, limit in (("idle", idle, IDLE_LIMIT_PERCENT), ("delivering", motion, MOTION_LIMIT_PERCENT)):
        against = "bare pymodbus polling"
        yield Figure(f"processor time, {name}", value, bare, "%", against, Target("at most", limit), how)
