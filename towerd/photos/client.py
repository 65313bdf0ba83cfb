"""The daemon's side of the cabin cameras: one process a shot, within a time; what came of it is always told (PhotosTaken)."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import sys
from collections.abc import Collection

from towerd.faceid.process import worker_environment
from towerd.faceid.vault import Vault
from towerd.fsm.commands import DestroyPhotoKey, TakePhotos
from towerd.fsm.photo_events import PhotosTaken
from towerd.keyfiles import KeyDestroyer, KeyFiles, VaultError
from towerd.photos.config import PhotoConfig
from towerd.photos.pictures import PURPOSE, unpack
from towerd.ports import Inbox

_LOG = logging.getLogger(__name__)
_START_S = 4.0
"""What the process may take to start and to end, beside its cameras' time."""


class CabinCameras:
    """Takes photos when asked to, and destroys the keys that they are sealed under."""

    def __init__(self, inbox: Inbox, config: PhotoConfig) -> None:
        self._inbox = inbox
        self._config = config
        self._keys = KeyDestroyer(KeyFiles(config.keys_dir))
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, command: TakePhotos) -> None:
        """Begin; never blocks. The end comes as PhotosTaken, whatever it is."""
        task = asyncio.get_running_loop().create_task(self._take(command), name="condition photos")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def destroy_key(self, command: DestroyPhotoKey) -> None:
        """Destroy the loan's key. Never blocks, never raises; tried again until the disk has done it."""
        self._keys.destroy(command.loan)

    async def sweep_keys(self, known: Collection[str]) -> int:
        """At the start: destroy the keys of loans other than `known`; how many. Raises OSError."""
        return await self._keys.sweep(known)

    async def finish(self) -> None:
        """End what has begun, and finish what is to be destroyed."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._keys.finish()

    async def pictures(self, loan: str, sealed: bytes | None) -> list[bytes] | None:
        """What was sealed, as JPEG; None where there is nothing, or its key is gone."""
        config = self._config
        if sealed is None:
            return None
        try:
            clear = await asyncio.to_thread(lambda: Vault(config.keys_dir, config.tower, PURPOSE).unseal(loan, sealed))
            return unpack(clear)
        except (VaultError, ValueError) as error:
            _LOG.error("the photos of loan %s cannot be opened: %s", loan, error)
            return None

    async def _take(self, command: TakePhotos) -> None:
        hashes: tuple[str, ...] = ()
        sealed = b""
        try:
            async with asyncio.timeout(self._config.limit_s + _START_S):
                hashes, reason, sealed = await self._shoot(command)
        except TimeoutError:
            reason = "camera_timeout"
        except (OSError, ValueError, KeyError) as error:
            reason = f"camera_failed: {type(error).__name__}"
        if reason:
            _LOG.warning("condition photos in cabin %d: %s", command.cabin, reason)
        digest = hashlib.sha256(sealed).hexdigest() if sealed else None
        event = PhotosTaken(command.loan, command.when, command.cabin, command.epoch, hashes, digest, reason)
        self._inbox.post(event, sealed or None)

    async def _shoot(self, command: TakePhotos) -> tuple[tuple[str, ...], str, bytes]:
        config = self._config
        request = {
            "sources": config.sources.get(command.cabin, ()),
            "keys_dir": str(config.keys_dir),
            "tower": config.tower,
            "loan": command.loan,
            "limit_s": config.limit_s,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "towerd.photos.shoot",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=worker_environment(),
        )
        try:
            out, _ = await process.communicate(json.dumps(request).encode())
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        head, _, sealed = out.partition(b"\n")
        header = json.loads(head)
        return tuple(map(str, header["sha256s"])), str(header["reason"]), sealed
