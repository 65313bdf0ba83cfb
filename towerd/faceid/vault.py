"""Selfie and template at rest: AES-256-GCM under a key of each order's own (orders-if.md 7.1).

The ciphertext goes into the journal and its backups; the key is a file outside of both (`towerd/keyfiles.py`). Destroying
the key makes every copy of the ciphertext unreadable.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from towerd.keyfiles import KeyFiles, VaultError

_NONCE_BYTES = 12
_VERSION = b"\x01"


class Vault:
    """The keys of one tower, in `keys_dir`. What is sealed for one purpose serves no other."""

    def __init__(self, keys_dir: Path, tower: str, purpose: str = "towerd-face") -> None:
        self._keys = KeyFiles(keys_dir)
        self._tower = tower
        self._purpose = purpose

    def path(self, order: str) -> Path:
        """The key file of an order."""
        return self._keys.path(order)

    def _aad(self, order: str) -> bytes:
        return json.dumps([self._purpose, self._tower, order]).encode()

    def seal(self, order: str, clear: bytes) -> bytes:
        """`clear` as ciphertext for this order and tower. Raises VaultError.

        The key is made at the first call. A second call for the same order keeps it: the token of an order may arrive
        twice, and the first ciphertext must stay readable.
        """
        try:
            key = self._keys.read_or_make(order)
        except OSError as error:
            raise VaultError(f"key {self.path(order).name} cannot be written: {error.strerror}") from error
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _VERSION + nonce + AESGCM(key).encrypt(nonce, clear, self._aad(order))

    def unseal(self, order: str, sealed: bytes) -> bytes:
        """What `seal` was given. Raises VaultError: key destroyed, other order or tower, or changed bytes."""
        head = len(_VERSION) + _NONCE_BYTES
        if sealed[:1] != _VERSION or len(sealed) <= head:
            raise VaultError("nothing that this program has sealed")
        try:
            return AESGCM(self._keys.read(order)).decrypt(sealed[1:head], sealed[head:], self._aad(order))
        except InvalidTag as error:
            raise VaultError("what is sealed is not of this order, or was changed") from error

    def destroy(self, order: str) -> bool:
        """Destroy the order's key; whether there was one. Raises OSError."""
        return self._keys.destroy(order)

    def sweep(self, known: Collection[str]) -> int:
        """Destroy keys of orders other than `known`; how many. Raises OSError."""
        return self._keys.sweep(known)
