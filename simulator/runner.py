"""Runs a simulator in real time: the Modbus server on TCP or a serial line, the control port, and the pace of the scans."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path

from simulator.control import ControlServer
from simulator.core import Simulator
from simulator.serial_server import SerialServer
from simulator.server import ModbusServer

PACE_S = 0.01
LONGEST_CATCH_UP_S = 0.5
PAINT_S = 0.1


async def pace(sim: Simulator) -> None:
    """Step the simulator along the loop's clock. After a stall longer than 0.5 s the lost time is left out."""
    loop = asyncio.get_running_loop()
    last_mono_s = loop.time()
    while True:
        await asyncio.sleep(PACE_S)
        now_mono_s = loop.time()
        sim.step(min(now_mono_s - last_mono_s, LONGEST_CATCH_UP_S))
        last_mono_s = now_mono_s


async def paint(sim: Simulator, folder: Path) -> None:
    """Show what the cameras in the cabins see, as files in `folder`."""
    # OpenCV takes its time to load, and who wants no pictures need not wait for it
    from simulator.cabin_pictures import CabinPictures

    pictures = CabinPictures(folder, sim.plant.booths)
    while True:
        pictures.refresh()
        await asyncio.sleep(PAINT_S)


@dataclass(frozen=True, slots=True)
class SerialLine:
    """A line to serve instead of TCP: a serial device, or a new pseudo-terminal where `path` is None."""

    path: str | None
    baud: int


class _Bus:
    """The line or the network that the simulator is spoken to on."""

    def __init__(self, sim: Simulator, line: SerialLine | None) -> None:
        self._line = line
        self._serial = SerialServer(sim, line.baud, wire=sim.wire) if line is not None else None
        self._modbus = ModbusServer(sim, wire=sim.wire)

    async def start(self, host: str, port: int) -> str:
        """Serve; gives where, for whoever waits for the line that says so."""
        if self._serial is None or self._line is None:
            return f"host={host} port={await self._modbus.start(port, host)}"
        path = self._line.path
        opened = self._serial.open_pty() if path is None else self._serial.open(path)
        return f"serial={opened} baud={self._line.baud}"

    async def stop(self) -> None:
        """Serve no more."""
        if self._serial is not None:
            self._serial.close()
        await self._modbus.stop()


@dataclass(frozen=True, slots=True)
class Served:
    """Where a simulator is spoken to, on `line` if it is given, and the folder for its cabins' pictures, if any are wanted."""

    host: str
    port: int
    control_port: int | None = None
    line: SerialLine | None = None
    pictures: Path | None = None


async def serve(sim: Simulator, served: Served) -> None:
    """Run until SIGTERM or SIGINT. Prints one line that says where when ready. Raises OSError for a taken port or a line
    that cannot be opened.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    bus, control = _Bus(sim, served.line), ControlServer(sim)
    told = f"simulator ready {await bus.start(served.host, served.port)}"
    if served.control_port is not None:
        told += f" control={await control.start(served.control_port)}"
    print(told, flush=True)
    working = [asyncio.create_task(pace(sim))]
    if served.pictures is not None:
        working.append(asyncio.create_task(paint(sim, served.pictures)))
    stopping = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait((*working, stopping), return_when=asyncio.FIRST_COMPLETED)
        for task in working:
            if task.done():
                task.result()
    finally:
        for one in (*working, stopping):
            one.cancel()
        await asyncio.gather(*working, stopping, return_exceptions=True)
        await control.stop()
        await bus.stop()
