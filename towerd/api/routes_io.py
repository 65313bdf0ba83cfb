"""The local API's registers: what was last read from the PLC and written to it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from towerd.api import payload
from towerd.api.callers import Core, Viewer

router = APIRouter()


@router.get("/io")
async def registers(
    core: Core,
    _caller: Viewer,
    block: Annotated[str, Query(max_length=20)] = "",
    name: Annotated[str, Query(max_length=40)] = "",
) -> dict[str, Any]:
    """Every register by name, with value, raw words and age; those of one `block`, or with `name` in theirs (viewer)."""
    view = core.view_of()
    rows = [
        row
        for row in core.extras.registers()
        if (not block or row.block == block.upper()) and name.lower() in row.field.lower()
    ]
    return {"at": payload.jsonable(view.at), "simulated": view.simulated, "registers": payload.jsonable(rows)}
