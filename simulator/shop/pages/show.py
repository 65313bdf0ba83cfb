"""Amounts, times and distances as a customer reads them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo

from simulator.shop.model import Offer, Slot, Vehicle
from simulator.shop.pages.texts import say

WITHOUT_CENTS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK"})
"""Currencies whose minor unit is the unit itself."""


def money(amount: int, currency: str) -> str:
    """Minor units as an amount with its currency."""
    whole, cents = divmod(amount, minor_in(currency))
    return f"{currency} {whole:,}.{cents:02d}" if cents else f"{currency} {whole:,}"


def day(on: date) -> str:
    """A day with its weekday."""
    return say("when.day", weekday=say(f"when.weekday_{on.weekday()}"), day=on.day, month=say(f"when.month_{on.month}"))


def moment(at: datetime, zone: tzinfo | None = None) -> str:
    """Day and time on the clock at the tower (None: this machine's)."""
    local = at.astimezone(zone)
    return say("when.moment", day=day(local.date()), time=f"{local:%H:%M}")


def span(slot: Slot, zone: tzinfo | None = None) -> str:
    """From when until when, without the day."""
    return f"{slot.from_at.astimezone(zone):%H:%M}–{slot.until_at.astimezone(zone):%H:%M}"


def slot_text(slot: Slot | None, zone: tzinfo | None = None) -> str:
    """The day and the half hour, from when until when where it is longer, or now."""
    if slot is None:
        return say("when.now")
    if slot.from_at.astimezone(zone).date() != slot.until_at.astimezone(zone).date():
        return say("when.from_until", begins=moment(slot.from_at, zone), ends=moment(slot.until_at, zone))
    return say("when.moment", day=day(slot.from_at.astimezone(zone).date()), time=span(slot, zone))


def lasting(seconds: float) -> str:
    """How long something takes, roughly."""
    if seconds < 90:
        return say("when.seconds", count=max(1, round(seconds)))
    if seconds < 2 * 3600:
        return say("when.minutes", count=round(seconds / 60))
    if seconds < 2 * 86400:
        return say("when.hours", count=round(seconds / 3600))
    return say("when.days", count=round(seconds / 86400))


def distance(km: float | None) -> str:
    """How far a tower is; nothing where nobody is logged in."""
    return "" if km is None else say("offer.distance", km=f"{km:.1f}" if km < 10 else f"{km:.0f}")


def title(vehicle: Vehicle) -> str:
    """What a vehicle is called."""
    return f"{vehicle.make} {vehicle.model}"


def facts(vehicle: Vehicle) -> str:
    """Colour, year, trim and what moves it."""
    propulsion = say(f"propulsion.{vehicle.propulsion}")
    return " · ".join(part for part in (vehicle.colour, str(vehicle.year), vehicle.trim, propulsion) if part)


def availability(offer: Offer) -> str:
    """From when the car can be had, and how long it takes to come down."""
    if offer.awaited:
        came = offer.orderable_from
        if came is not None:
            return say("offer.arrives", at=moment(came))
        return say("offer.announced" if offer.condition == "announced" else "offer.awaited")
    if offer.orderable_from is not None:
        return say("offer.from", at=moment(offer.orderable_from))
    if offer.ready_in_s is None:
        return say("offer.now")
    return say("offer.ready_in", time=lasting(offer.ready_in_s))


def fits(offer: Offer, words: str) -> bool:
    """Whether every word a customer typed is somewhere in what the offer says."""
    vehicle = offer.vehicle
    everything = f"{title(vehicle)} {facts(vehicle)} {offer.tower} {offer.tower_name} {vehicle.id}".casefold()
    return all(part in everything for part in words.casefold().split())


def days_from(today: date, count: int) -> Iterable[date]:
    """`count` days, beginning with today."""
    return (today + timedelta(days=number) for number in range(count))


def on_day(day: date, slots: Iterable[Slot], zone: tzinfo | None = None) -> list[Slot]:
    """Those that begin on a day of the clock at the tower (None: this machine's)."""
    return [slot for slot in slots if slot.from_at.astimezone(zone).date() == day]


def minor_in(currency: str) -> int:
    """How many minor units make one unit of a currency."""
    return 1 if currency in WITHOUT_CENTS else 100
