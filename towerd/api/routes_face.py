"""The local API's face: a picture for the screen, and the number that is typed beside a face."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from towerd.api.answers import asked, refused
from towerd.api.callers import Core, Viewer
from towerd.fsm.face_events import NumberEntered

router = APIRouter()


class Number(BaseModel):
    """An order's number, typed at the kiosk by somebody who shows the face instead of the code."""

    model_config = ConfigDict(extra="forbid")

    number: Annotated[str, Field(pattern=r"^\d{4}$")]


@router.get("/preview.jpg")
async def preview(core: Core, _caller: Viewer) -> Response:
    """The camera's picture now (viewer); 503 without one. Made when asked for, at most ten a second; nothing is kept."""
    picture = await core.extras.preview()
    if picture is None:
        return refused(503, ["no_picture"], core.view_of().face_reason)
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.post("/number")
async def number(core: Core, caller: Viewer, typed: Number) -> JSONResponse:
    """Compare the next face with this number's order alone (viewer). Whether there is such a number is not told."""
    return await asked(core, lambda reply: NumberEntered(typed.number, caller.user, reply))
