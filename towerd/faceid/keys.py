"""Destroys keys from the daemon's side: in a thread, and again until the disk has done it.

The daemon does it itself, so that it is done without a worker too. A key is overwritten here, never read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from pathlib import Path

from towerd.faceid.vault import Vault

_LOG = logging.getLogger(__name__)
_AGAIN_S = 1.0
_FINISH_LIMIT_S = 1.0


class KeyDestroyer:
    """What is to be destroyed, until it is."""

    def __init__(self, keys_dir: Path, tower: str) -> None:
        self._keys_dir = keys_dir
        self._tower = tower
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def destroy(self, order: str) -> None:
        """Begin; asking again for the same order changes nothing. Needs a running loop."""
        if order not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._destroy(order), name="destroy a face key")
            self._tasks[order] = task
            task.add_done_callback(lambda _: self._tasks.pop(order, None))

    async def sweep(self, known: Collection[str]) -> int:
        """Destroy keys of orders other than `known`; how many. Raises OSError."""
        return await asyncio.to_thread(lambda: Vault(self._keys_dir, self._tower).sweep(known))

    async def finish(self) -> None:
        """Wait a moment for what has begun; give up what the disk still refuses (the next start sweeps)."""
        tasks = set(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_FINISH_LIMIT_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _destroy(self, order: str) -> None:
        while True:
            try:
                await asyncio.to_thread(lambda: Vault(self._keys_dir, self._tower).destroy(order))
            except OSError as error:
                _LOG.error("a face key could not be destroyed: %s; trying again", error.strerror)
                await asyncio.sleep(_AGAIN_S)
                continue
            return
