"""A car that was seen elsewhere: its QR code, photographed, leads to its page."""

from __future__ import annotations

import asyncio

from nicegui import events, ui

from simulator.shop.desk import Desk
from simulator.shop.model import ShopError
from simulator.shop.pages.cards import car_address
from simulator.shop.pages.frame import Notice, Visit, frame, text
from simulator.shop.pages.photo import MOST_BYTES, read_qr
from simulator.shop.pages.texts import say


def go_to_car(visit: Visit, words: str) -> None:
    """Open the page of the car that a scanned or typed text names. Raises ShopError where none is offered."""
    offer = visit.desk.window.find(words.strip(), visit.customer)
    if offer is None:
        raise ShopError(say("scan.unknown", text=words.strip()[:64]))
    ui.navigate.to(car_address(offer))


async def read_photo(event: events.UploadEventArguments) -> str:
    """The text of the QR code in an uploaded photo. Raises ShopError."""
    found = await asyncio.to_thread(read_qr, await event.file.read())
    if not found:
        raise ShopError(say("scan.no_code"))
    return found


def photo_upload(label: str, notice: Notice, uploaded: events.Handler[events.UploadEventArguments]) -> ui.upload:
    """A button to choose a photo, or to take one; what is too large or no picture is told in `notice`."""
    upload = ui.upload(auto_upload=True, max_file_size=MOST_BYTES, on_upload=uploaded)
    upload.on_rejected(lambda: notice.tell(say("photo.rejected", megabytes=MOST_BYTES // 1024**2)))
    upload.props('accept="image/*" flat').classes("upload")
    # a button of its own: the uploader's shows a plus sign and a count of bytes, and no name to be read out
    with upload.add_slot("header"), ui.button(label, icon="photo_camera").props("no-caps outline"):
        ui.element("q-uploader-add-trigger")
    return upload


def add(desk: Desk) -> None:
    """The page `/scan`."""

    @ui.page("/scan")
    def scan() -> None:
        with frame(desk, say("scan.title"), "scan") as visit:
            text(say("scan.lead"))
            notice = Notice()

            async def photographed(event: events.UploadEventArguments) -> None:
                with notice.trying():
                    go_to_car(visit, await read_photo(event))

            def typed() -> None:
                with notice.trying():
                    go_to_car(visit, words.value or "")

            photo_upload(say("scan.photo"), notice, photographed)
            text(say("scan.or"), "h2")
            with ui.element("div").classes("inline-form"):
                words = ui.input(say("scan.id")).props("outlined dense").on("keydown.enter", typed)
                ui.button(say("scan.go"), on_click=typed).props("no-caps unelevated")
