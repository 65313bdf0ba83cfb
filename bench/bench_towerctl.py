"""How long `towerctl status` takes, from the start of its process to its end, against an interpreter that does nothing.

The API is the daemon's own server with a view of a tower; the process of `towerctl` is started anew each time. Its processor time
hardly depends on what else the machine does.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.figure import Figure, Target, scratch
from tests.support.api_tower import served

ROUNDS = 15
LIMIT_MS = 300.0
MOST_TIMES = 4.0
ASK = "from towerd.__main__ import towerctl; towerctl()"
BARE = "pass"


class Taken(NamedTuple):
    """Time of one process, from start to end, and what it took of the processor."""

    wall_ms: float
    processor_ms: float


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def _timed(code: str, *arguments: str) -> Taken:
    used_s, began_s = _children_s(), time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *arguments, stdout=asyncio.subprocess.DEVNULL
    )
    if await process.wait() != 0:
        raise RuntimeError(f"{arguments} ended with {process.returncode}")
    return Taken((time.perf_counter() - began_s) * 1000, (_children_s() - used_s) * 1000)


async def _measure(folder: Path) -> tuple[Taken, Taken]:
    path = folder / "api.sock"
    async with served(path) as tower:
        tower.settings.users[pwd.getpwuid(os.getuid()).pw_name] = "viewer"
        await _timed(ASK, "status", "--socket", str(path))
        ours, bare = [], []
        for _ in range(ROUNDS):
            ours.append(await _timed(ASK, "status", "--socket", str(path)))
            bare.append(await _timed(BARE))
        return Taken(*map(median, zip(*ours, strict=True))), Taken(*map(median, zip(*bare, strict=True)))


def run() -> Iterator[Figure]:
    """The figures of this file."""
    with scratch() as folder:
        ours, bare = asyncio.run(_measure(folder))
    how, against = f"median of {ROUNDS} processes", "an interpreter that does nothing"
    whole = Target("at most", LIMIT_MS)
    yield Figure("towerctl status, whole process", ours.wall_ms, bare.wall_ms, "ms", against, whole, how)
    times = Target("at most", MOST_TIMES, of_ratio=True)
    yield Figure("towerctl status, processor time", ours.processor_ms, bare.processor_ms, "ms", against, times, how)
