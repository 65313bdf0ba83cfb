"""A whole visit in real time over a line that is paced at 19,200 or 115,200 baud, good and bad (plc-if.md 1.8)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from simulator.runner import pace
from simulator.serial_server import SerialServer
from tests.scenario.running import Running
from tests.scenario.tower import Daemon, Tower, small_tower
from tests.support.memory_journal import MemoryJournal
from tests.support.rtu_watch import BadLine, WatchedTransport, without_heartbeat
from tests.support.serial_line import Line, serial_line
from towerd.fsm.events import Event, PlcLost
from towerd.plc.config import LinkConfig
from towerd.plc.link import RtuTransport

pytestmark = [pytest.mark.e2e, pytest.mark.line, pytest.mark.timeout(180)]

VISIT_LIMIT_S = 150.0
BEAT_LIMIT_S = 0.3
SPEED_UP = 8.0


@dataclass
class House:
    run: Running
    line: Line
    transport: WatchedTransport
    ended_s: list[float]

    async def visit(self) -> None:
        """A face brings the car."""
        await self.run.ask()
        await self.run.show_face()
        await self.run.until_state("completed", limit_s=VISIT_LIMIT_S)

    def without_heartbeat(self) -> float:
        return without_heartbeat(self.line, self.transport, self.ended_s)


@asynccontextmanager
async def house(baud: int) -> AsyncIterator[House]:
    """Plant and daemon in real time over a serial line; the stock imported. At the end everything is compared."""
    tower, journal = Tower(small_tower(speed_up=SPEED_UP)), MemoryJournal()
    async with serial_line(baud) as line:
        server = SerialServer(tower.simulator, baud)
        server.open(line.plc)
        link = LinkConfig(serial_port=line.pc, baud=baud)
        transport = WatchedTransport(link)
        daemon = Daemon(tower, journal, (link, transport))
        made = House(Running(tower, daemon, journal), line, transport, [])
        post = daemon.queue.post

        def watched(event: Event, *rest: object) -> None:
            if isinstance(event, PlcLost):
                made.ended_s.append(asyncio.get_running_loop().time())
            post(event, *rest)  # type: ignore[arg-type]

        daemon.queue.post = watched  # type: ignore[method-assign]
        plant = asyncio.create_task(pace(tower.simulator))
        daemon.start()
        try:
            await daemon.until(lambda: daemon.engine.view().can_deliver, "the tower is ready", VISIT_LIMIT_S)
            daemon.import_stock()
            await daemon.until(lambda: bool(daemon.api_answers), "the stock is imported")
            yield made
            made.run.check()
        finally:
            await daemon.kill()
            plant.cancel()
            await asyncio.gather(plant, return_exceptions=True)
            server.close()


@pytest.mark.parametrize("baud", [19200, 115200])
async def test_a_visit_over_a_serial_line(baud: int) -> None:
    async with house(baud) as made:
        await made.visit()
        assert made.without_heartbeat() <= BEAT_LIMIT_S


async def test_a_visit_over_a_line_that_loses_and_garbles_frames() -> None:
    async with house(19200) as made:
        bad = BadLine(made.line, share=0.01, seed=19)
        await made.visit()
        assert bad.spoiled
        assert made.transport.lost_s
        assert made.without_heartbeat() <= BEAT_LIMIT_S


async def test_the_simulator_serves_a_pseudo_terminal_of_its_own() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", "--pty", "--baud", "19200", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        told = (await process.stdout.readline()).decode().split()
        path = next(word.removeprefix("serial=") for word in told if word.startswith("serial="))
        transport = RtuTransport(LinkConfig(serial_port=path, baud=19200))
        await transport.connect()
        assert (await transport.read(0, 1)) == [21591]
        transport.close()
    finally:
        process.terminate()
        await process.communicate()
    assert process.returncode == 0
