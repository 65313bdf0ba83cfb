"""How a car is paid: in full, or something now and the rest month by month, with every instalment in a table."""

from __future__ import annotations

import math

from nicegui import ui

from simulator.shop.desk import Desk
from simulator.shop.model import Plan, ShopError
from simulator.shop.pages import show
from simulator.shop.pages.frame import text
from simulator.shop.pages.texts import say
from simulator.shop.plan import least_down

MONTHS = (12, 24, 36, 48, 60)


class PlanChooser:
    """Lets a customer put a plan together; `plan` is what is chosen now."""

    def __init__(self, desk: Desk, price: int, currency: str) -> None:
        """`price` in minor units."""
        self._desk, self._price, self._currency = desk, price, currency
        self._per_unit = show.minor_in(currency)
        self._plan: Plan | None = None
        text(say("pay.price", price=show.money(price, currency)), classes="price")
        self._in_full = ui.radio(
            {True: say("pay.in_full"), False: say("pay.instalments")}, value=False, on_change=self._choose
        )
        with ui.element("div").classes("inline-form") as self._details:
            least = math.ceil(least_down(price) / self._per_unit)
            self._down = ui.number(
                say("pay.down", currency=currency), value=least, min=0, on_change=self._choose, precision=2
            ).props("outlined dense debounce=300")
            self._months = ui.select(
                {months: say("pay.months", count=months) for months in MONTHS},
                label=say("pay.how_long"),
                value=36,
                on_change=self._choose,
            ).props("outlined dense")
        self._shown = ui.element("div").classes("plan").props('aria-live="polite"')
        self._choose()

    @property
    def plan(self) -> Plan:
        """What is chosen. Raises ShopError where that cannot be."""
        if self._plan is None:
            raise ShopError(say("pay.no_plan"))
        return self._plan

    def _asked(self) -> Plan:
        if self._in_full.value:
            return self._desk.counter.plan(self._price, self._currency, self._price, 0)
        down = round((self._down.value or 0) * self._per_unit)
        return self._desk.counter.plan(self._price, self._currency, down, int(self._months.value))

    def _choose(self) -> None:
        self._details.set_visibility(not self._in_full.value)
        self._shown.clear()
        with self._shown:
            try:
                self._plan = self._asked()
            except ShopError as error:
                self._plan = None
                text(str(error), classes="hint")
            else:
                plan_table(self._plan)


def plan_table(plan: Plan) -> None:
    """What is paid now, and every instalment with its day."""
    text(say("pay.now", amount=show.money(plan.down, plan.currency)), classes="price")
    if plan.in_full:
        return
    with ui.element("details"):
        first = show.money(plan.dues[0].amount, plan.currency)
        text(say("pay.rest", count=len(plan.dues), amount=first), "summary")
        with ui.element("table"):
            with ui.element("thead"), ui.element("tr"):
                for name in ("number", "day", "amount", "left"):
                    text(say(f"pay.column_{name}"), "th").props('scope="col"')
            with ui.element("tbody"):
                _rows(plan)


def _rows(plan: Plan) -> None:
    left = plan.price - plan.down
    for number, due in enumerate(plan.dues, start=1):
        left -= due.amount
        with ui.element("tr"):
            text(str(number), "td")
            text(f"{due.on:%Y-%m-%d}", "td")
            text(show.money(due.amount, plan.currency), "td")
            text(show.money(left, plan.currency), "td")
