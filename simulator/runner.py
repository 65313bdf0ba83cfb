"""Runs a simulator in real time: the Modbus server, the control port, and the pace of the scans."""

from __future__ import annotations

import asyncio
import signal

from simulator.control import ControlServer
from simulator.core import Simulator
from simulator.server import ModbusServer

PACE_S = 0.01
LONGEST_CATCH_UP_S = 0.5


async def pace(sim: Simulator) -> None:
    """Step the simulator along the loop's clock. After a stall longer than 0.5 s the lost time is left out."""
    loop = asyncio.get_running_loop()
    last_mono_s = loop.time()
    while True:
        await asyncio.sleep(PACE_S)
        now_mono_s = loop.time()
        sim.step(min(now_mono_s - last_mono_s, LONGEST_CATCH_UP_S))
        last_mono_s = now_mono_s


async def serve(sim: Simulator, host: str, port: int, control_port: int | None) -> None:
    """Run until SIGTERM or SIGINT. Prints one line with the bound ports when ready. Raises OSError for a taken port."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    modbus, control = ModbusServer(sim, wire=sim.wire), ControlServer(sim)
    bound = await modbus.start(port, host)
    line = f"simulator ready host={host} port={bound}"
    if control_port is not None:
        line += f" control={await control.start(control_port)}"
    print(line, flush=True)
    pacing = asyncio.create_task(pace(sim))
    stopping = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait((pacing, stopping), return_when=asyncio.FIRST_COMPLETED)
        if pacing.done():
            pacing.result()
    finally:
        for task in (pacing, stopping):
            task.cancel()
        await asyncio.gather(pacing, stopping, return_exceptions=True)
        await control.stop()
        await modbus.stop()
