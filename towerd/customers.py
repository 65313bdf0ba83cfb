"""How customers are called where no name may stand (orders-if.md 7.3, 7.4): by what is made of a key of each customer's own, whose
destruction ends what is said of them; and, for what outlives it, keyed with the tower's secret.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from towerd.answer_keys import AnswerKeys
from towerd.customer_keys import CustomerKeys, OwnKey
from towerd.fsm.commands import DestroyCustomerKey, RecallCustomer
from towerd.fsm.privacy_events import CustomerRecalled
from towerd.keyfiles import KeyDestroyer, VaultError
from towerd.orders.aliases import HEX, NOBODY
from towerd.orders.model import Known
from towerd.ports import Person

_LOG = logging.getLogger(__name__)
_NAMES_MOST: Final = 1000
"""Names that are remembered: a catalogue says the same few many times a second."""


def _keyed(key: bytes, what: str, customer: str) -> str:
    return hmac.new(key, f"{what}:{customer}".encode(), hashlib.sha256).hexdigest()[:HEX]


def _pseudonym(key: bytes, customer: str, order: str) -> str:
    return _keyed(key, f"audit:{order}", customer)


class KeyedCustomers:
    """`ports.Customers` over a folder of keys. `secret` is the tower's, outside database and backups; `kept` tells whether the
    tables know an alias: the key of one that they do not know is as good as new.
    """

    def __init__(self, folder: Path, secret: bytes, kept: Callable[[str], bool] = lambda called: False) -> None:
        self._files = CustomerKeys(folder)
        self._secret = secret
        self._kept = kept
        self._keys = KeyDestroyer(self._files)
        self._names: dict[str, str] = {}
        self._one_at_a_time = asyncio.Lock()

    def handle(self, customer: str) -> str:
        """What the customer's key file is found by, and drives are counted under: of the tower's secret, the same for good."""
        return _keyed(self._secret, "customer", customer)

    def find(self, customer: str, order: str | None = None) -> Person:
        """See `ports.Customers`."""
        called = self._files.alias(self.handle(customer))
        return self._person(customer, order, called, self._read(called))

    async def know(self, customer: str, order: str | None = None) -> Person:
        """See `ports.Customers`."""
        async with self._one_at_a_time:
            await self._keys.settled(self._files.alias(self.handle(customer)) or NOBODY)
            called, own = await asyncio.to_thread(self._own, customer)
            # it may have been destroyed while the disk was asked
            return self._person(customer, order, called, None if self._keys.destroys(called) else own)

    def _person(self, customer: str, order: str | None, called: str | None, own: OwnKey | None) -> Person:
        handle = self.handle(customer)
        if called is None or own is None:
            return Person(NOBODY, Known(handle))
        pseudonym = None if order is None else _pseudonym(own.key, customer, order)
        return Person(called, Known(handle, pseudonym), found=self._kept(called))

    def own(self, customer: str) -> str:
        """The alias of a customer, whose key is made where there is none. A disk that does not read is no damaged key.

        Raises OSError.
        """
        return self._own(customer)[0]

    def _own(self, customer: str) -> tuple[str, OwnKey | None]:
        handle = self.handle(customer)
        called = self._files.alias(handle)
        own = self._read(called)
        if called is None or own is None:
            if called is not None and self._files.destroy(called):
                _LOG.error("what was said of a customer under a damaged key leads to nobody any more")
            called = self._files.put(handle, customer)
            return called, self._read(called)
        if not own.customer:
            self._files.name(called, customer)
        return called, own

    def _read(self, called: str | None) -> OwnKey | None:
        if called is None or self._keys.destroys(called):
            return None
        try:
            return self._files.read(called)
        except VaultError as error:
            _LOG.error("%s", error)
            return None

    def whose(self, called: str) -> str | None:
        """See `ports.Customers`."""
        if called not in self._names:
            try:
                own = self._read(called)
            except OSError as error:
                _LOG.error("whose name an alias stands for cannot be read: %s", error.strerror)
                return None
            if own is None or not own.customer:
                return None
            if len(self._names) >= _NAMES_MOST:
                self._names.clear()
            self._names[called] = own.customer
        return self._names[called]

    def naming(self, customer: str) -> Callable[[str], str] | None:
        """See `ports.Customers`."""
        own = self._read(self._files.alias(self.handle(customer)))
        return None if own is None else lambda order: _pseudonym(own.key, customer, order)

    def recalled(self, command: RecallCustomer) -> CustomerRecalled:
        """See `ports.Customers`. Nothing to count them under where the key is gone."""
        customer = self.whose(command.customer)
        return CustomerRecalled(command.customer, self.handle(customer) if customer is not None else "")

    def destroy_key(self, command: DestroyCustomerKey) -> None:
        """See `ports.Customers`."""
        self._names.pop(command.customer, None)
        self._keys.destroy(command.customer)

    async def sweep(self, known: Collection[str]) -> int:
        """At the start: destroy the keys of others than these; how many. Raises OSError."""
        return await self._keys.sweep(known)

    async def finish(self) -> None:
        """Wait a moment for what is being destroyed."""
        await self._keys.finish()


class OldCustomers:
    """`journal.renaming.OldNames` over the same folder: keys that an older version made go on."""

    def __init__(self, folder: Path, secret: bytes, answers: AnswerKeys) -> None:
        self._files = CustomerKeys(folder)
        self._customers = KeyedCustomers(folder, secret)
        self._answers = answers

    def bring_over(self, customer: str) -> str:
        """See `OldNames`."""
        handle = self._customers.handle(customer)
        return self._files.adopt(handle, customer) or self._files.put(handle, customer)

    def adopt(self, handle: str) -> str | None:
        """See `OldNames`."""
        return self._files.adopt(handle, "")

    def digest(self, payload_sha256: str, exp_s: int) -> str:
        """See `OldNames`."""
        return self._answers.digest(payload_sha256, exp_s)
