"""The pages put together and served."""

from __future__ import annotations

import logging

import uvicorn
from fastapi import FastAPI, Response
from nicegui import app, ui

from simulator.shop.desk import Desk
from simulator.shop.pages import account, dealer, front, ordering, orders, picture, scan
from simulator.shop.pages.frame import frame, link_button, text
from simulator.shop.pages.texts import LANGUAGE, say

PAGES = (front, scan, ordering, orders, account, dealer)
STOP_LIMIT_S = 3
log = logging.getLogger(__name__)


def _drawing(body: str, paint: str) -> Response:
    if body not in picture.BODY or f"#{paint}" not in {*picture.PAINT.values(), picture.UNKNOWN}:
        return Response(status_code=404)
    return Response(
        picture.drawn(body, f"#{paint}"), media_type="image/svg+xml", headers={"Cache-Control": "max-age=3600"}
    )


def build(desk: Desk) -> FastAPI:
    """The shop as an application. NiceGUI has its routes by process: there is one shop in each."""
    for page in PAGES:
        page.add(desk)
    app.get("/picture/{body}/{paint}.svg")(_drawing)

    def defect() -> None:
        with frame(desk, say("error.title")):
            text(say("error.defect"))
            link_button(say("error.back"), "/")

    def nothing_there() -> None:
        with frame(desk, say("error.no_page")):
            text(say("error.no_page_lead"))
            link_button(say("error.back"), "/")

    app.on_page_exception(defect)
    ui.run_with(
        FastAPI(),
        root=nothing_there,
        title=say("shop.name"),
        language="en-US" if LANGUAGE == "en" else None,
        tailwind=False,
        show_welcome_message=False,
        reconnect_timeout=10.0,
    )
    # NiceGUI itself is served, not the application that it was mounted in for its settings: the start of that one looks
    # through every object of the process, and what another thread is just making can break by that
    return app


def server(desk: Desk, host: str = "127.0.0.1", port: int = 8080) -> uvicorn.Server:
    """A server of the shop: `run()` serves until it is told to stop."""
    config = uvicorn.Config(
        build(desk), host=host, port=port, log_level="warning", timeout_graceful_shutdown=STOP_LIMIT_S
    )
    return uvicorn.Server(config)
