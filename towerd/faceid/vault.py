"""Selfie and template at rest: AES-256-GCM under a key of each order's own (orders-if.md 7.1).

The ciphertext goes into the journal and its backups; the key is a file of 32 random bytes outside of both. Destroying
the key makes every copy of the ciphertext unreadable. Its file is overwritten, synced and unlinked; on storage that
writes elsewhere than it was told (flash), put `keys_dir` on an encrypted volume.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Collection
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = b"\x01"


class VaultError(Exception):
    """A key or a ciphertext cannot be used; the text names the order's file, never its content."""


def _sync_dir(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Vault:
    """The keys of one tower. `keys_dir` is made (0700) where it is missing."""

    def __init__(self, keys_dir: Path, tower: str) -> None:
        self._dir = keys_dir
        self._tower = tower
        keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)

    def path(self, order: str) -> Path:
        """The key file of an order; its name is a hash, so that an id cannot lead elsewhere."""
        return self._dir / f"{hashlib.sha256(order.encode()).hexdigest()}.key"

    def _aad(self, order: str) -> bytes:
        return json.dumps(["towerd-face", self._tower, order]).encode()

    def _read_key(self, order: str) -> bytes:
        try:
            key = self.path(order).read_bytes()
        except OSError as error:
            raise VaultError(f"key {self.path(order).name} cannot be read: {error.strerror}") from error
        if len(key) != KEY_BYTES:
            raise VaultError(f"key {self.path(order).name} is damaged")
        return key

    def _make_key(self, order: str) -> bytes:
        """A new key, on the disk before it is used: whole or not at all."""
        path = self.path(order)
        key = secrets.token_bytes(KEY_BYTES)
        part = path.with_suffix(f".{secrets.token_hex(4)}.part")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, key)
            os.fsync(handle)
        finally:
            os.close(handle)
        part.rename(path)
        _sync_dir(self._dir)
        return key

    def seal(self, order: str, clear: bytes) -> bytes:
        """`clear` as ciphertext for this order and tower. Raises VaultError.

        The key is made at the first call. A second call for the same order keeps it: the token of an order may arrive
        twice, and the first ciphertext must stay readable.
        """
        try:
            key = self._read_key(order) if self.path(order).exists() else self._make_key(order)
        except OSError as error:
            raise VaultError(f"key {self.path(order).name} cannot be written: {error.strerror}") from error
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _VERSION + nonce + AESGCM(key).encrypt(nonce, clear, self._aad(order))

    def unseal(self, order: str, sealed: bytes) -> bytes:
        """What `seal` was given. Raises VaultError: key destroyed, other order or tower, or changed bytes."""
        head = len(_VERSION) + _NONCE_BYTES
        if sealed[:1] != _VERSION or len(sealed) <= head:
            raise VaultError("not a sealed face of this program")
        try:
            return AESGCM(self._read_key(order)).decrypt(sealed[1:head], sealed[head:], self._aad(order))
        except InvalidTag as error:
            raise VaultError("the sealed face is not of this order, or was changed") from error

    def destroy(self, order: str) -> bool:
        """Overwrite, sync and remove the key; whether there was one. The key is not read. Raises OSError."""
        return self._destroy(self.path(order))

    def _destroy(self, path: Path) -> bool:
        try:
            handle = os.open(path, os.O_WRONLY)
        except FileNotFoundError:
            return False
        try:
            os.write(handle, secrets.token_bytes(KEY_BYTES))
            os.fsync(handle)
        finally:
            os.close(handle)
        path.unlink(missing_ok=True)
        _sync_dir(self._dir)
        return True

    def sweep(self, known: Collection[str]) -> int:
        """Destroy keys of orders other than `known`, and what an interrupted write left; how many. Raises OSError."""
        keep = {self.path(order) for order in known}
        strays = [path for path in self._dir.iterdir() if path.suffix in {".key", ".part"} and path not in keep]
        return sum(self._destroy(path) for path in strays)
