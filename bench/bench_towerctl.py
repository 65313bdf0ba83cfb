"""How long `towerctl status` takes, from the start of its process to its end, against an interpreter that does nothing.

The API is the daemon's own server with a view of a tower; the process of `towerctl` is started anew each time.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.figure import Figure, Target, scratch
from tests.support.api_tower import served

ROUNDS = 15
LIMIT_MS = 300.0
ASK = "from towerd.__main__ import towerctl; towerctl()"
BARE = "pass"


async def _timed_ms(code: str, *arguments: str) -> float:
    began_s = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *arguments, stdout=asyncio.subprocess.DEVNULL
    )
    if await process.wait() != 0:
        raise RuntimeError(f"{arguments} ended with {process.returncode}")
    return (time.perf_counter() - began_s) * 1000


async def _measure(folder: Path) -> tuple[float, float]:
    path = folder / "api.sock"
    async with served(path) as tower:
        tower.settings.users[pwd.getpwuid(os.getuid()).pw_name] = "viewer"
        await _timed_ms(ASK, "status", "--socket", str(path))
        ours, bare = [], []
        for _ in range(ROUNDS):
            ours.append(await _timed_ms(ASK, "status", "--socket", str(path)))
            bare.append(await _timed_ms(BARE))
        return median(ours), median(bare)


def run() -> Iterator[Figure]:
    """The figure of this file."""
    with scratch() as folder:
        ours_ms, bare_ms = asyncio.run(_measure(folder))
    target = Target("at most", LIMIT_MS)
    how = f"median of {ROUNDS} processes"
    yield Figure(
        "towerctl status, whole process", ours_ms, bare_ms, "ms", "an interpreter that does nothing", target, how
    )
