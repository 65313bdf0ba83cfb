"""What the routes of every area answer with."""

from __future__ import annotations

from collections.abc import Callable

from fastapi.responses import JSONResponse

from towerd.api import payload
from towerd.api.core import ApiCore
from towerd.fsm.events import Event
from towerd.fsm.reply import ReplyTo


def refused(status: int, reasons: list[str], text: str = "") -> JSONResponse:
    """A refusal with its reasons and, where that helps, a text."""
    return JSONResponse({"ok": False, "reasons": reasons, "text": text}, status)


async def asked(core: ApiCore, make: Callable[[ReplyTo], Event], limit_s: float | None = None) -> JSONResponse:
    """Post the event that `make` gives, and show the core's answer: 200, 409 refused, 504 no answer in time."""
    try:
        answer = await core.ask(make, limit_s)
    except TimeoutError:
        return refused(504, ["no_answer"], "no answer in time; it may still be done: look at the status")
    body = {"ok": answer.ok, "reasons": list(answer.reasons), "result": payload.jsonable(answer.result)}
    if not answer.ok and answer.result and "text" in answer.result:
        body["text"] = answer.result["text"]
    return JSONResponse(body, 200 if answer.ok else 409)
