"""What is the same on every page: the band, the way around, who is logged in, and how trouble is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from simulator.shop.desk import Desk
from simulator.shop.model import STAND_IN, Account, Outcome, Reason, ShopError
from simulator.shop.pages.texts import say, word

COOKIE = "account"
WAYS = (
    ("browse", "/", "directions_car"),
    ("scan", "/scan", "qr_code_scanner"),
    ("orders", "/orders", "receipt_long"),
    ("account", "/account", "person"),
    ("dealer", "/dealer", "storefront"),
)
log = logging.getLogger(__name__)


class LogInFirstError(ShopError):
    """The page is about somebody, and nobody is logged in."""


@cache
def _look() -> str:
    return Path(__file__).with_name("look.css").read_text(encoding="utf-8")


def text(words: str, tag: str = "p", classes: str = "") -> TextElement:
    """Words in an element of their own kind: a paragraph, a heading, a cell."""
    return TextElement(tag=tag, text=words).classes(classes)


def named(element: ui.element, name: str) -> ui.element:
    """The element with a name that is read out."""
    element.props["aria-label"] = name
    return element


def log_in_address(back: str) -> str:
    """The page to log in on, and where to go from there."""
    return f"/login?to={quote(back, safe='')}"


@dataclass(frozen=True, slots=True)
class Visit:
    """One page as somebody sees it."""

    desk: Desk
    who: Account | None

    @property
    def customer(self) -> str | None:
        """The visitor's pseudonym, None where nobody is logged in."""
        return None if self.who is None else self.who.customer

    def somebody(self) -> Account:
        """Who is logged in. Raises LogInFirstError."""
        if self.who is None:
            raise LogInFirstError(say("login.first"))
        return self.who


class Notice:
    """The place on a page where trouble is told, read out as it comes."""

    def __init__(self) -> None:
        """Empty at first."""
        self._box = ui.element("div").props('role="alert"').classes("notice")

    def clear(self) -> None:
        """Nothing is wrong any more."""
        self._box.clear()

    def forget_on_change_in(self, box: ui.element) -> None:
        """Whatever is changed within `box` takes the trouble that was told away."""
        for event in ("click", "change", "input"):
            box.on(event, self.clear, throttle=0.3)

    def tell(self, words: str) -> None:
        """Say one thing."""
        self._box.clear()
        with self._box, ui.element("div").classes("trouble"):
            text(words)

    def report(self, words: str) -> None:
        """Say what has been done."""
        self._box.clear()
        with self._box:
            text(words, classes="done")

    def refuse(self, title: str, reasons: Sequence[Reason]) -> None:
        """Say why something was refused, and what to do about each reason."""
        self._box.clear()
        with self._box, ui.element("div").classes("trouble"):
            text(title, "h2")
            list_reasons(reasons)

    def refused(self, outcome: Outcome) -> None:
        """Tell of a refusal; what was taken shows where it is followed."""
        if outcome.answered and not outcome.ok:
            self.refuse(say("outcome.refused_deed"), outcome.reasons)

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Tell here whatever goes wrong within: a shop's no in its own words, a defect as one, and in the log."""
        self.clear()
        try:
            yield
        except ShopError as error:
            self.tell(str(error))
        except Exception:
            log.exception("a page failed")
            self.tell(say("error.defect"))


@contextmanager
def loading(button: ui.button) -> Iterator[None]:
    """The button shows that something is under way, until it has ended, however it ends."""
    button.props("loading")
    try:
        yield
    finally:
        button.props(remove="loading")


T = TypeVar("T")


def deed(words: str, notice: Notice, send: Callable[[], T], told: Callable[[T], None]) -> None:
    """A button that does something that takes its time, and tells what became of it."""

    async def sent() -> None:
        with notice.trying(), loading(button):
            told(await asyncio.to_thread(send))

    button = ui.button(words, on_click=sent).props("no-caps outline")


def list_reasons(reasons: Sequence[Reason]) -> None:
    """Each reason in plain words, with what helps."""
    with ui.element("ul").classes("reasons"):
        for reason in reasons:
            with ui.element("li").props(f'data-code="{reason.code}"'):
                text(reason.text or word("reason", reason.code), "strong")
                text(word("cure", reason.code, say("cure.other")), "span")


def _here() -> str:
    request = ui.context.client.request
    return "/" if request is None else request.url.path


def _visit(desk: Desk) -> Visit:
    request = ui.context.client.request
    customer = request.cookies.get(COOKIE) if request is not None else None
    if not customer:
        return Visit(desk, None)
    try:
        return Visit(desk, desk.people.account(customer))
    except ShopError:  # the account is gone: nobody is logged in
        return Visit(desk, None)


def _band(desk: Desk) -> None:
    towers = desk.window.towers()
    simulated = [tower.name for tower in towers if tower.simulated]
    with ui.element("div").classes("band").props('role="note"'):
        text(say("band.stand_in"), "strong")
        if simulated:
            everyone = len(simulated) == len(towers)
            text(say("band.simulated" if everyone else "band.some_simulated", towers=", ".join(simulated)), "span")


def _ways(visit: Visit, here: str) -> None:
    with ui.element("header").classes("top"):
        ui.link(say("shop.name"), "/").classes("brand")
        with named(ui.element("nav"), say("nav.label")):
            for name, address, icon in WAYS:
                current = 'aria-current="page"' if name == here else ""
                with ui.link(target=address).classes("way").props(current):
                    ui.icon(icon).props('aria-hidden="true"')
                    text(say(f"nav.{name}"), "span")
        who = visit.who
        with ui.link(target="/account" if who else log_in_address(_here())).classes("who"):
            text(say("nav.who", name=who.name) if who else say("nav.nobody"), "span")


def _trouble(error: ShopError) -> None:
    with ui.element("div").classes("trouble").props('role="alert"'):
        text(str(error))
    if isinstance(error, LogInFirstError):
        link_button(say("login.go"), log_in_address(_here()))
    else:
        link_button(say("error.back"), "/")


@contextmanager
def frame(desk: Desk, title: str, here: str = "") -> Iterator[Visit]:
    """A page with everything around it; ShopError raised within is told on it."""
    ui.page_title(say("shop.title", page=title))
    ui.add_css(_look())
    ui.colors(primary="#0b5570", positive="#1d6b3f", negative="#a3231f", accent="#0b5570")
    visit = _visit(desk)
    _band(desk)
    _ways(visit, here)
    with ui.element("div").classes("page") as page:
        text(title, "h1")
        try:
            yield visit
        except ShopError as error:
            _trouble(error)
    with ui.element("footer"):
        text(STAND_IN)
    ui.skip_link(say("nav.skip"), target=page)


def link_button(words: str, address: str, primary: bool = True) -> ui.link:
    """A link that looks like the button it is used as."""
    return ui.link(words, address).classes("button" if primary else "button second")


def section(title: str, classes: str = "") -> ui.element:
    """A part of a page under a heading of its own; to be entered with `with`."""
    box = ui.element("section").classes(f"part {classes}")
    with box:
        text(title, "h2")
    return box


def pairs(rows: Sequence[tuple[str, str]]) -> None:
    """Names and values."""
    with ui.element("dl").classes("pairs"):
        for name, value in rows:
            text(name, "dt")
            text(value, "dd")
