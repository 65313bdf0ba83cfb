"""What the routes stand on: the view, the inbox, and answers that are waited for. Knows no library of the web."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from towerd.checks import Check
from towerd.fsm.commands import Answer
from towerd.fsm.events import Event
from towerd.fsm.reply import ReplyTo
from towerd.orders.aliases import NOBODY
from towerd.orders.model import Known
from towerd.orders.photos import When
from towerd.plc.register_rows import RegisterRow
from towerd.ports import Inbox, Person
from towerd.settings import ApiSettings
from towerd.view import View

ANSWER_LIMIT_S: Final = 5.0
"""How long a request waits for the core's answer."""

USER_HEADER: Final = "x-towerd-user"
"""The user that the account of the screens speaks for."""


async def _no_picture() -> bytes | None:
    return None


async def _no_photos(loan: str, when: When) -> list[bytes] | None:
    return None


def _nobody(customer: str) -> Person:
    return Person(NOBODY, Known(""))


async def _known(customer: str) -> Person:
    return Person(customer, Known(""))


@dataclass(frozen=True, slots=True)
class Extras:
    """What the API shows beside the view, given by the composition root.

    `host_checks` asks the machine the daemon runs on (reads files; called in a thread), `settings_shown` gives the settings
    as JSON, `audit_seq_of` the number of the audit log's newest row, `preview` a picture of the
    camera as JPEG, `registers` every register of the PLC interface as it was last seen, `photos` those of a loan's car as JPEG, None
    where they are gone. `privacy_report`, `privacy_export(customer)` and
    `privacy_audit(customer, after_seq)` tell what is held of people. `find` tells who a customer is inside the tower, `know` makes a
    key where there is none.
    """

    host_checks: Callable[[], Sequence[Check]] = tuple
    settings_shown: Callable[[], dict[str, Any]] = dict
    audit_seq_of: Callable[[], int] = int
    preview: Callable[[], Awaitable[bytes | None]] = _no_picture
    registers: Callable[[], Sequence[RegisterRow]] = tuple
    privacy_report: Callable[[], dict[str, Any]] = dict
    privacy_export: Callable[[str], dict[str, Any]] = lambda customer: {}
    privacy_audit: Callable[[str, int], dict[str, Any]] = lambda customer, after_seq: {}
    find: Callable[[str], Person] = _nobody
    know: Callable[[str], Awaitable[Person]] = _known
    photos: Callable[[str, When], Awaitable[list[bytes] | None]] = _no_photos


@dataclass(slots=True)
class ApiCore:
    """`view_of` gives the newest view, `mac_of` hashes a pick-up code, `audit_of(after_seq, limit)` reads the audit log."""

    settings: ApiSettings
    inbox: Inbox
    view_of: Callable[[], View]
    mac_of: Callable[[str], str]
    audit_of: Callable[[int, int], Sequence[dict[str, Any]]]
    extras: Extras = field(default_factory=Extras)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting: dict[str, asyncio.Future[Answer]] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def ask(self, make: Callable[[ReplyTo], Event], limit_s: float | None = None) -> Answer:
        """Post the event that `make` gives for a new address, and wait for its answer, 5 s unless `limit_s` is given.

        Raises TimeoutError.
        """
        address = str(next(self._numbers))
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[address] = future
        try:
            self.inbox.post(make(ReplyTo("api", address)))
            async with asyncio.timeout(ANSWER_LIMIT_S if limit_s is None else limit_s):
                return await future
        finally:
            del self._waiting[address]

    def answer(self, answer: Answer) -> None:
        """Give an answer to the request that waits for it; dropped where it waits no more."""
        future = self._waiting.get(answer.reply.address)
        if future is not None and not future.done():
            future.set_result(answer)
