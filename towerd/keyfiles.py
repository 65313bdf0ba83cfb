"""Keys of 32 random bytes, one file each, outside the database and its backups: what is sealed or named under a key is
erased by destroying it (orders-if.md 7.1, 7.4).

A file is overwritten, synced and unlinked; on storage that writes elsewhere than it was told (flash), put the folder on an
encrypted volume.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Protocol

KEY_BYTES = 32
_LOG = logging.getLogger(__name__)
_AGAIN_S = 1.0
_FINISH_LIMIT_S = 1.0


class VaultError(Exception):
    """A key or what is sealed under it cannot be used; the text names the key's file, never its content."""


def _sync_dir(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """A folder of keys, for its account alone; where it is there it stays as it is. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def put_file(path: Path, data: bytes) -> None:
    """Put a file on the disk, whole or not at all, for its account alone. Raises OSError."""
    part = path.with_suffix(f".{secrets.token_hex(4)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)
    part.rename(path)
    _sync_dir(path.parent)


def overwrite(path: Path) -> bool:
    """Overwrite, sync and remove a file of a key, which is not read; whether there was one. Raises OSError."""
    try:
        handle = os.open(path, os.O_WRONLY)
    except FileNotFoundError:
        return False
    try:
        os.write(handle, secrets.token_bytes(max(KEY_BYTES, os.fstat(handle).st_size)))
        os.fsync(handle)
    finally:
        os.close(handle)
    path.unlink(missing_ok=True)
    _sync_dir(path.parent)
    return True


class KeyFiles:
    """The keys of one folder, which is made (0700) where it is missing, by whoever makes keys or sweeps them: whoever only
    reads may be of another account. Raises OSError where the disk refuses.
    """

    def __init__(self, folder: Path) -> None:
        self._dir = folder

    def path(self, name: str) -> Path:
        """The key file of what bears this name; the file's name is a hash, so that an id cannot lead elsewhere."""
        return self._dir / f"{hashlib.sha256(name.encode()).hexdigest()}.key"

    def read(self, name: str) -> bytes:
        """The key. Raises VaultError where there is none, or it is damaged."""
        try:
            key = self.path(name).read_bytes()
        except OSError as error:
            raise VaultError(f"key {self.path(name).name} cannot be read: {error.strerror}") from error
        if len(key) != KEY_BYTES:
            raise VaultError(f"key {self.path(name).name} is damaged")
        return key

    def make(self, name: str) -> bytes:
        """A new key, on the disk before it is used: whole or not at all."""
        make_folder(self._dir)
        key = secrets.token_bytes(KEY_BYTES)
        put_file(self.path(name), key)
        return key

    def read_or_make(self, name: str) -> bytes:
        """The key; made where there is none yet. Raises VaultError on a damaged one."""
        return self.read(name) if self.path(name).exists() else self.make(name)

    def destroy(self, name: str) -> bool:
        """Overwrite, sync and remove the key; whether there was one. It is not read."""
        return overwrite(self.path(name))

    def sweep(self, known: Collection[str]) -> int:
        """Destroy keys of other names than `known`, and what an interrupted write left; how many."""
        make_folder(self._dir)
        keep = {self.path(name) for name in known}
        strays = [path for path in self._dir.iterdir() if path.suffix in {".key", ".part"} and path not in keep]
        return sum(overwrite(path) for path in strays)


class Destroyable(Protocol):
    """Keys by name."""

    def destroy(self, name: str, /) -> bool:
        """Destroy one; whether there was one. Raises OSError."""

    def sweep(self, known: Collection[str], /) -> int:
        """Destroy keys of other names; how many. Raises OSError."""


class KeyDestroyer:
    """What is to be destroyed, until it is: in a thread, and again until the disk has done it."""

    def __init__(self, keys: Destroyable) -> None:
        self._keys = keys
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def destroy(self, name: str) -> None:
        """Begin; asking again for the same name changes nothing. Needs a running loop."""
        if name not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._destroy(name), name="destroy a key")
            self._tasks[name] = task
            task.add_done_callback(lambda _: self._tasks.pop(name, None))

    def destroys(self, name: str) -> bool:
        """Whether one of that name is being destroyed: what its file holds meanwhile is no key."""
        return name in self._tasks

    async def settled(self, name: str) -> None:
        """Wait until nothing of that name is being destroyed any more: then a new key may bear it."""
        while name in self._tasks:
            await asyncio.wait([self._tasks[name]])

    async def sweep(self, known: Collection[str]) -> int:
        """Destroy keys of other names than `known`; how many. Raises OSError."""
        return await asyncio.to_thread(self._keys.sweep, known)

    async def finish(self) -> None:
        """Wait a moment for what has begun; give up what the disk still refuses (the next start sweeps)."""
        tasks = set(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_FINISH_LIMIT_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _destroy(self, name: str) -> None:
        while True:
            try:
                await asyncio.to_thread(self._keys.destroy, name)
            except OSError as error:
                _LOG.error("a key could not be destroyed: %s; trying again", error.strerror)
                await asyncio.sleep(_AGAIN_S)
                continue
            return
