"""The shop's window: what stands in the towers, by picture, tower, make, model, colour and words; one car's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from nicegui import ui

from simulator.shop.desk import Desk
from simulator.shop.model import Filter, Offer, ShopError, Vehicle
from simulator.shop.pages import show
from simulator.shop.pages.cards import car_address, car_picture, offer_card, swatch
from simulator.shop.pages.frame import Visit, frame, link_button, pairs, section, text
from simulator.shop.pages.photo import qr_picture
from simulator.shop.pages.texts import say, word

LOOK_AGAIN_S = 2.0
"""How often a page asks whether something has changed."""
FILTERS = ("make", "model", "colour", "propulsion")


class Shelf:
    """The offers that fit what is chosen, kept as they are now."""

    def __init__(self, visit: Visit, wanted: Filter, words: str) -> None:
        """`words`: what was typed."""
        self._visit, self._wanted, self._words = visit, wanted, words
        self._shown: tuple[list[Offer], list[Offer]] | None = None
        self._count = text("", classes="count").props('role="status"')
        self._cards = ui.element("div").classes("cards")
        self._later = section(say("front.awaited"), "awaited")
        with self._later:
            text(say("front.awaited_lead"))
            self._waited = ui.element("div").classes("cards")
        self.look()
        ui.timer(LOOK_AGAIN_S, self.look)

    def want(self, name: str, value: str | None) -> None:
        """Another tower, make, model, colour or propulsion; None: any."""
        self._wanted = replace(self._wanted, **{name: value})
        self.look()

    def search(self, words: str | None) -> None:
        """Other words."""
        self._words = words or ""
        self.look()

    def look(self) -> None:
        """Show what there is now, if that is not what is shown."""
        window, customer = self._visit.desk.window, self._visit.customer
        found = self._fitting(window.offers(self._wanted, customer))
        awaited = first_of_each(self._fitting(window.awaited(self._wanted, customer)), found)
        if (found, awaited) == self._shown:
            return
        self._shown = found, awaited
        self._count.set_text(say(f"front.count_{min(len(found), 2)}", count=len(found)))
        self._later.set_visibility(bool(awaited))
        for cards, offers in ((self._cards, found), (self._waited, awaited)):
            cards.clear()
            with cards:
                for offer in offers:
                    offer_card(offer)

    def _fitting(self, offers: Sequence[Offer]) -> list[Offer]:
        return [offer for offer in offers if show.fits(offer, self._words)]


def first_of_each(awaited: Sequence[Offer], offers: Sequence[Offer]) -> list[Offer]:
    """One offer of each kind that is not among `offers` anyway."""
    kinds = {offer.vehicle.kind for offer in offers}
    first: dict[tuple[str, str, str], Offer] = {}
    for offer in awaited:
        if offer.vehicle.kind not in kinds:
            first.setdefault(offer.vehicle.kind, offer)
    return list(first.values())


def _unreachable(desk: Desk) -> None:
    for tower in desk.window.towers():
        if not tower.reachable:
            text(say("front.unreachable", tower=tower.name), classes="hint")
        elif not tower.can_deliver:
            why = ", ".join(word("why_not", one) for one in tower.why_not)
            text(say("front.cannot_deliver", tower=tower.name, why=why), classes="hint")


def _filters(desk: Desk, shelf: Shelf, wanted: Filter, words: str) -> None:
    choices = desk.window.choices()
    towers: dict[str | None, str] = {None: say("front.any")}
    towers.update((tower.tower, tower.name) for tower in desk.window.towers())
    ui.input(say("front.words"), value=words, on_change=lambda event: shelf.search(event.value)).props(
        "outlined dense clearable debounce=250 type=search"
    ).classes("wide")
    ui.select(
        towers,
        label=say("front.tower"),
        value=wanted.tower,
        on_change=lambda event: shelf.want("tower", event.value),
    ).props("outlined dense")
    for name in FILTERS:
        options: dict[str | None, str] = {None: say("front.any")}
        options.update((one, one) for one in choices.get(name, ()))
        chosen = getattr(wanted, name)
        ui.select(
            options,
            label=say(f"front.{name}"),
            value=chosen if chosen in options else None,
            on_change=lambda event, name=name: shelf.want(name, event.value),
        ).props("outlined dense")


def _colours(visit: Visit, offer: Offer, to: str) -> None:
    """The same model in every colour that there is, the nearest of each."""
    vehicle, window = offer.vehicle, visit.desk.window
    wanted = Filter(make=vehicle.make, model=vehicle.model)
    nearest: dict[str, Offer] = {vehicle.colour: offer}
    for other in (*window.offers(wanted, visit.customer), *window.awaited(wanted, visit.customer)):
        nearest.setdefault(other.vehicle.colour, other)
    with ui.element("ul").classes("colours"):
        for colour in sorted(nearest):
            other = nearest[colour]
            target = f"/{to}/{quote(other.tower, safe='')}/{quote(other.vehicle.id, safe='')}"
            current = 'aria-current="true"' if colour == vehicle.colour else ""
            with ui.element("li"), ui.link(target=target).props(current):
                swatch(colour)
                text(colour if other.tower == offer.tower else f"{colour} · {other.tower_name}", "span")


def _places(visit: Visit, offer: Offer) -> None:
    """Where else such a car may be waited for."""
    wanted = Filter(*offer.vehicle.kind)
    others = [one for one in visit.desk.window.awaited(wanted, visit.customer) if one.vehicle == offer.vehicle]
    with ui.element("ul").classes("colours"):
        for other in others:
            current = 'aria-current="true"' if other.tower == offer.tower else ""
            with ui.element("li"), ui.link(target=car_address(other)).props(current):
                text(other.tower_name, "span")


def find_offer(visit: Visit, tower: str, vehicle: str) -> Offer:
    """The offer of a vehicle at a tower, or of one of its kind to be waited for there. Raises ShopError where there is none."""
    window, wanted = visit.desk.window, Filter(tower=tower)
    for look in (window.offers, window.awaited):
        for offer in look(wanted, visit.customer):
            if offer.vehicle.id == vehicle:
                return offer
    raise ShopError(say("car.gone"))


def car_head(visit: Visit, offer: Offer, to: str) -> ui.element:
    """Picture, name and colours of the car that a page is about; `to`: the page that another colour leads to.

    Gives the place beside the picture for more, to be entered with `with`.
    """
    with ui.element("div").classes("car-head"):
        car_picture(offer.vehicle, "large")
        with ui.element("div") as beside:
            text(show.facts(offer.vehicle), classes="facts")
            text(say("car.colours"), "h2")
            _colours(visit, offer, to)
    return beside


def _size(vehicle: Vehicle) -> str:
    return say(
        "car.size",
        length=f"{vehicle.length_mm / 1000:.2f}",
        width=f"{vehicle.width_mm / 1000:.2f}",
        height=f"{vehicle.height_mm / 1000:.2f}",
        mass=vehicle.mass_kg,
    )


def _car(visit: Visit, offer: Offer) -> None:
    rows = [
        (say("car.tower"), offer.tower_name),
        (say("car.ready"), show.availability(offer)),
        (say("car.condition"), word("condition", offer.condition)),
        (say("car.measures"), _size(offer.vehicle)),
        (say("car.dealer"), offer.vehicle.owner),
    ]
    if offer.drive_deposit is not None:
        rows.append((say("car.deposit"), show.money(offer.drive_deposit, offer.currency)))
        rows.append((say("car.fee"), _fee(visit, offer)))
    if offer.purchase_price is not None:
        rows.append((say("car.price"), show.money(offer.purchase_price, offer.currency)))
    here = f"{quote(offer.tower, safe='')}/{quote(offer.vehicle.id, safe='')}"
    with car_head(visit, offer, "car"):
        if offer.awaited:
            text(say("car.awaited"), classes="hint")
            _places(visit, offer)
        pairs(rows)
    with ui.element("div").classes("actions"):
        if offer.drive_deposit is not None:
            link_button(say("car.drive_wait" if offer.awaited else "car.drive"), f"/order/{here}")
        if offer.purchase_price is not None:
            link_button(
                say("car.buy_wait" if offer.awaited else "car.buy"),
                f"/collect/{here}",
                primary=offer.drive_deposit is None,
            )
    _sign(offer.vehicle)


def _sign(vehicle: Vehicle) -> None:
    """What stands at the car in a showroom, to be scanned."""
    with ui.element("details"):
        text(say("car.sign"), "summary")
        image = ui.element("img").props(f'src="{qr_picture(vehicle.id)}"').classes("sign")
        image.props["alt"] = say("car.sign_of", vehicle=vehicle.id)
        text(vehicle.id, classes="facts")


def _fee(visit: Visit, offer: Offer) -> str:
    if visit.customer is None:
        return say("car.fee_unknown", fee=show.money(offer.drive_fee or 0, offer.currency))
    fee = visit.desk.window.fee_due(offer, visit.customer)
    return say("car.fee_none") if fee == 0 else show.money(fee, offer.currency)


def add(desk: Desk) -> None:
    """The pages `/` and `/car/…`."""

    @ui.page("/")
    def front(make: str = "", model: str = "", colour: str = "", tower: str = "", words: str = "") -> None:
        with frame(desk, say("front.title"), "browse") as visit:
            text(say("front.lead"))
            _unreachable(desk)
            wanted = Filter(make=make or None, model=model or None, colour=colour or None, tower=tower or None)
            filters = ui.element("div").classes("filters").props('role="search"')
            shelf = Shelf(visit, wanted, words)
            with filters:
                _filters(desk, shelf, wanted, words)

    @ui.page("/car/{tower}/{vehicle}")
    def car(tower: str, vehicle: str) -> None:
        with frame(desk, _car_title(desk, tower, vehicle), "browse") as visit:
            _car(visit, find_offer(visit, tower, vehicle))


def _car_title(desk: Desk, tower: str, vehicle: str) -> str:
    try:
        return show.title(find_offer(Visit(desk, None), tower, vehicle).vehicle)
    except ShopError:
        return say("car.title")
