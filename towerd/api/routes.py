"""The local API: what can be asked, and by whom. Answers are JSON; every refusal carries `reasons`.

Every function is a coroutine, so that all of it runs in the daemon's own thread, where view and journal belong.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException as StarletteHTTPException

from towerd.api import (
    metrics,
    payload,
    routes_alarms,
    routes_by_hand,
    routes_face,
    routes_intake,
    routes_io,
    routes_manual,
    routes_moves,
    routes_photos,
    routes_privacy,
    routes_support,
    routes_upkeep,
)
from towerd.api.access import Caller
from towerd.api.answers import asked, refused
from towerd.api.callers import Core, Operator, Technician, Viewer
from towerd.api.core import ApiCore
from towerd.fsm.events import (
    ClockConfirmed,
    CodeEntered,
    FaultReset,
    LayoutConfirmed,
    PackmlRequested,
    StockEntry,
    StockImported,
)
from towerd.fsm.face_events import CustomerVouchedFor, Papers
from towerd.orders.stock import StockErrors, parse_stock
from towerd.ports import keys_of

STOCK_LIMIT_BYTES: Final = 4 * 1024 * 1024
PACKML: Final = ("reset", "start", "stop", "hold", "unhold", "abort", "clear")
_STOPPING: Final = frozenset({"stop", "hold", "abort"})
_WATCH_S: Final = 0.25
_KEEP_ALIVE_S: Final = 15.0

router = APIRouter()
ROUTERS: Final = (
    router,
    routes_alarms.router,
    routes_by_hand.router,
    routes_intake.router,
    routes_io.router,
    routes_manual.router,
    routes_face.router,
    routes_moves.router,
    routes_photos.router,
    routes_privacy.router,
    routes_support.router,
    routes_upkeep.router,
)
"""Those of every area."""


class Code(BaseModel):
    """What was typed at the kiosk, or by a technician who helps."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    number: Annotated[str, Field(pattern=r"^\d{4}$")]
    code: Annotated[str, Field(pattern=r"^\d{8}$")]


class Seen(BaseModel):
    """Which identity papers somebody has seen."""

    model_config = ConfigDict(extra="forbid")

    saw: Papers


@router.get("/health")
async def health(core: Core) -> JSONResponse:
    """Whether the process, the PLC link, the broker and the face worker serve: 200, or 503 without the PLC. No role."""
    shown = payload.health(core.view_of())
    return JSONResponse(shown, 200 if shown["ok"] else 503)


@router.get("/status")
async def status(core: Core, _caller: Viewer) -> dict[str, Any]:
    """Everything there is to show (viewer)."""
    return payload.status(core.view_of())


@router.get("/why")
async def why(core: Core, _caller: Viewer) -> dict[str, Any]:
    """What stops motion or delivery now, since when, and what to do (viewer)."""
    return payload.why(core.view_of())


async def _views(core: ApiCore) -> AsyncIterator[bytes]:
    sent, quiet_s = None, 0.0
    while not core.closing.is_set():
        shown = payload.status(core.view_of())
        without_time = {key: value for key, value in shown.items() if key != "at"}
        if without_time != sent or quiet_s >= _KEEP_ALIVE_S:
            yield json.dumps(shown, ensure_ascii=False).encode() + b"\n"
            sent, quiet_s = without_time, 0.0
        quiet_s += _WATCH_S
        try:
            async with asyncio.timeout(_WATCH_S):
                await core.closing.wait()
        except TimeoutError:
            continue


@router.get("/watch")
async def watch(core: Core, _caller: Viewer) -> StreamingResponse:
    """The status as a line of JSON now, with every change (at most four a second), and every 15 s (viewer)."""
    return StreamingResponse(_views(core), media_type="application/x-ndjson")


