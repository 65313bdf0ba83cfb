"""How customers are known where no name may stand (orders-if.md 7.3, 7.4): keyed with the tower's secret, and with a key of
each customer's own, whose destruction ends what the audit log says of them.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from towerd.fsm.commands import DestroyCustomerKey
from towerd.keyfiles import KeyDestroyer, KeyFiles, VaultError
from towerd.orders.model import Known

_LOG = logging.getLogger(__name__)
_HEX: Final = 32
"""Characters of a handle or pseudonym: 128 bits."""


def _keyed(key: bytes, what: str, customer: str) -> str:
    return hmac.new(key, f"{what}:{customer}".encode(), hashlib.sha256).hexdigest()[:_HEX]


def _pseudonym(key: bytes, customer: str, order: str) -> str:
    return _keyed(key, f"audit:{order}", customer)


class KeyedCustomers:
    """`ports.Customers` over a folder of keys. `secret` is the tower's, outside database and backups."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        self._folder = folder
        self._secret = secret
        self._keys = KeyDestroyer(folder)

    def handle(self, customer: str) -> str:
        """See `ports.Customers`."""
        return _keyed(self._secret, "customer", customer)

    async def know(self, customer: str, order: str) -> Known:
        """See `ports.Customers`."""
        handle = self.handle(customer)
        await self._keys.settled(handle)
        key = await asyncio.to_thread(self._read_or_make, handle)
        return Known(handle, _pseudonym(key, customer, order))

    def _read_or_make(self, handle: str) -> bytes:
        files = KeyFiles(self._folder)
        try:
            return files.read(handle)
        except VaultError as error:
            if files.destroy(handle):
                _LOG.error("%s: what was said under it leads to nobody any more", error)
        return files.make(handle)

    def naming(self, customer: str) -> Callable[[str], str] | None:
        """See `ports.Customers`."""
        try:
            key = KeyFiles(self._folder).read(self.handle(customer))
        except VaultError:
            return None
        return lambda order: _pseudonym(key, customer, order)

    def destroy_key(self, command: DestroyCustomerKey) -> None:
        """See `ports.Customers`."""
        self._keys.destroy(command.handle)

    async def sweep(self, handles: Collection[str]) -> int:
        """At the start: destroy the keys of others than these; how many. Raises OSError."""
        return await self._keys.sweep(handles)

    async def finish(self) -> None:
        """Wait a moment for what is being destroyed."""
        await self._keys.finish()
