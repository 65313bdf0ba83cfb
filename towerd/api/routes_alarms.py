"""The local API about alarms: the list, the journal, and what people do with one (ISA-18.2)."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from towerd.api import payload
from towerd.api.answers import asked
from towerd.api.callers import Core, Operator, Technician, Viewer
from towerd.api.core import ApiCore
from towerd.fsm.alarm_events import AlarmAcknowledged, AlarmPutBack, AlarmShelved, AlarmTakenOut
from towerd.fsm.alarms import ALL
from towerd.fsm.annunciator import known_code

router = APIRouter(prefix="/alarms")
_PAGE: Final = 1000
_PAGES: Final = 20
Reason = Annotated[str, Field(min_length=3, max_length=200)]


class Shelve(BaseModel):
    """For how long, and why."""

    model_config = ConfigDict(extra="forbid")

    for_s: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    reason: Reason


class TakeOut(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


def _code(text: str) -> str:
    code = known_code(text)
    if code is None:
        raise HTTPException(404, f"no such alarm: {text}; PLC-022, 22 or TWR-2001")
    return code


@router.get("")
async def alarms(core: Core, _caller: Viewer) -> dict[str, Any]:
    """Alarms that stand, wait to be acknowledged, or are silenced, with cause and cure (viewer)."""
    return payload.alarms(core.view_of())


def _newest(core: ApiCore, before_seq: int, limit: int) -> dict[str, Any]:
    found: list[dict[str, Any]] = []
    end = before_seq
    # alarms are a small part of the log: it is read backwards, and not all of it for one question
    for _page in range(_PAGES):
        start = max(0, end - 1 - _PAGE)
        rows = [row for row in core.audit_of(start, end - 1 - start) if row["body"]["type"] == "alarm"]
        for row in reversed(rows):
            found.append({"audit_seq": row["audit_seq"], "at": row["at"], **row["body"]["data"]})
            if len(found) == limit:
                return {"rows": found, "before_seq": row["audit_seq"]}
        end = start + 1
        if start == 0:
            break
    return {"rows": found, "before_seq": end if end > 1 else None}


@router.get("/journal")
async def journal(
    core: Core,
    _caller: Operator,
    before_seq: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """What happened to alarms, the newest first; `before_seq` of one answer asks for what came before it (operator)."""
    newest = core.view_of().audit_seq + 1
    return _newest(core, newest if before_seq is None else min(before_seq, newest), limit)


@router.post("/{alarm}/acknowledge")
async def acknowledge(core: Core, caller: Operator, alarm: str) -> JSONResponse:
    """Acknowledge an alarm by code (PLC-022, 22, TWR-2001), or `all`. It leaves once its cause is gone as well (operator)."""
    code = ALL if alarm == ALL else _code(alarm)
    return await asked(core, lambda reply: AlarmAcknowledged(code, caller.user, reply))


@router.post("/{alarm}/shelve")
async def shelve(core: Core, caller: Operator, alarm: str, wish: Shelve) -> JSONResponse:
    """Announce an alarm no more for `for_s` seconds, with a reason; what stops the machine stops it still (operator)."""
    code = _code(alarm)
    return await asked(core, lambda reply: AlarmShelved(code, wish.for_s, wish.reason, caller.user, reply))


@router.post("/{alarm}/unshelve")
async def unshelve(core: Core, caller: Operator, alarm: str) -> JSONResponse:
    """Announce a shelved alarm again before its time is over (operator)."""
    code = _code(alarm)
    return await asked(core, lambda reply: AlarmPutBack(code, True, caller.user, reply))


@router.post("/{alarm}/out-of-service")
async def take_out(core: Core, caller: Technician, alarm: str, wish: TakeOut) -> JSONResponse:
    """Take an alarm out of service for maintenance, with a reason and without an end (technician)."""
    code = _code(alarm)
    return await asked(core, lambda reply: AlarmTakenOut(code, wish.reason, caller.user, reply))


@router.post("/{alarm}/in-service")
async def put_back(core: Core, caller: Technician, alarm: str) -> JSONResponse:
    """Put an alarm back in service (technician)."""
    code = _code(alarm)
    return await asked(core, lambda reply: AlarmPutBack(code, False, caller.user, reply))
