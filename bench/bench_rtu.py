"""One fast cycle over Modbus RTU at 19,200 baud, heartbeats included, against what the line itself needs for the same frames.

The line is a pair of pseudo-terminals that lets bytes through at its rate; the simulator answers on the other end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from statistics import median

from bench.figure import Figure, Target
from simulator.config import SimulatorConfig
from simulator.core import Simulator
from simulator.runner import pace
from simulator.serial_server import SerialServer
from tests.support.fake_plc import FixedClock, Recorder
from tests.support.serial_line import serial_line
from towerd.fsm.events import PlcObserved
from towerd.plc.config import LinkConfig
from towerd.plc.link import make_transport
from towerd.plc.session import PlcSession

BAUD = 19200
CYCLES = 60
CYCLE_LIMIT_MS = 300.0


async def _measure() -> tuple[float, float]:
    """The median cycle, and the line's own time for the same frames, in s."""
    simulator, inbox = Simulator(SimulatorConfig(homed=True, cabins=2)), Recorder()
    async with serial_line(BAUD) as line:
        server = SerialServer(simulator, BAUD)
        server.open(line.plc)
        link = LinkConfig(serial_port=line.pc, baud=BAUD)
        session = PlcSession(inbox, make_transport(link), link, FixedClock())
        tasks = [asyncio.create_task(pace(simulator)), asyncio.create_task(session.run())]
        try:
            await inbox.next_of(PlcObserved, 10.0)
            line.requests.sent.clear()
            line.replies.sent.clear()
            first = len(inbox.of(PlcObserved))
            while len(inbox.of(PlcObserved)) < first + CYCLES:
                await inbox.next_of(PlcObserved, 10.0)
            ends_s = inbox.times_of(PlcObserved)[first - 1 :]
            return median(later - earlier for earlier, later in pairwise(ends_s)), line.wire_s() / CYCLES
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            server.close()


def run() -> Iterator[Figure]:
    """The figure of this file."""
    cycle_s, wire_s = asyncio.run(_measure())
    yield Figure(
        "plc: a fast cycle over RTU at 19,200 baud",
        cycle_s * 1000,
        wire_s * 1000,
        "ms",
        "the line's own time for these frames",
        Target("at most", CYCLE_LIMIT_MS),
        f"median of {CYCLES} cycles, two cabins",
    )
