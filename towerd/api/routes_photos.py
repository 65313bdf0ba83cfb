"""The local API's condition photos: which there are, and, to a technician whose name is written down, what they show."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse

from towerd.api import payload
from towerd.api.answers import asked, refused
from towerd.api.callers import Core, Technician, Viewer
from towerd.fsm.photo_events import PhotosRequested

router = APIRouter(prefix="/photos")
LoanPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


@router.get("")
async def photos(core: Core, _caller: Viewer) -> dict[str, Any]:
    """Of which loans there are photos, with their hashes and until when they are kept (viewer); no picture."""
    view = core.view_of()
    return {"at": payload.jsonable(view.at), "photos": payload.jsonable(view.photos)}


@router.post("/{loan}/{when}")
async def shown(core: Core, caller: Technician, loan: LoanPath, when: Literal["out", "back"]) -> JSONResponse:
    """The photos of a loan's car as base64 JPEG (technician). The audit log names who has seen them."""
    answer = await asked(core, lambda reply: PhotosRequested(loan, when, caller.user, reply))
    if answer.status_code != 200:
        return answer
    pictures = await core.extras.photos(loan, when)
    if pictures is None:
        return refused(409, ["no_photos"], "the photos cannot be opened: their key is gone")
    rows = [{"sha256": sha256(one).hexdigest(), "jpeg": b64encode(one).decode()} for one in pictures]
    result = {"loan": loan, "when": when, "pictures": rows}
    return JSONResponse({"ok": True, "reasons": [], "result": result}, headers={"Cache-Control": "no-store"})
