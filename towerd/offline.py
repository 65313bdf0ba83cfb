"""What commands may do while no daemon runs. Beside `app` the only place that names an adapter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from towerd.clock import SystemClock
from towerd.configs import core_config
from towerd.customer_keys import CustomerKeys
from towerd.customers import KeyedCustomers
from towerd.errors import ConfigError, JournalError
from towerd.fsm.commands import Answer, Command, DestroyCustomerKey, DestroyFaceKey, DestroyPhotoKey, JournalCommand
from towerd.fsm.events import Stamped
from towerd.fsm.privacy_events import ErasureRequested, ExportRequested, PrivacyEvent
from towerd.fsm.reducer import step
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import State
from towerd.journal.diff import diff
from towerd.journal.sqlite import SqliteJournal, load_whole
from towerd.keyfiles import KeyFiles
from towerd.orders.keys import load_secret, number_step
from towerd.ports import Changes
from towerd.privacy_desk import PrivacyDesk
from towerd.settings import Settings

_PAGE = 1000
_REPLY = ReplyTo("api", "offline")


@contextmanager
def _opened(settings: Settings) -> Iterator[SqliteJournal]:
    """The journal. Raises JournalError where there is none, or where a daemon holds it."""
    if not settings.journal_path.is_file():
        raise JournalError(f"there is no journal at {settings.journal_path}: towerd has never run with these settings")
    journal = SqliteJournal(settings.journal_path)
    try:
        yield journal
    finally:
        journal.close()


def audit_pages(settings: Settings) -> Iterator[Sequence[dict[str, Any]]]:
    """The whole audit log, page by page. Raises JournalError where there is no journal, or where a daemon holds it."""
    with _opened(settings) as journal:
        after_seq = 0
        while rows := journal.audit(after_seq, _PAGE):
            yield rows
            after_seq = rows[-1]["audit_seq"]


def _secret(settings: Settings) -> bytes:
    path = settings.keys.code_secret_file
    if not path.is_file():
        # a new one would be another, and the service's account might not read it
        raise ConfigError(f"{path} is not there: towerd has never run with these settings")
    return load_secret(path)


def _customers(settings: Settings) -> KeyedCustomers:
    return KeyedCustomers(settings.keys.customers_dir, _secret(settings))


@contextmanager
def privacy_desk(settings: Settings) -> Iterator[PrivacyDesk]:
    """What is held of people, read from the file. Raises JournalError, and ConfigError where the secret cannot be read."""
    customers = _customers(settings)
    with _opened(settings) as journal:
        tables, clock = load_whole(journal), SystemClock(journal.last_at())
        yield PrivacyDesk(lambda: tables, journal, customers, clock.now, settings.journal.audit_kept_days)


def erase_customer(settings: Settings, customer: str, by: str) -> dict[str, Any]:
    """Forget a customer as the running daemon does; the answer. Raises JournalError, ConfigError, and OSError where a key
    stays (the next start destroys it).
    """
    person = _customers(settings).find(customer)
    return _take(settings, ErasureRequested(person.customer, person.known.handle, by, _REPLY))


def note_export(settings: Settings, customer: str, by: str) -> None:
    """Let the audit log say who sees what is held of a customer. Raises JournalError, ConfigError."""
    _take(settings, ExportRequested(_customers(settings).find(customer).customer, by, _REPLY))


def _take(settings: Settings, event: PrivacyEvent) -> dict[str, Any]:
    """One event through the core, as the running daemon takes it; the answer."""
    secret = _secret(settings)
    with _opened(settings) as journal:
        before, clock = State(load_whole(journal)), SystemClock(journal.last_at())
        stamped = Stamped(clock.now(), clock.mono_s(), event)
        after, commands = step(before, stamped, core_config(settings, number_step(secret)))
        appends = tuple(command for command in commands if isinstance(command, JournalCommand))
        changes = Changes(diff(before.tables, after.tables), appends)
        journal.commit(stamped, before.volatile, changes, None)
    for command in commands:
        _destroy(settings, command)
    [answer] = [command for command in commands if isinstance(command, Answer)]
    return answer.result or {}


def _destroy(settings: Settings, command: Command) -> None:
    match command:
        case DestroyFaceKey(order):
            KeyFiles(settings.keys.faces_dir).destroy(order)
        case DestroyPhotoKey(loan):
            KeyFiles(settings.keys.photos_dir).destroy(loan)
        case DestroyCustomerKey(customer):
            CustomerKeys(settings.keys.customers_dir).destroy(customer)
