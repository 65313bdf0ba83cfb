"""One poll of the PLC, guarded, checked and decoded, against the same requests by bare pymodbus in the same run.

The simulator serves in another process. A poll is the three fast reads and the heartbeat write.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median

from pymodbus.client import AsyncModbusTcpClient

from bench.figure import Figure, Target
from towerd.fsm.events import Event
from towerd.plc.config import LinkConfig
from towerd.plc.decode import Picture
from towerd.plc.link import TcpTransport
from towerd.plc.reader import Reader
from towerd.plc.writer import Writer

HOST = "127.0.0.1"
POLLS = 100
ROUNDS = 7
LARGEST_COST_RATIO = 1.5
FAST_READS = ((128, 96), (224, 64), (288, 48))


class _Clock:
    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)

    def mono_s(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()


@contextmanager
def simulator() -> Iterator[int]:
    """A simulator in a process of its own; gives its port."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--homed"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield int(line.split("port=")[1].split()[0])
        finally:
            process.terminate()


async def _timed(poll: Callable[[], Awaitable[object]]) -> float:
    start_s = time.perf_counter()
    for _ in range(POLLS):
        await poll()
    return (time.perf_counter() - start_s) / POLLS


class _NoInbox:
    def post(self, event: Event, attachment: bytes | None = None, done: Callable[[], None] | None = None) -> None:
        """Nothing is posted in a good run."""
        raise RuntimeError(f"unexpected: {event}")


def _failed(reason: str) -> None:
    raise RuntimeError(reason)


async def _idle(_words: int) -> None:
    """Nothing goes ahead of a read here."""


async def _measure(port: int) -> tuple[list[float], list[float]]:
    """Seconds a poll in each round: guarded and bare take turns; the server keeps the newest connection only."""
    config = LinkConfig(host=HOST, port=port)
    guarded_s, bare_s = [], []
    for _ in range(ROUNDS):
        transport = TcpTransport(config)
        await transport.connect()
        reader = Reader(transport, config.max_registers, _idle, lambda: None)
        writer = Writer(transport, config, _Clock(), _NoInbox(), _failed)
        picture = Picture(await reader.read_identity())
        await writer.begin(1)
        await reader.read_first(picture)
        await reader.read_rest(picture)

        async def guarded(reader: Reader = reader, writer: Writer = writer, picture: Picture = picture) -> None:
            await reader.read_first(picture)
            await reader.read_rest(picture)
            await writer.begin(1)
            picture.snapshot(1)

        guarded_s.append(await _timed(guarded))
        transport.close()

        client = AsyncModbusTcpClient(HOST, port=port, retries=0, reconnect_delay=0)
        await client.connect()

        async def bare(client: AsyncModbusTcpClient = client) -> None:
            for address, count in FAST_READS:
                await client.read_holding_registers(address, count=count)
            await client.write_registers(32, [1, 1, 0, 0, 0, 0, 0, 0])

        bare_s.append(await _timed(bare))
        client.close()
    return guarded_s, bare_s


def run() -> Iterator[Figure]:
    """The figure of this file: medians of the rounds."""
    with simulator() as port:
        guarded_s, bare_s = asyncio.run(_measure(port))
    value, baseline = median(guarded_s) * 1000, median(bare_s) * 1000
    how = f"medians of {ROUNDS} rounds of {POLLS} polls in turns"
    target = Target("at most", LARGEST_COST_RATIO, of_ratio=True)
    yield Figure("plc: one poll, guarded and decoded", value, baseline, "ms", "bare pymodbus", target, how)
