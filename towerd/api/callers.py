"""Who asks, as the routes learn it: the account at the other end of the socket, and the role that it has."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Annotated, cast

from fastapi import Depends, HTTPException, Request

from towerd.api.access import Caller, NotAllowedError, decide_caller
from towerd.api.core import USER_HEADER, ApiCore
from towerd.api.peer import Peer, account_name
from towerd.settings import Role


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
