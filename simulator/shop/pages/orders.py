"""A customer's orders: the list, one order with number and code, and what can be done with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import quote

from nicegui import ui

from simulator.shop.desk import Desk
from simulator.shop.model import ORDER_ENDED, WITH_CUSTOMER, Order, ShopError
from simulator.shop.pages import show
from simulator.shop.pages.at_tower import stage_part
from simulator.shop.pages.frame import (
    Notice,
    Visit,
    deed,
    frame,
    link_button,
    list_reasons,
    loading,
    pairs,
    section,
    text,
)
from simulator.shop.pages.front import LOOK_AGAIN_S
from simulator.shop.pages.ordering import tell_outcome
from simulator.shop.pages.paying import PlanChooser, plan_table
from simulator.shop.pages.photo import qr_picture
from simulator.shop.pages.road import road_part
from simulator.shop.pages.steps import need
from simulator.shop.pages.texts import say, word

GOOD = frozenset({"ready", "handed_over", "completed"})
BAD = ORDER_ENDED - GOOD
WAITED = frozenset({"awaiting_stock", "expired"})
"""States in which it matters until when a car is waited for."""


def car_name(order: Order) -> str:
    """What was ordered."""
    return f"{order.make} {order.model}, {order.colour}" if order.make else order.vehicle or order.order


def state_badge(order: Order) -> None:
    """The state as one word, in a colour and in words."""
    late = order.late and order.state == "awaiting_stock"
    kind = "good" if order.state in GOOD else "bad" if late or order.state in BAD else "open"
    shown = order.loan.state if order.loan is not None else "late" if late else order.state
    text(word("state", shown), "span", f"badge {kind}").props(f'data-state="{shown}"')


def number_and_code(order: Order) -> None:
    """What the customer types or holds before the camera at the tower; with the car out the number alone, to bring it back."""
    if order.number is None:
        return
    if order.loan is not None:
        if order.loan.state in WITH_CUSTOMER:
            pairs([(say("order.number_back"), order.number)])
        return
    if order.code is None or order.state in ORDER_ENDED:
        return
    with ui.element("div").classes("ticket"):
        if order.qr:
            ui.element("img").props(f'src="{qr_picture(order.qr)}"').props["alt"] = say("order.qr")
        with ui.element("div"):
            text(say("order.number"), "span", "facts")
            text(order.number, "strong", "digits number")
            text(say("order.code"), "span", "facts")
            text(order.code, "strong", "digits code")


def order_card(order: Order) -> None:
    """One order in a list."""
    with ui.link(target=f"/orders/{order.order}").classes("card row-card").props(f'data-order="{order.order}"'):
        with ui.element("div").classes("card-body"):
            text(car_name(order), "h2")
            text(f"{word('kind', order.kind)} · {order.tower_name} · {show.slot_text(order.slot)}", classes="facts")
            text(order.text)
            if order.wait_until is not None and order.state in WAITED:
                since, until = show.moment(order.asked_at), show.moment(order.wait_until)
                text(say("order.waits", since=since, until=until), classes="facts")
        state_badge(order)


ARRIVALS_MIN = (5, 12, 20, 30, 60)


class Live:
    """A part of a page that is drawn anew whenever what it shows has changed."""

    def __init__(self, read: Callable[[], object], draw: Callable[[], None]) -> None:
        """`read` gives what is shown, to be compared."""
        self._read, self._draw = read, draw
        self._shown: object = None
        self._box = ui.element("div").props('aria-live="polite"')
        self._timer = ui.timer(LOOK_AGAIN_S / 2, self.look)

    def look(self) -> None:
        """Draw anew if there is something new; what is gone is said to be, and not looked at again."""
        try:
            now = self._read()
        except ShopError as error:
            self._timer.deactivate()
            self._box.clear()
            with self._box:
                text(str(error), classes="trouble")
            return
        if now == self._shown:
            return
        self._shown = now
        self._box.clear()
        with self._box:
            self._draw()


def _list(visit: Visit, customer: str) -> None:
    orders = visit.desk.counter.orders(customer)
    if not orders:
        text(say("orders.none"))
        link_button(say("orders.browse"), "/")
    for order in orders:
        order_card(order)


def own_order(visit: Visit, order: str) -> Order:
    """An order of whoever is logged in. Raises ShopError: whose order it is, is nobody else's business."""
    who = visit.somebody()
    found = visit.desk.counter.order(order)
    if found.customer != who.customer:
        raise ShopError(say("order.unknown"))
    return found


