"""The form with which a dealer announces a vehicle: its record (orders-if.md 4.4), the tower and when it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from nicegui import ui

from simulator.shop.model import Offer, Outcome, ShopError, Vehicle
from simulator.shop.pages import show
from simulator.shop.pages.frame import Notice, Visit, loading, text
from simulator.shop.pages.steps import need
from simulator.shop.pages.texts import say
from simulator.shop.pages.wishes import TimeChoice

WORDS = {"id": "", "make": "", "model": "", "colour": "", "trim": "", "image_url": ""}
NUMBERS = {"tag": 0, "year": 2026, "mass_kg": 1600, "length_mm": 4500, "width_mm": 1830, "height_mm": 1480}
PROPULSIONS = ("petrol", "diesel", "hybrid", "electric")
OPTIONAL = frozenset({"trim", "image_url"})


def _prices_of(known: Mapping[str, Any]) -> tuple[str, dict[str, float | None]]:
    """Currency and prices of a car's record, in whole units; what fits many cars where there is none."""
    if not known:
        return "CNY", {"deposit": 1000, "fee": 150, "price": 219000}
    drive, purchase = (known["offers"].get(name, {}) for name in ("test_drive", "purchase"))
    currency = str((drive or purchase)["currency"])
    said = {"deposit": drive.get("deposit"), "fee": drive.get("fee"), "price": purchase.get("price")}
    per_unit = show.minor_in(currency)
    return currency, {name: None if value is None else value / per_unit for name, value in said.items()}


class StockForm:
    """Everything about a vehicle that a tower must know."""

    def __init__(self, visit: Visit, dealer: str, known: Mapping[str, Any]) -> None:
        """Nothing is shown before `show`. `known`: the record of a car of the dealer's books, or nothing."""
        self._visit, self._dealer, self._known = visit, dealer, known
        self._fields: dict[str, ui.input | ui.number] = {}

    def show(self) -> None:
        """Every field, with what is known, or with values that fit most cars."""
        known = self._known
        towers = {tower.tower: tower.name for tower in self._visit.desk.window.towers()}
        text(say("stock.lead"))
        with ui.element("div").classes("fields"):
            self._tower = ui.select(towers, label=say("stock.tower"), value=next(iter(towers), None)).props(
                "outlined dense"
            )
            for name, value in WORDS.items():
                self._fields[name] = ui.input(say(f"stock.{name}"), value=known.get(name, value)).props(
                    "outlined dense"
                )
            self._propulsion = ui.select(
                {one: say(f"propulsion.{one}") for one in PROPULSIONS},
                label=say("stock.propulsion"),
                value=known.get("propulsion", "hybrid"),
            ).props("outlined dense")
            for name, number in NUMBERS.items():
                self._fields[name] = ui.number(
                    say(f"stock.{name}"), value=known.get(name, number or None), precision=0, min=1
                ).props("outlined dense")
        text(say("stock.offers"), "h3")
        self._prices()
        text(say("stock.when"), "h3")
        self._time = TimeChoice(self._visit, self._as_offer())
        self._time.build()
        self._notice = Notice()
        with ui.element("div").classes("actions"):
            self._button = ui.button(say("stock.go"), on_click=self._send).props("no-caps unelevated")

    def _prices(self) -> None:
        currency, prices = _prices_of(self._known)
        with ui.element("div").classes("fields"):
            self._currency = ui.input(say("stock.currency"), value=currency).props("outlined dense")
            for name, value in prices.items():
                self._fields[name] = ui.number(say(f"stock.{name}"), value=value, min=0, precision=2).props(
                    "outlined dense clearable"
                )

    def _as_offer(self) -> Offer:
        """A vehicle that is not there yet: only its tower matters to the choice of a time."""
        vehicle = Vehicle("", "", "", "", 0, "", "", "", self._dealer, 0, 0, 0, 0)
        return Offer(vehicle, str(self._tower.value), "", None, "", None, None, None, None, None, "")

    def record(self) -> dict[str, Any]:
        """The vehicle record that was typed. Raises ShopError where something is missing."""
        values = {name: field.value for name, field in self._fields.items()}
        for name in (*WORDS, *NUMBERS):
            need(name in OPTIONAL or values[name], say("stock.missing", name=say(f"stock.{name}")))
        record = {name: str(values[name] or "").strip() for name in WORDS}
        numbers = {name: int(values[name]) for name in NUMBERS}
        return {**record, **numbers, "propulsion": self._propulsion.value, "offers": self._offers(values)}

    def _offers(self, values: dict[str, Any]) -> dict[str, Any]:
        currency = (self._currency.value or "").strip().upper()
        per_unit = show.minor_in(currency)
        offers: dict[str, Any] = {}
        if values["deposit"] is not None:
            deposit, fee = round(values["deposit"] * per_unit), round((values["fee"] or 0) * per_unit)
            offers["test_drive"] = {"fee": fee, "deposit": deposit, "currency": currency}
        if values["price"]:
            offers["purchase"] = {"price": round(values["price"] * per_unit), "currency": currency}
        return offers

    def _announce(self) -> Outcome:
        tower = str(self._tower.value)
        return self._visit.desk.dealership.stock_in(self._dealer, tower, self.record(), self._time.slot)

    async def _send(self) -> None:
        with self._notice.trying():
            need(self._tower.value, say("stock.missing", name=say("stock.tower")))
            self._time.check()
            self.record()
            with loading(self._button):
                outcome = await asyncio.to_thread(self._announce)
            if outcome.answered and not outcome.ok:
                self._notice.refuse(say("outcome.refused"), outcome.reasons)
            elif not outcome.ok:
                raise ShopError(say("outcome.no_answer"))
