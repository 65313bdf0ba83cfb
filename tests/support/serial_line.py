"""A serial line between two pseudo-terminals: bytes pass at the line's rate, and can be lost or garbled on the way."""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from simulator.serial_server import BITS_PER_CHARACTER, silence_s

TICK_S = 0.001

Spoil = Callable[[bytes], bytes]


@dataclass
class Way:
    """One direction. `spoil` turns each frame into what arrives of it (b"": nothing).

    `sent` has every frame as it was put on the line, and when, on the loop's clock.
    """

    baud: int
    source: int
    target: int
    spoil: Spoil = lambda frame: frame
    sent: list[tuple[float, bytes]] = field(default_factory=list)
    queue: bytearray = field(default_factory=bytearray)
    _free_s: float = 0.0

    def arrived(self) -> None:
        """Take what was put on this end: a whole frame at once, for which the line takes its time."""
        with suppress(BlockingIOError, OSError):
            data, now_s = os.read(self.source, 4096), asyncio.get_running_loop().time()
            self.sent.append((now_s, data))
            if not self.queue:
                self._free_s = now_s
            self.queue += self.spoil(data)

    def release(self, now_s: float) -> None:
        """Let through what is due: a character each 10 bits."""
        per_s = self.baud / BITS_PER_CHARACTER
        due = min(len(self.queue), int((now_s - self._free_s) * per_s))
        if due > 0:
            self._free_s += due / per_s
            os.write(self.target, self.queue[:due])
            del self.queue[:due]


@dataclass
class Line:
    """`pc` and `plc` are the paths of the two ends; `requests` goes to the PLC, `replies` comes from it."""

    pc: str
    plc: str
    requests: Way
    replies: Way
    plugged: bool = True

    def wire_s(self) -> float:
        """What the line itself needs for all frames that were sent: their characters and a rest after each, in s."""
        baud = self.requests.baud
        frames = [frame for way in (self.requests, self.replies) for _, frame in way.sent]
        return sum(len(frame) * BITS_PER_CHARACTER / baud + silence_s(baud) for frame in frames)

    def pull(self) -> None:
        """Nothing passes any more."""
        self.plugged = False

    def plug(self) -> None:
        """Whatever is said now passes again."""
        self.plugged = True


async def _carry(line: Line) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(TICK_S)
        for way in (line.requests, line.replies):
            if line.plugged:
                way.release(loop.time())
            else:
                way.queue.clear()


def _end() -> tuple[int, int]:
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    return master, slave


@asynccontextmanager
async def serial_line(baud: int) -> AsyncIterator[Line]:
    """A line that carries bytes at `baud` in both directions."""
    (pc_master, pc_slave), (plc_master, plc_slave) = _end(), _end()
    requests, replies = Way(baud, pc_master, plc_master), Way(baud, plc_master, pc_master)
    line = Line(os.ttyname(pc_slave), os.ttyname(plc_slave), requests, replies)
    loop = asyncio.get_running_loop()
    loop.add_reader(pc_master, requests.arrived)
    loop.add_reader(plc_master, replies.arrived)
    carrying = asyncio.create_task(_carry(line))
    try:
        yield line
    finally:
        carrying.cancel()
        await asyncio.gather(carrying, return_exceptions=True)
        for handle in (pc_master, plc_master):
            loop.remove_reader(handle)
        for handle in (pc_master, pc_slave, plc_master, plc_slave):
            os.close(handle)