@router.get("/metrics")
async def prometheus(core: Core, _caller: Viewer) -> Response:
    """Prometheus metrics in text format (viewer)."""
    return Response(metrics.exposition(core.view_of()), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/audit")
async def audit(
    core: Core,
    _caller: Operator,
    after_seq: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> dict[str, Any]:
    """Rows of the audit log in order, from after `after_seq` (operator)."""
    return {"rows": list(core.audit_of(after_seq, limit))}


@router.post("/code")
async def code(core: Core, caller: Viewer, typed: Code) -> JSONResponse:
    """Number and code of an order (viewer: the code itself is the secret, and wrong ones are counted)."""
    mac = core.mac_of(typed.code)
    return await asked(core, lambda reply: CodeEntered(typed.number, mac, caller.user, reply))


@router.post("/orders/{order}/vouch")
async def vouch(core: Core, caller: Operator, order: str, seen: Seen) -> JSONResponse:
    """Say that the customer of an order (its number or id) stands here and that you have seen identity papers (operator, named in
    `[api.users]`; orders-if.md 6.3). It counts like the code once two people have said so within 300 s, a technician among them.
    """
    if caller.user not in core.settings.users:
        raise HTTPException(403, f"{caller.user} is nobody's name: only people of [api.users] vouch for a customer")
    technician = caller.may("technician")
    return await asked(core, lambda reply: CustomerVouchedFor(order, caller.user, technician, seen.saw, reply))


@router.post("/stock/import")
async def import_stock(core: Core, caller: Technician, request: Request) -> JSONResponse:
    """A stock file as the body (technician): taken whole, or refused with every error."""
    data = await _body(request)
    lines = parse_stock(data)
    if isinstance(lines, StockErrors):
        return refused(422, ["malformed"], "\n".join(lines.errors))
    owners = {owner: await core.extras.know(owner) for owner in dict.fromkeys(line.record.owner for line in lines)}
    entries = tuple(
        StockEntry(replace(line.record, owner=owners[line.record.owner].customer), line.place) for line in lines
    )
    keys = keys_of(*owners.values())
    return await asked(core, lambda reply: StockImported(entries, caller.user, reply, keys))


async def _body(request: Request) -> bytes:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > STOCK_LIMIT_BYTES:
            raise HTTPException(413, f"a stock file has at most {STOCK_LIMIT_BYTES} bytes")
    return bytes(data)


@router.post("/faults/{number}/reset")
async def reset_fault(core: Core, caller: Technician, number: int) -> JSONResponse:
    """Let a latched fault go: somebody has looked (technician)."""
    return await asked(core, lambda reply: FaultReset(number, caller.user, reply))


@router.post("/layout/confirm")
async def confirm_layout(core: Core, caller: Technician) -> JSONResponse:
    """Confirm the PLC's station table after it has changed (technician; plc-if.md 2.1)."""
    return await asked(core, lambda reply: LayoutConfirmed(caller.user, reply))


@router.post("/clock/confirm")
async def confirm_clock(core: Core, caller: Technician) -> JSONResponse:
    """Say that the tower's clock is right, until the next jump or start (technician; orders-if.md 4.4)."""
    return await asked(core, lambda reply: ClockConfirmed(caller.user, reply))


@router.post("/packml/{command}")
async def packml(core: Core, caller: Operator, command: str) -> JSONResponse:
    """A PackML command: stop, hold, abort (operator); reset, start, unhold, clear (technician)."""
    if command not in PACKML:
        return refused(404, ["no_such_command"], f"there are {', '.join(PACKML)}")
    _check_may(caller, command)
    return await asked(core, lambda reply: PackmlRequested(command, caller.user, reply))


def _check_may(caller: Caller, command: str) -> None:
    if command not in _STOPPING and not caller.may("technician"):
        raise HTTPException(403, f"{caller.user} has the role {caller.role}; {command} needs technician")


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    reason = {403: "not_allowed", 404: "no_such_path"}.get(error.status_code, "malformed")
    return refused(error.status_code, [reason], str(error.detail))


def _plainly(one: dict[str, Any]) -> str:
    """What is wrong with a value, for people: a text that is too short says how much is wanted."""
    if one["type"] == "string_too_short":
        return f"give at least {one['ctx']['min_length']} characters, so that others understand it"
    return str(one["msg"])


async def _bad_input(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # what was sent is not repeated: it may be a code
    texts = [f"{'.'.join(str(part) for part in one['loc'])}: {_plainly(one)}" for one in error.errors()]
    return refused(422, ["malformed"], "\n".join(texts))


def make_app(core: ApiCore) -> FastAPI:
    """The application for `core`. It has no pages of its own: those of the framework load scripts from elsewhere."""
    app = FastAPI(title="towerd", docs_url=None, redoc_url=None)
    app.state.core = core
    for one in ROUTERS:
        app.include_router(one)
    app.add_exception_handler(StarletteHTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _bad_input)
    return app
