"""The local API's upkeep: how devices wear, and that one was serviced."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from towerd.api import payload
from towerd.api.answers import asked
from towerd.api.callers import Core, Technician, Viewer
from towerd.fsm.upkeep_events import ServiceDone

router = APIRouter()


class Service(BaseModel):
    """A device that was serviced, and what was done."""

    model_config = ConfigDict(extra="forbid")

    device: Annotated[str, Field(min_length=1, max_length=40)]
    note: Annotated[str, Field(max_length=400)] = ""


@router.get("/upkeep")
async def upkeep(core: Core, _caller: Viewer) -> dict[str, Any]:
    """Cycles, times against the mechanical minimum, tries and due dates of every device (viewer)."""
    view = core.view_of()
    return {"at": payload.jsonable(view.at), "simulated": view.simulated, "devices": payload.jsonable(view.devices)}


@router.post("/upkeep/serviced")
async def serviced(core: Core, caller: Technician, done: Service) -> JSONResponse:
    """A device was serviced: its counts and references begin anew (technician)."""
    return await asked(core, lambda reply: ServiceDone(done.device, caller.user, done.note, reply))
