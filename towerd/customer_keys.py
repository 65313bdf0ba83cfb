"""Customers' own keys as files, one a customer, outside the database and its backups (orders-if.md 7.1, 7.4).

A file's name is `MARK.ALIAS.key`: the mark finds it by the customer's handle, the alias by what the tower calls the customer, and
neither leads from the one to the other once the file is gone. Inside are the key and the platform's pseudonym, which
messages to the platform say. All files are listed once; only this process makes and destroys them.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from towerd.keyfiles import KEY_BYTES, VaultError, make_folder, overwrite, put_file
from towerd.orders.aliases import HEX, alias

_SUFFIXES: Final = frozenset({".key", ".part"})
_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A customer's key, and the platform's pseudonym; empty where the file is of a version that did not keep it."""

    key: bytes
    customer: str


def alias_of(key: bytes) -> str:
    """What the tower calls the customer of a key."""
    return alias(hmac.new(key, b"customer", hashlib.sha256).hexdigest())


def _mark(handle: str) -> str:
    return hashlib.sha256(handle.encode()).hexdigest()[:HEX]


class CustomerKeys:
    """The keys of one folder, which is made (0700) by whoever makes keys. Raises OSError where the disk refuses."""

    def __init__(self, folder: Path) -> None:
        self._dir = folder
        self._by_mark: dict[str, str] | None = None
        self._by_alias: dict[str, str] = {}

    def _listed(self) -> dict[str, str]:
        """Every alias by its mark; the folder is read once."""
        if self._by_mark is None:
            names = [name.split(".") for name in os.listdir(self._dir)] if self._dir.is_dir() else []
            found = {name[0]: name[1] for name in names if len(name) == _PARTS and name[2] == "key"}
            self._by_alias = {called: mark for mark, called in found.items()}
            self._by_mark = found
        return self._by_mark

    def _path(self, mark: str, called: str) -> Path:
        return self._dir / f"{mark}.{called}.key"

    def alias(self, handle: str) -> str | None:
        """What the customer of a handle is called; None where there is no key."""
        return self._listed().get(_mark(handle))

    def path(self, called: str) -> Path | None:
        """The file of an alias; None where there is none."""
        mark = self._by_alias.get(called) if self._listed() else None
        return None if mark is None else self._path(mark, called)

    def read(self, called: str) -> OwnKey | None:
        """The key of an alias; None where there is none. Raises VaultError on one that is damaged."""
        path = self.path(called)
        if path is None:
            return None
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        key = data[:KEY_BYTES]
        if len(key) != KEY_BYTES or alias_of(key) != called:
            raise VaultError(f"key {path.name} is damaged")
        return OwnKey(key, data[KEY_BYTES:].decode())

    def put(self, handle: str, customer: str, key: bytes | None = None) -> str:
        """Keep a key, a new one unless it is given, on the disk before it is used; the alias."""
        key = secrets.token_bytes(KEY_BYTES) if key is None else key
        mark, called = _mark(handle), alias_of(key)
        make_folder(self._dir)
        put_file(self._path(mark, called), key + customer.encode())
        self._listed()[mark] = called
        self._by_alias[called] = mark
        return called

    def destroy(self, called: str) -> bool:
        """Overwrite, sync and remove a key; whether there was one. It is not read."""
        path = self.path(called)
        if path is None:
            return False
        overwrite(path)
        self._listed().pop(self._by_alias.pop(called), None)
        return True

    def sweep(self, known: Collection[str]) -> int:
        """Destroy keys of others than these, and what an interrupted write left; how many."""
        make_folder(self._dir)
        keep = {self.path(called) for called in known}
        strays = [path for path in self._dir.iterdir() if path.suffix in _SUFFIXES and path not in keep]
        gone = sum(overwrite(path) for path in strays)
        self._by_mark = None
        return gone

    def name(self, called: str, customer: str) -> None:
        """Note in the file of an alias whom the platform means by it, where an older version did not."""
        path = self.path(called)
        if path is None:
            return
        with path.open("r+b") as old:
            data = old.read()
            put_file(path, data[:KEY_BYTES] + customer.encode())
            # the key is in the new file: what is left of the old one must not hold it as well
            old.seek(0)
            old.write(secrets.token_bytes(len(data)))
            old.flush()
            os.fsync(old.fileno())

    def adopt(self, handle: str, customer: str) -> str | None:
        """A key as version 6 of the journal knew it becomes one that is found by its alias; which, None where there is none.

        `customer` may be empty. Doing it again, after a power cut too, changes nothing.
        """
        old = self._dir / f"{hashlib.sha256(handle.encode()).hexdigest()}.key"
        if old.exists():
            key = old.read_bytes()
            if self.alias(handle) is None and len(key) == KEY_BYTES:
                self.put(handle, customer, key)
            overwrite(old)
        return self.alias(handle)
