"""The parts that a test drive and a bought car have in common: time, face, terms and services."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time, timedelta

from nicegui import events, ui

from simulator.shop.model import Offer, Slot
from simulator.shop.pages import show
from simulator.shop.pages.frame import Notice, Visit, text
from simulator.shop.pages.photo import preview
from simulator.shop.pages.scan import photo_upload
from simulator.shop.pages.steps import need
from simulator.shop.pages.texts import say

DAYS = 31
"""Slots are at most 30 days ahead (orders-if.md 4.4)."""
PROMISED_DAYS = 15
"""A car that is not there yet is promised within so many days (orders-if.md 1.5)."""


class TimeChoice:
    """Now, at the tower; a half hour of one of the next days; or as soon as the car is there, and how long to wait for it."""

    def __init__(self, visit: Visit, offer: Offer) -> None:
        """Nothing is shown before `build`."""
        self._visit, self._offer = visit, offer
        self._slots: dict[int, Slot] = {}

    @property
    def slot(self) -> Slot | None:
        """The chosen half hour; None: now, or as soon as the car is there."""
        return self._slots.get(self._time.value or 0) if self._way.value == "later" else None

    @property
    def wait_until(self) -> datetime | None:
        """Until when the customer waits for the car: the end of that day on this machine's clock. None: not at all."""
        if not self._waits:
            return None
        return datetime.combine(date.fromisoformat(self._until.value), time(23, 59)).astimezone()

    @property
    def _waits(self) -> bool:
        return self._offer.awaited or self._way.value == "wait"

    def build(self) -> None:
        """Show the choice: a car that cannot be had at once leaves later, or waiting for the first that is there."""
        today = datetime.now(UTC).astimezone().date()
        offer = self._offer
        ways = (
            ["wait", "later"]
            if offer.awaited
            else ["now", "later"]
            if offer.orderable_from is None
            else ["later", "wait"]
        )
        self._way = ui.radio({way: say(f"time.{way}") for way in ways}, value=ways[0], on_change=self._choose)
        with ui.element("div").classes("inline-form") as self._waiting:
            ends = {on.isoformat(): show.day(on) for on in show.days_from(today, DAYS - 1)}
            promised = (today + timedelta(days=PROMISED_DAYS)).isoformat()
            self._until = ui.select(ends, label=say("time.until"), value=promised).props("outlined dense")
        with ui.element("div").classes("inline-form") as self._later:
            days = {on.isoformat(): show.day(on) for on in show.days_from(today, DAYS)}
            self._day = ui.select(days, label=say("time.day"), value=today.isoformat(), on_change=self._look_up).props(
                "outlined dense"
            )
            self._time = ui.select({}, label=say("time.time")).props("outlined dense")
        self._none = text(say("time.none"), classes="hint").props('role="status"')
        self._look_up()

    def check(self) -> None:
        """Raises ShopError where a later time is wanted and none chosen."""
        need(self._way.value != "later" or self._time.value, say("time.missing"))

    def _look_up(self) -> None:
        day = date.fromisoformat(self._day.value)
        # the desk counts days in UTC: what begins on this day here may belong to the one before or after there
        near = (day + timedelta(days=number) for number in (-1, 0, 1))
        asked = [slot for one in near for slot in self._visit.desk.window.slots(self._offer, one)]
        found = show.on_day(day, asked)
        self._slots = dict(enumerate(found, start=1))
        self._time.set_options({number: show.span(slot) for number, slot in self._slots.items()}, value=None)
        self._choose()

    def _choose(self) -> None:
        later = self._way.value == "later"
        self._later.set_visibility(later)
        self._waiting.set_visibility(self._waits)
        self._none.set_visibility(later and not self._slots)


class FaceChoice:
    """A selfie and the consent to compare it, or neither: then number and code serve."""

    def __init__(self) -> None:
        """Nothing is shown before `build`."""
        self._selfie: bytes | None = None

    @property
    def consent(self) -> bool:
        """Whether the tower may compare the face."""
        return bool(self._consent.value)

    @property
    def selfie(self) -> bytes | None:
        """The picture as it was uploaded; nothing where nobody consented."""
        return self._selfie if self.consent else None

    def build(self) -> None:
        """Show the choice."""
        text(say("face.lead"))
        self._consent = ui.checkbox(say("face.consent"), value=True, on_change=self._choose)
        with ui.element("div").classes("selfie") as self._box:
            notice = Notice()

            async def uploaded(event: events.UploadEventArguments) -> None:
                with notice.trying():
                    await self._take(await event.file.read())

            photo_upload(say("face.photo"), notice, uploaded)
            self._shown = ui.element("div").props('aria-live="polite"')
        self._without = text(say("face.without"), classes="hint")
        self._choose()

    def check(self) -> None:
        """Raises ShopError where a face is to be compared and there is no selfie."""
        need(not self.consent or self._selfie, say("face.missing"))

    async def _take(self, picture: bytes) -> None:
        shown = await asyncio.to_thread(preview, picture)
        self._selfie = picture
        self._shown.clear()
        with self._shown:
            ui.element("img").props(f'src="{shown}"').props["alt"] = say("face.preview")
            text(say("face.seen"), classes="hint")

    def _choose(self) -> None:
        self._box.set_visibility(self.consent)
        self._without.set_visibility(not self.consent)


class TermsChoice:
    """The clauses, and what may be added."""

    def __init__(self, visit: Visit) -> None:
        """Nothing is shown before `build`."""
        self._visit = visit
        self._services: dict[str, ui.checkbox] = {}

    @property
    def accepted(self) -> bool:
        """Whether the customer accepts the clauses."""
        return bool(self._accepted.value)

    @property
    def services(self) -> tuple[str, ...]:
        """What was added."""
        return tuple(name for name, box in self._services.items() if box.value)

    def build(self) -> None:
        """Show both."""
        text(self._visit.desk.window.terms(), "div", "terms").props('tabindex="0" role="region"').props[
            "aria-label"
        ] = say("terms.label")
        self._accepted = ui.checkbox(say("terms.accept"))
        services = self._visit.desk.window.services()
        if services:
            text(say("terms.services"), "h3")
        for service in services:
            self._services[service.id] = ui.checkbox(service.text)

    def check(self) -> None:
        """Raises ShopError where the clauses are not accepted."""
        need(self.accepted, say("terms.missing"))
