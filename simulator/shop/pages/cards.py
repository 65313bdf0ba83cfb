"""An offer as a card, and a car's picture."""

from __future__ import annotations

from urllib.parse import quote

from nicegui import ui

from simulator.shop.model import Offer, Vehicle
from simulator.shop.pages import picture, show
from simulator.shop.pages.frame import named, text
from simulator.shop.pages.texts import say


def car_picture(vehicle: Vehicle, classes: str = "") -> ui.element:
    """The car's photo where it can be had, else a drawing in its colour."""
    image = ui.element("div").classes(f"picture {classes}").style(picture.backgrounds(vehicle)).props('role="img"')
    return named(image, say("offer.picture", colour=vehicle.colour, car=show.title(vehicle)))


def car_address(offer: Offer) -> str:
    """The page of the offered car."""
    return f"/car/{quote(offer.tower, safe='')}/{quote(offer.vehicle.id, safe='')}"


def swatch(colour: str) -> None:
    """A dot in the car's colour."""
    ui.element("span").classes("swatch").style(f"background: {picture.paint(colour)}").props('aria-hidden="true"')


def price_lines(offer: Offer) -> list[str]:
    """What the car is offered for."""
    lines = []
    if offer.drive_deposit is not None:
        lines.append(say("offer.drive", deposit=show.money(offer.drive_deposit, offer.currency)))
    if offer.purchase_price is not None:
        lines.append(say("offer.buy", price=show.money(offer.purchase_price, offer.currency)))
    return lines


def offer_card(offer: Offer) -> None:
    """One car to choose, as a link to its page."""
    vehicle = offer.vehicle
    with ui.link(target=car_address(offer)).classes("card").props(f'data-vehicle="{vehicle.id}"'):
        car_picture(vehicle)
        with ui.element("div").classes("card-body"):
            text(show.title(vehicle), "h2")
            with ui.element("p").classes("facts"):
                swatch(vehicle.colour)
                text(show.facts(vehicle), "span")
            where = " · ".join(part for part in (offer.tower_name, show.distance(offer.distance_km)) if part)
            text(where, classes="facts")
            text(show.availability(offer), classes="ready")
            for line in price_lines(offer):
                text(line, classes="price")
