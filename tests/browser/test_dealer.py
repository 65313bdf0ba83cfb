"""A dealer's page, in a real browser."""

from __future__ import annotations

import pytest

from simulator.shop.model import Outcome, Reason, StockRow, Vehicle
from tests.browser.fake_desk import FakeDesk, vehicle
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
ROW = "//li[@data-vehicle='{}']"


def test_a_damaged_car_goes_out_of_service_and_out_of_the_window(either: Visitor, desk: FakeDesk) -> None:
    either.go("/dealer")
    either.press("dealer_3")
    either.see("bay 2-4 · v_0051 · 1204 km")
    either.press_in(ROW.format("v_0051"), "Out of service")
    either.see("Why is the Haval H6 out of service?")
    either.press("Take out of service")
    either.see("Please choose a reason.")
    either.tick("damage")
    either.type("Note", "scratch on the left door")
    either.press("Take out of service")
    either.see("out of service: damage")
    assert desk.sent == [("out_of_service", ("v_0051", ("damage",), "scratch on the left door"))]
    either.picture("dealer")
    either.go("/")
    either.see("5 cars")
    either.go("/dealer/dealer_3")
    either.press_in(ROW.format("v_0051"), "Release")
    either.not_see("out of service: damage")
    assert desk.sent[-1] == ("release", "v_0051")


def test_a_car_is_announced(visitor: Visitor, desk: FakeDesk) -> None:
    visitor.go("/dealer/dealer_3")
    visitor.press("Announce the car")
    visitor.see("Missing: Vehicle id.")
    for name, words in {"Vehicle id": "v_0077", "Make": "Ford", "Model": "Focus", "Colour": "green"}.items():
        visitor.type(name, words)
    visitor.press("Announce the car")
    visitor.see("Missing: Tag number.")
    visitor.type("Tag number", "3054420077")
    visitor.type("Mass, kg", "1450")
    visitor.choose("Tower", "South Mall")
    visitor.press("Announce the car")
    visitor.see("Bringing in: v_0077")
    visitor.see("40719365")
    what, (tower, record, slot) = desk.sent[-1]
    assert (what, tower, slot) == ("stock_in", "south-2", None)
    assert record["tag"] == 3054420077
    assert record["mass_kg"] == 1450
    assert record["offers"] == {
        "test_drive": {"fee": 15000, "deposit": 100000, "currency": "CNY"},
        "purchase": {"price": 21900000, "currency": "CNY"},
    }
    assert set(record) == {
        *("id", "tag", "make", "model", "colour", "year", "trim", "propulsion", "mass_kg"),
        *("length_mm", "width_mm", "height_mm", "image_url", "offers"),
    }


def test_a_car_in_no_tower_is_announced_with_what_is_known_of_it(visitor: Visitor, desk: FakeDesk) -> None:
    car = vehicle(77, "Skoda", "Enyaq", "blue", propulsion="electric")
    purchase = {"purchase": {"price": 4690000, "currency": "EUR"}}
    facts = {name: getattr(car, name) for name in Vehicle.__dataclass_fields__ if name != "owner"}
    record = {**facts, "tag": 3054420077, "offers": purchase}
    desk.dealership.rows.append(StockRow(car, 3054420077, None, None, "unknown", (), False, None, record))
    visitor.go("/dealer/dealer_3")
    visitor.see("In no tower")
    visitor.press("Bring it into a tower")
    visitor.wait(lambda: visitor.path == "/dealer/dealer_3?bring=v_0077#bring", "the form")
    visitor.alive()
    visitor.press("Announce the car")
    visitor.see("Bringing in: v_0077")
    assert desk.sent == [("stock_in", ("north-1", record, None))]


def test_a_car_is_taken_out_and_a_refusal_told(visitor: Visitor, desk: FakeDesk) -> None:
    reasons = (Reason("rate_limited", "There have been too many requests."),)
    desk.answer = lambda order: Outcome(False, True, reasons, None)
    visitor.go("/dealer/dealer_3")
    visitor.press_in(ROW.format("v_0042"), "Take out of the tower")
    visitor.see("There have been too many requests.")
    visitor.see("Try again in an hour.")
    desk.answer = lambda order: Outcome(True, True, (), order)
    visitor.press_in(ROW.format("v_0042"), "Take out of the tower")
    visitor.see("Taking out: v_0042")
    visitor.not_see("There have been too many requests.")
