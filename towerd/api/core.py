"""What the routes stand on: the view, the inbox, and answers that are waited for."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, cast

from fastapi import Depends, HTTPException, Request

from towerd.api.access import Caller, NotAllowedError, decide_caller
from towerd.api.peer import Peer, account_name
from towerd.fsm.commands import Answer
from towerd.fsm.events import Event, ReplyTo
from towerd.ports import Inbox
from towerd.settings import ApiSettings, Role
from towerd.view import View

ANSWER_LIMIT_S: Final = 5.0
"""How long a request waits for the core's answer."""

USER_HEADER: Final = "x-towerd-user"
"""The user that the account of the screens speaks for."""


@dataclass(slots=True)
class ApiCore:
    """`view_of` gives the newest view, `mac_of` hashes a pick-up code, `audit_of(after_seq, limit)` reads the audit log."""

    settings: ApiSettings
    inbox: Inbox
    view_of: Callable[[], View]
    mac_of: Callable[[str], str]
    audit_of: Callable[[int, int], Sequence[dict[str, Any]]]
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting: dict[str, asyncio.Future[Answer]] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def ask(self, make: Callable[[ReplyTo], Event]) -> Answer:
        """Post the event that `make` gives for a new address, and wait for its answer. Raises TimeoutError after 5 s."""
        address = str(next(self._numbers))
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[address] = future
        try:
            self.inbox.post(make(ReplyTo("api", address)))
            async with asyncio.timeout(ANSWER_LIMIT_S):
                return await future
        finally:
            del self._waiting[address]

    def answer(self, answer: Answer) -> None:
        """Give an answer to the request that waits for it; dropped where it waits no more."""
        future = self._waiting.get(answer.reply.address)
        if future is not None and not future.done():
            future.set_result(answer)


async def core_of(request: Request) -> ApiCore:
    """The core that this application was made for."""
    return cast("ApiCore", request.app.state.core)


Core = Annotated[ApiCore, Depends(core_of)]


async def caller_of(request: Request, core: Core) -> Caller:
    """Who asks. Raises HTTPException 403 where an account names another user and may not."""
    peer: Peer = request.state.peer
    named = request.headers.get(USER_HEADER)
    try:
        return decide_caller(peer.uid, account_name(peer.uid), os.geteuid(), named, core.settings)
    except NotAllowedError as error:
        raise HTTPException(403, str(error)) from error


def at_least(role: Role) -> Callable[..., Awaitable[Caller]]:
    """A dependency that lets callers pass who have that role. Raises HTTPException 403."""

    async def check(caller: Annotated[Caller, Depends(caller_of)]) -> Caller:
        if not caller.may(role):
            have = caller.role or "none: not in [api.users]"
            raise HTTPException(403, f"{caller.user} has the role {have}; this needs {role}")
        return caller

    return check


Viewer = Annotated[Caller, Depends(at_least("viewer"))]
Operator = Annotated[Caller, Depends(at_least("operator"))]
Technician = Annotated[Caller, Depends(at_least("technician"))]
