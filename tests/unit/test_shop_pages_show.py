"""Amounts, times, names and drawings of the stand-in shop's pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from xml.etree import ElementTree as ET

import pytest

from simulator.shop.model import Offer, Slot, Vehicle
from simulator.shop.pages import picture, show

AT = datetime(2026, 12, 6, 18, 5, tzinfo=UTC)
CAR = Vehicle("v_1", "Ford", "Mondeo", "dark blue", 2026, "", "hybrid", "", "dealer_3", 1780, 4871, 1852, 1482)
OFFER = Offer(CAR, "north-1", "North Gate", 2.44, "available", None, 64.0, 15000, 100000, 21900000, "CNY")


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (0, "CNY", "CNY 0"),
        (100000, "CNY", "CNY 1,000"),
        (21900050, "CNY", "CNY 219,000.50"),
        (5, "EUR", "EUR 0.05"),
        (1500, "JPY", "JPY 1,500"),
    ],
)
def test_money(amount: int, currency: str, shown: str) -> None:
    assert show.money(amount, currency) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.2, "1 s"), (64, "64 s"), (100, "2 min"), (3600, "60 min"), (3 * 3600, "3 h"), (3 * 86400, "3 days")],
)
def test_how_long_something_takes(seconds: float, shown: str) -> None:
    assert show.lasting(seconds) == shown


def test_times_are_those_at_the_tower() -> None:
    zone = timezone(timedelta(hours=8))
    slot = Slot(AT, AT + timedelta(minutes=30))
    assert show.moment(AT, UTC) == "Sun 6 Dec, 18:05"
    assert show.moment(AT, zone) == "Mon 7 Dec, 02:05"
    assert show.slot_text(slot, zone) == "Mon 7 Dec, 02:05–02:35"
    assert show.slot_text(None) == "at once"
    assert show.on_day(date(2026, 12, 7), [slot], zone) == [slot]
    assert show.on_day(date(2026, 12, 7), [slot], UTC) == []
    assert list(show.days_from(date(2026, 12, 31), 2)) == [date(2026, 12, 31), date(2027, 1, 1)]


def test_what_an_offer_says() -> None:
    assert show.availability(OFFER) == "ready in 64 s"
    assert show.facts(CAR) == "dark blue · 2026 · hybrid"
    assert [show.distance(km) for km in (None, 2.44, 21.3)] == ["", "2.4 km away", "21 km away"]
    assert show.fits(OFFER, "BLUE north mondeo")
    assert not show.fits(OFFER, "blue south")


def test_every_body_is_a_drawing_in_its_paint() -> None:
    for body in picture.BODY:
        drawing = picture.drawn(body, picture.PAINT["red"])
        assert ET.fromstring(drawing).tag.endswith("svg")
        assert picture.PAINT["red"] in drawing


def test_the_drawing_resembles_the_car() -> None:
    assert picture.address(CAR) == f"/picture/saloon/{picture.PAINT['blue'].removeprefix('#')}.svg"
    tall = Vehicle("v", "a", "b", "mauve", 2026, "", "petrol", "", "d", 1, 4000, 1, 1650)
    small = Vehicle("v", "a", "b", "red", 2026, "", "petrol", "", "d", 1, 3900, 1, 1450)
    assert (picture.shape(tall), picture.shape(small)) == ("tall", "small")
    assert picture.paint("mauve") == picture.UNKNOWN


@pytest.mark.parametrize(
    ("url", "used"),
    [
        ("https://shop.example/v.jpg", True),
        ("", False),
        ("javascript:alert(1)", False),
        ("https://x.example/a') ; background: red", False),
        ("https://x.example/a\\27", False),
    ],
)
def test_only_an_address_can_come_before_the_drawing(url: str, used: bool) -> None:
    style = picture.backgrounds(Vehicle("v", "a", "b", "red", 2026, "", "petrol", url, "d", 1, 4500, 1, 1450))
    assert (url in style if url else "url('')" in style) is used
    assert style.endswith(".svg')")
