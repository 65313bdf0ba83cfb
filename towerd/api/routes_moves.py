"""The API of moves: fetch a car, move it, put it back, take stock by tags. Answers at once with the move's number."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from towerd.api import payload
from towerd.api.answers import asked, refused
from towerd.api.callers import Core, Technician, Viewer
from towerd.fsm.moves_events import AskedPurpose, MoveCancelled, MoveRequested, StockTakeCancelled, StockTakeRequested
from towerd.places import Place, parse_place
from towerd.units import rfc3339

router = APIRouter()

_Text = Annotated[str, Field(min_length=1, max_length=200)]


class Wanted(BaseModel):
    """A move. `what`: a vehicle's id, or where it stands; `target`: a bay (3-4) or a cabin (cabin:1)."""

    model_config = ConfigDict(extra="forbid")

    purpose: AskedPurpose
    what: _Text
    target: _Text | None = None
    reason: _Text | None = None


class Bays(BaseModel):
    """Bays by name; none: all."""

    model_config = ConfigDict(extra="forbid")

    bays: Annotated[list[_Text], Field(max_length=1000)] = []


def _places(texts: list[str]) -> list[Place] | JSONResponse:
    try:
        return [parse_place(text) for text in texts]
    except ValueError as error:
        return refused(422, ["malformed"], str(error))


@router.get("/moves")
async def moves(core: Core, _caller: Viewer) -> dict[str, Any]:
    """Moves that people have asked for, how far each is and what it waits for (viewer)."""
    view = core.view_of()
    return {"at": rfc3339(view.at), "simulated": view.simulated, "moves": payload.jsonable(view.moves)}


@router.post("/moves")
async def ask_move(core: Core, caller: Technician, wanted: Wanted) -> JSONResponse:
    """Have a car fetched, moved, brought, put back or stored (technician). Answers with the move's number."""
    places = _places([wanted.target] if wanted.target else [])
    if isinstance(places, JSONResponse):
        return places
    target = places[0] if places else None

    def make(reply: Any) -> MoveRequested:
        return MoveRequested(wanted.purpose, wanted.what, target, caller.user, reply, wanted.reason)

    return await asked(core, make)


@router.delete("/moves/{number}")
async def cancel_move(core: Core, caller: Technician, number: int) -> JSONResponse:
    """End a move; a car that is under way goes into a free bay (technician)."""
    return await asked(core, lambda reply: MoveCancelled(number, caller.user, reply))


@router.get("/stock/take")
async def stock_take(core: Core, _caller: Viewer) -> dict[str, Any]:
    """How far taking stock by tags is: each bay with what was read (viewer)."""
    view = core.view_of()
    open_rows = sum(row.state not in ("done", "cancelled") for row in view.stock_take)
    return {
        "at": rfc3339(view.at),
        "simulated": view.simulated,
        "open": open_rows,
        "read": sum(row.tag is not None for row in view.stock_take),
        "bays": payload.jsonable(view.stock_take),
    }


@router.post("/stock/take")
async def take_stock(core: Core, caller: Technician, wanted: Bays) -> JSONResponse:
    """Read the tags of the cars in these bays, or in all, when nothing else waits (technician)."""
    places = _places(wanted.bays)
    if isinstance(places, JSONResponse):
        return places
    return await asked(core, lambda reply: StockTakeRequested(tuple(places), caller.user, reply))


@router.delete("/stock/take")
async def cancel_stock_take(core: Core, caller: Technician) -> JSONResponse:
    """What has not been read yet need not be (technician)."""
    return await asked(core, lambda reply: StockTakeCancelled(caller.user, reply))


@router.get("/stock")
async def stock(core: Core, _caller: Viewer) -> dict[str, Any]:
    """Which vehicle is where, by the books (viewer)."""
    view = core.view_of()
    rows = [
        {
            "vehicle": one.id,
            "place": str(one.place),
            "condition": one.condition,
            "tag": one.record.tag,
            "make": one.record.make,
            "model": one.record.model,
            "reasons": list(one.reasons),
            "kept_for": list(one.kept_for or ()),
        }
        for one in view.vehicles
    ]
    unknown = [row.place for row in view.bays if row.quality == "unknown"]
    return {"at": rfc3339(view.at), "simulated": view.simulated, "vehicles": rows, "unknown_bays": unknown}