class OrderView:
    """One order on its own page."""

    def __init__(self, visit: Visit, order: str) -> None:
        """Raises ShopError where the visitor has no such order."""
        self._visit, self._id = visit, order
        own_order(visit, order)
        self._notice = Notice()
        desk = visit.desk
        Live(lambda: (self._now, desk.counter.history(order), desk.telematics.dashboard(order)), self._draw)

    @property
    def _now(self) -> Order:
        return self._visit.desk.counter.order(self._id)

    def _draw(self) -> None:
        order = self._now
        with ui.element("div").classes("order-head"):
            text(car_name(order), "h2", "subject")
            state_badge(order)
        text(order.text, classes="lead")
        if order.reasons:
            list_reasons(order.reasons)
        number_and_code(order)
        if order.code_only:
            text(say("order.code_only"), classes="hint")
        pairs(self._facts(order))
        if order.plan is not None:
            with section(say("order.plan")):
                plan_table(order.plan)
        self._actions(order)
        road_part(self._visit.desk, order, self._notice)
        stage_part(self._visit.desk, order, self._notice)
        self._history()

    def _facts(self, order: Order) -> list[tuple[str, str]]:
        rows = [
            (say("order.kind"), word("kind", order.kind)),
            (say("order.tower"), order.tower_name),
            (say("order.slot"), show.slot_text(order.slot)),
            (say("order.asked_at"), show.moment(order.asked_at)),
        ]
        if order.wait_until is not None and order.state in WAITED:
            rows.append((say("order.wait_until"), show.moment(order.wait_until)))
        if order.ready_in_s is not None:
            rows.append((say("order.ready_in"), show.lasting(order.ready_in_s)))
        if order.arrives_at is not None:
            rows.append((say("order.arrives_at"), show.moment(order.arrives_at)))
        if order.cabin is not None:
            rows.append((say("order.cabin"), str(order.cabin)))
        if order.loan is not None and order.loan.due_back is not None:
            rows.append((say("order.due_back"), show.moment(order.loan.due_back)))
        if order.loan is not None and order.loan.overdue_s:
            rows.append((say("order.overdue"), show.lasting(order.loan.overdue_s)))
        rows.append((say("order.id"), order.order))
        return rows

    def _history(self) -> None:
        happened = self._visit.desk.counter.history(self._id)
        if not happened:
            return
        with section(say("order.history")), ui.element("ol").classes("history"):
            for one in happened:
                with ui.element("li"):
                    text(f"{one.at.astimezone():%H:%M:%S}", "span", "facts")
                    text(one.text, "span")

    def _actions(self, order: Order) -> None:
        counter, notice = self._visit.desk.counter, self._notice
        with ui.element("div").classes("actions"):
            if "on_my_way" in order.may:
                self._on_my_way(order)
            if "buy" in order.may:
                link_button(say("order.buy"), f"/orders/{order.order}/buy")
            if "return_elsewhere" in order.may:
                self._return_elsewhere(order)
            if "withdraw_consent" in order.may:
                deed(say("order.withdraw"), notice, lambda: counter.withdraw_consent(order.order), notice.refused)
            if "cancel" in order.may:
                deed(say("order.cancel"), notice, lambda: counter.cancel(order.order), notice.refused)
            if "book_another" in order.may:
                link_button(say("order.another"), f"/?make={quote(order.make)}", primary=False)

    def _on_my_way(self, order: Order) -> None:
        counter, notice = self._visit.desk.counter, self._notice
        with ui.element("div").classes("inline-form"):
            times = {minutes: say("order.in_minutes", count=minutes) for minutes in ARRIVALS_MIN}
            when = ui.select(times, label=say("order.arrives_in"), value=ARRIVALS_MIN[1]).props("outlined dense")
            deed(say("order.on_my_way"), notice, lambda: counter.on_my_way(order.order, when.value), notice.refused)

    def _return_elsewhere(self, order: Order) -> None:
        counter = self._visit.desk.counter
        others = {one.tower: one.name for one in self._visit.desk.window.towers() if one.tower != order.tower}
        if not others:
            return

        async def send() -> None:
            with self._notice.trying():
                need(where.value, say("order.where_missing"))
                outcome = await asyncio.to_thread(counter.return_elsewhere, order.order, where.value)
                tell_outcome(outcome, self._notice)

        with ui.element("div").classes("inline-form"):
            where = ui.select(others, label=say("order.where")).props("outlined dense")
            ui.button(say("order.return_elsewhere"), on_click=send).props("no-caps outline")


class BuyView:
    """The car of a loan stays with its customer."""

    def __init__(self, visit: Visit, order: str) -> None:
        """Raises ShopError where it cannot be bought."""
        self._desk, self._order = visit.desk, own_order(visit, order)
        price = self._desk.counter.price(order)
        if price is None:
            raise ShopError(say("car.not_for_sale"))
        text(car_name(self._order), "h2", "subject")
        text(say("buy.lead"))
        text(say("order.made_up_money"), classes="hint")
        with ui.element("div") as box:
            self._plan = PlanChooser(self._desk, *price)
            self._agreed = ui.checkbox(say("order.pay_now"))
        self._notice = Notice()
        self._notice.forget_on_change_in(box)
        with ui.element("div").classes("actions"):
            self._button = ui.button(say("buy.go"), on_click=self._buy).props("no-caps unelevated")
            link_button(say("buy.back"), f"/orders/{order}", primary=False)

    async def _buy(self) -> None:
        with self._notice.trying():
            need(self._agreed.value, say("order.pay_missing"))
            plan = self._plan.plan
            with loading(self._button):
                outcome = await asyncio.to_thread(self._desk.counter.buy, self._order.order, plan)
            self._notice.refused(outcome)
            if outcome.ok or not outcome.answered:
                ui.navigate.to(f"/orders/{self._order.order}")


def add(desk: Desk) -> None:
    """The pages `/orders`, `/orders/…` and `/orders/…/buy`."""

    @ui.page("/orders")
    def orders() -> None:
        with frame(desk, say("orders.title"), "orders") as visit:
            customer = visit.somebody().customer
            Live(lambda: desk.counter.orders(customer), lambda: _list(visit, customer))

    @ui.page("/orders/{order}")
    def one(order: str) -> None:
        with frame(desk, say("order.one_title"), "orders") as visit:
            OrderView(visit, order)

    @ui.page("/orders/{order}/buy")
    def buy(order: str) -> None:
        with frame(desk, say("buy.title"), "orders") as visit:
            BuyView(visit, order)
