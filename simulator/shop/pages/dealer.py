"""A dealer's page: what stands where and in which condition, out of service and back, cars brought in and taken out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import groupby
from urllib.parse import quote

from nicegui import ui

from simulator.shop.desk import Desk
from simulator.shop.model import CONDITION_REASONS, Order, Outcome, StockRow
from simulator.shop.pages import show
from simulator.shop.pages.at_tower import stage_part
from simulator.shop.pages.cards import car_picture, swatch
from simulator.shop.pages.frame import Notice, Visit, deed, frame, link_button, list_reasons, section, text
from simulator.shop.pages.orders import Live, number_and_code, state_badge
from simulator.shop.pages.steps import need
from simulator.shop.pages.stocking import StockForm
from simulator.shop.pages.texts import say, word


class StockView:
    """A dealer's vehicles by tower, each with what can be done with it."""

    def __init__(self, visit: Visit, dealer: str) -> None:
        """Shows them, and follows them."""
        self._desk, self._dealer = visit.desk, dealer
        self._names = {tower.tower: tower.name for tower in visit.desk.window.towers()}
        self.notice = Notice()
        Live(lambda: visit.desk.dealership.stock(dealer), self._draw)

    def _draw(self) -> None:
        rows = self._desk.dealership.stock(self._dealer)
        if not rows:
            text(say("dealer.no_stock"))
        for tower, group in groupby(rows, key=lambda row: row.tower):
            text(say("dealer.nowhere") if tower is None else self._names.get(tower, tower), "h3")
            with ui.element("ul").classes("stock"):
                for row in group:
                    with ui.element("li").props(f'data-vehicle="{row.vehicle.id}"'):
                        self._row(row)

    def _row(self, row: StockRow) -> None:
        vehicle = row.vehicle
        car_picture(vehicle, "small")
        with ui.element("div").classes("stock-text"):
            text(show.title(vehicle), "strong")
            with ui.element("p").classes("facts"):
                swatch(vehicle.colour)
                text(show.facts(vehicle), "span")
            text(_where(row), classes="facts")
            if row.tower is not None or row.with_customer:
                _condition(row)
        with ui.element("div").classes("stock-actions"):
            self._actions(row)

    def _actions(self, row: StockRow) -> None:
        deals, vehicle = self._desk.dealership, row.vehicle.id
        if row.tower is None and not row.with_customer:
            # no tower can be told anything of it
            link_button(
                say("dealer.bring"), f"/dealer/{quote(self._dealer, safe='')}?bring={quote(vehicle, safe='')}#bring"
            )
            return
        if row.condition in ("out_of_service", "inspection", "unknown"):
            self.deed(say("dealer.release"), lambda: deals.release(self._dealer, vehicle))
        if row.condition != "out_of_service":
            ui.button(say("dealer.out_of_service"), on_click=lambda: self._ask_reasons(row)).props("no-caps outline")
        tower = row.tower
        if tower is not None and not row.with_customer:
            self.deed(say("dealer.take_out"), lambda: deals.stock_out(self._dealer, tower, vehicle))

    def _ask_reasons(self, row: StockRow) -> None:
        with ui.dialog(value=True) as dialog, ui.element("div").classes("dialog"):
            text(say("dealer.why", car=show.title(row.vehicle)), "h2")
            boxes = {reason: ui.checkbox(word("condition_reason", reason)) for reason in CONDITION_REASONS}
            note = ui.input(say("dealer.note")).props("outlined dense")
            notice = Notice()

            async def send() -> None:
                with notice.trying():
                    chosen = [reason for reason, box in boxes.items() if box.value]
                    need(chosen, say("dealer.why_missing"))
                    outcome = await asyncio.to_thread(
                        self._desk.dealership.out_of_service, self._dealer, row.vehicle.id, chosen, note.value or ""
                    )
                    dialog.close()
                    self.tell(outcome)

            with ui.element("div").classes("actions"):
                ui.button(say("dealer.out_of_service_go"), on_click=send).props("no-caps unelevated")
                ui.button(say("dealer.never_mind"), on_click=dialog.close).props("no-caps flat")

    def deed(self, words: str, send: Callable[[], Outcome]) -> None:
        """A button that sends something."""
        deed(words, self.notice, send, self.tell)

    def tell(self, outcome: Outcome) -> None:
        """A refusal with its reasons; what was taken shows in the lists."""
        self.notice.refused(outcome)
        if not outcome.answered:
            self.notice.tell(say("outcome.no_answer"))


def _where(row: StockRow) -> str:
    if row.with_customer:
        return say("dealer.with_customer")
    parts = [say("dealer.place", place=row.place) if row.place else "", row.vehicle.id]
    parts.append("" if row.odometer_km is None else say("dealer.odometer", km=row.odometer_km))
    return " · ".join(part for part in parts if part)


def _condition(row: StockRow) -> None:
    good = row.condition == "available"
    kind = "good" if good else "bad" if row.condition in ("out_of_service", "unknown") else "open"
    why = ", ".join(word("condition_reason", reason) for reason in row.reasons)
    words = word("condition", row.condition)
    text(f"{words}: {why}" if why else words, "span", f"badge {kind}").props(f'data-condition="{row.condition}"')


def _orders(desk: Desk, dealer: str, stock: StockView) -> None:
    orders = desk.dealership.orders(dealer)
    if not orders:
        text(say("dealer.no_orders"))
    for order in orders:
        _order(desk, order, stock)


def _order(desk: Desk, order: Order, stock: StockView) -> None:
    with ui.element("div").classes("stock-order").props(f'data-order="{order.order}"'):
        with ui.element("div").classes("order-head"):
            text(f"{word('kind', order.kind)}: {order.vehicle or order.order} · {order.tower_name}", "strong")
            state_badge(order)
        text(order.text)
        if order.reasons:
            list_reasons(order.reasons)
        number_and_code(order)
        if "cancel" in order.may:
            stock.deed(say("order.cancel"), lambda: desk.dealership.cancel(order.order))
        stage_part(desk, order, stock.notice)


def add(desk: Desk) -> None:
    """The pages `/dealer` and `/dealer/…`."""

    @ui.page("/dealer")
    def dealers() -> None:
        with frame(desk, say("dealer.title"), "dealer"):
            text(say("dealer.lead"))
            with ui.element("ul").classes("accounts"):
                for dealer in desk.dealership.dealers():
                    with ui.element("li"), ui.link(target=f"/dealer/{quote(dealer, safe='')}").classes("account"):
                        ui.icon("storefront").props('aria-hidden="true"')
                        text(dealer, "strong")

    @ui.page("/dealer/{dealer}")
    def one(dealer: str, bring: str = "") -> None:
        with frame(desk, say("dealer.one_title", dealer=dealer), "dealer") as visit:
            with section(say("dealer.stock")):
                stock = StockView(visit, dealer)
            with section(say("dealer.orders")):
                Live(lambda: desk.dealership.orders(dealer), lambda: _orders(desk, dealer, stock))
            with section(say("dealer.bring_in")).props('id="bring"'):
                stock_row = next((row for row in desk.dealership.stock(dealer) if row.vehicle.id == bring), None)
                StockForm(visit, dealer, {} if stock_row is None else stock_row.record).show()
