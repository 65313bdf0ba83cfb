"""A form in steps: one question after the other, back at any time, and told where something is missing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from simulator.shop.model import ShopError
from simulator.shop.pages.frame import Notice, loading
from simulator.shop.pages.texts import say

Check = Callable[[], None]
"""Raises ShopError, in words for the customer, where a step is not complete."""


class Steps:
    """Steps one below the other; `finish` is called from the last."""

    def __init__(self, finish: Callable[[], Awaitable[None]], finish_text: str) -> None:
        """No step yet; `finish_text` is on the last button. ShopError from `finish` is told at it."""
        self._finish, self._finish_text = finish, finish_text
        self._stepper = ui.stepper().props("vertical flat header-nav=false").classes("steps")
        self._count = 0

    def step(self, title: str, build: Callable[[], None], check: Check | None = None, last: bool = False) -> None:
        """The next step: what `build` shows, and what must hold before the one after it."""
        first = self._count == 0
        self._count += 1
        with self._stepper, ui.step(f"step-{self._count}", title=title).props(f"prefix={self._count}"):
            with ui.element("div") as box:
                build()
            notice = Notice()
            notice.forget_on_change_in(box)
            with ui.stepper_navigation().classes("actions"):
                if last:
                    self._last(notice, check)
                else:
                    self._button(say("steps.next"), lambda: self._on(notice, check))
                if not first:
                    ui.button(say("steps.back"), on_click=self._stepper.previous).props("no-caps flat")

    def _button(self, words: str, deed: Callable[[], None]) -> ui.button:
        return ui.button(words, on_click=deed).props("no-caps unelevated")

    def _on(self, notice: Notice, check: Check | None) -> None:
        with notice.trying():
            if check is not None:
                check()
            self._stepper.next()

    def _last(self, notice: Notice, check: Check | None) -> None:
        async def send() -> None:
            with notice.trying():
                if check is not None:
                    check()
                with loading(button):
                    await self._finish()

        button = ui.button(self._finish_text, on_click=send).props("no-caps unelevated").classes("finish")


def need(given: object, words: str) -> None:
    """Raise ShopError with `words` where something is not given."""
    if not given:
        raise ShopError(words)
