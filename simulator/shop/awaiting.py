"""Cars that dealers have and no tower offers at once: they may be ordered and waited for (orders-if.md 4.4 `wait_until`). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.shop.following import is_open
from simulator.shop.model import Offer
from simulator.shop.rows import OrderRow
from simulator.shop.views import at, vehicle_of

Kind = tuple[str, str, str]
"""Make, model and colour: what is waited for is any car of that kind."""


@dataclass(frozen=True, slots=True)
class Site:
    """A tower that could be waited at."""

    tower: str
    name: str
    distance_km: float | None


def offered_at_once(offers: Iterable[Offer]) -> set[Kind]:
    """The kinds that nobody has to wait for."""
    return {offer.vehicle.kind for offer in offers if offer.orderable_from is None}


def announced(rows: Iterable[OrderRow]) -> dict[Kind, OrderRow]:
    """The first car of each kind that a dealer is bringing to a tower."""
    coming = [row for row in rows if row.kind == "stock_in" and row.back_for is None and is_open(row)]
    first: dict[Kind, OrderRow] = {}
    for row in sorted(coming, key=lambda row: row.slot_from or row.asked_at):
        first.setdefault((row.make, row.model, row.colour), row)
    return first


def awaited(
    records: Iterable[Mapping[str, Any]], there: set[Kind], coming: Mapping[Kind, OrderRow], sites: Sequence[Site]
) -> list[Offer]:
    """An offer at each site for every kind in the dealers' books that is not `there`; `sites`: the nearest first.

    Where a kind is announced at one of the sites, that one comes first.
    """
    kinds: dict[Kind, Mapping[str, Any]] = {}
    for record in records:
        kinds.setdefault((record["make"], record["model"], record["colour"]), record)
    found: list[Offer] = []
    for kind, record in sorted(kinds.items()):
        if kind in there or not record["offers"]:
            continue
        row = coming.get(kind)
        offers = [_offer(record, site, row if row is not None and row.tower == site.tower else None) for site in sites]
        found += sorted(offers, key=lambda offer: offer.condition != "announced")
    return found


def _offer(record: Mapping[str, Any], site: Site, row: OrderRow | None) -> Offer:
    drive, purchase = record["offers"].get("test_drive"), record["offers"].get("purchase")
    return Offer(
        vehicle_of(record),
        site.tower,
        site.name,
        site.distance_km,
        "awaited" if row is None else "announced",
        None if row is None else at(row.slot_from),
        None,
        drive and drive["fee"],
        drive and drive["deposit"],
        purchase and purchase["price"],
        (drive or purchase)["currency"],
        awaited=True,
    )
