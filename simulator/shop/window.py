"""What the towers offer, merged, and seen from where the customer is."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from simulator.shop import rules
from simulator.shop.awaiting import Site, announced, awaited, offered_at_once
from simulator.shop.ledger import Ledger
from simulator.shop.model import Filter, Offer, Position, Service, Slot, Tower
from simulator.shop.people import known
from simulator.shop.rows import OrderRow, VehicleRow
from simulator.shop.towers import Towers
from simulator.shop.views import offer_of

AHEAD: Final = timedelta(days=30)
SLOT: Final = timedelta(minutes=30)
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FAR_KM: Final = 1e6

TERMS_VERSION: Final = "2026-09"
TERMS: Final = """These are the terms of a stand-in shop. Nothing here binds anybody.
1. The car is driven by the customer alone, with a valid licence, and brought back within the time of the loan.
2. The deposit is given back when the car is back undamaged.
3. The car may be bought instead: in full, or with a tenth at once and the rest in monthly instalments.
4. The selfie serves to recognise the customer at the tower for this order only, and is destroyed 24 hours after its end.
   Without consent the code alone serves."""

SERVICES: Final = (
    Service("insurance_basic", "Insurance, basic"),
    Service("insurance_full", "Insurance without excess"),
    Service("winter_tyres", "Winter tyres"),
    Service("child_seat", "Child seat"),
)


def fits(offer: Offer, wanted: Filter) -> bool:
    """Whether an offer is what is wanted."""
    vehicle = offer.vehicle
    pairs = (
        (wanted.make, vehicle.make),
        (wanted.model, vehicle.model),
        (wanted.colour, vehicle.colour),
        (wanted.propulsion, vehicle.propulsion),
        (wanted.tower, offer.tower),
    )
    return all(value is None or value == found for value, found in pairs)


def _by_distance(offer: Offer) -> tuple[float, str, str, str, str]:
    vehicle = offer.vehicle
    far_km = _FAR_KM if offer.distance_km is None else offer.distance_km
    return far_km, vehicle.make, vehicle.model, vehicle.colour, vehicle.id


def day_slots(offer: Offer, day: date, now: datetime) -> list[Slot]:
    """The half hours of a day (UTC) from now, or from when the vehicle can be had, at most 30 days ahead."""
    earliest = max(now, offer.orderable_from or now)
    begin = datetime.combine(day, time(), UTC)
    slots = [Slot(begin + n * SLOT, begin + (n + 1) * SLOT) for n in range(48)]
    return [slot for slot in slots if earliest <= slot.from_at <= now + AHEAD]


class WindowDesk:
    """`desk.Window` over what the towers publish."""

    def __init__(self, ledger: Ledger, towers: Towers) -> None:
        self._ledger, self._towers = ledger, towers

    def _position(self, customer: str | None) -> Position | None:
        if customer is None:
            return None
        with self._ledger.look() as books:
            return known(books, customer).position

    def towers(self, customer: str | None = None) -> Sequence[Tower]:
        """See `desk.Window`."""
        views = [self._towers.view(tower) for tower in self._towers.configs]
        place = self._position(customer)
        if place is None:
            return views
        return sorted(views, key=lambda tower: rules.distance_km(place, tower.position))

    def offers(self, wanted: Filter, customer: str | None = None) -> Sequence[Offer]:
        """See `desk.Window`."""
        place = self._position(customer)
        found = [
            offer_of(vehicle, tower, self._towers, place)
            for tower in self._towers.reachable()
            for vehicle in (self._towers.line(tower).held("catalogue") or {"vehicles": []})["vehicles"]
        ]
        return sorted((offer for offer in found if fits(offer, wanted)), key=_by_distance)

    def awaited(self, wanted: Filter, customer: str | None = None) -> Sequence[Offer]:
        """See `desk.Window`."""
        place = self._position(customer)
        sites = [
            Site(one.tower, one.name, None if place is None else round(rules.distance_km(place, one.position), 1))
            for one in self.towers(customer)
            if one.reachable and wanted.tower in (None, one.tower)
        ]
        with self._ledger.look() as books:
            records = [json.loads(row.record) for row in books.rows(VehicleRow)]
            coming = announced(books.rows(OrderRow, "kind = 'stock_in'"))
        there = offered_at_once(self.offers(Filter(tower=wanted.tower)))
        return [offer for offer in awaited(records, there, coming, sites) if fits(offer, wanted)]

    def choices(self) -> dict[str, tuple[str, ...]]:
        """See `desk.Window`."""
        vehicles = [offer.vehicle for offer in (*self.offers(Filter()), *self.awaited(Filter()))]
        names = ("make", "model", "colour", "propulsion")
        return {name: tuple(sorted({str(getattr(one, name)) for one in vehicles})) for name in names}

    def find(self, text: str, customer: str | None = None) -> Offer | None:
        """See `desk.Window`."""
        ids = _ID.findall(text.strip())
        offers = {offer.vehicle.id: offer for offer in self.offers(Filter(), customer)}
        # a link holds more than the id: the last part that is a vehicle's counts
        there = next((offers[one] for one in reversed(ids) if one in offers), None)
        return there or self._like(ids, customer)

    def _like(self, ids: Sequence[str], customer: str | None) -> Offer | None:
        """An offer of the same kind as a dealer's car that no tower has: it may stand in a showroom."""
        with self._ledger.look() as books:
            rows = filter(None, (books.find(VehicleRow, one) for one in reversed(ids)))
            record = next((json.loads(row.record) for row in rows), None)
        if record is None:
            return None
        wanted = Filter(record["make"], record["model"], record["colour"])
        return next(iter((*self.offers(wanted, customer), *self.awaited(wanted, customer))), None)

    def nearest(self, wanted: Filter, customer: str, slot: Slot | None = None) -> Offer | None:
        """See `desk.Window`."""
        fitting = [offer for offer in self.offers(wanted, customer) if offer.drive_deposit is not None]
        return self.best(fitting, slot)

    def best(self, offers: Sequence[Offer], slot: Slot | None) -> Offer | None:
        """The first of these that can be had at that time; who wants it now goes where the machine can deliver."""
        begins = datetime.now(UTC) if slot is None else slot.from_at
        in_time = [offer for offer in offers if offer.orderable_from is None or offer.orderable_from <= begins]
        serving = [offer for offer in in_time if slot is not None or self._towers.view(offer.tower).can_deliver]
        return next(iter(serving or in_time), None)

    def slots(self, offer: Offer, day: date | None = None) -> Sequence[Slot]:
        """See `desk.Window`."""
        now = datetime.now(UTC)
        return day_slots(offer, day or now.date(), now)

    def fee_due(self, offer: Offer, customer: str) -> int:
        """See `desk.Window`."""
        with self._ledger.look() as books:
            free = rules.drives_free(known(books, customer))
        return 0 if free else offer.drive_fee or 0

    def services(self) -> Sequence[Service]:
        """See `desk.Window`."""
        return SERVICES

    def terms(self) -> str:
        """See `desk.Window`."""
        return TERMS
