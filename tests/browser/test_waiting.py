"""A car that is not there: ordered, waited for and followed, in a real browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from simulator.shop.model import Outcome
from tests.browser.fake_desk import FakeDesk, to_be_awaited
from tests.browser.test_customer import on_from_the_time, tomorrow
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
NEW_YEAR = datetime(2027, 1, 1, 12, tzinfo=UTC)


def test_a_car_that_is_not_there_is_ordered_and_waited_for(either: Visitor, desk: FakeDesk) -> None:
    desk.awaited_now = [to_be_awaited(), replace(to_be_awaited(), tower="north-1", tower_name="North Gate")]
    waits = "Accepted. The car still has to arrive at the tower."
    desk.answer = lambda order: Outcome(
        True, True, (), desk.put(replace(order, state="awaiting_stock", text=waits, wait_until=NEW_YEAR))
    )
    either.log_in("Anna Li")
    either.go("/")
    either.see("6 cars")
    either.see("Not there at present")
    either.see("not there at present: order and wait")
    either.find("//a[@data-vehicle='v_0070']").click()
    either.wait(lambda: either.path == "/car/south-2/v_0070", "the car's page")
    either.alive()
    either.press("North Gate")
    either.wait(lambda: either.path == "/car/north-1/v_0070", "the other tower")
    either.press("Order a test drive and wait")
    either.see("For Anna Li")
    either.alive()
    either.press("Next")
    either.choose("I wait for it until", f"{tomorrow():%a} {tomorrow().day} {tomorrow():%b}")
    either.picture("wait")
    on_from_the_time(either)
    either.see("4711")
    what, wish = desk.sent[-1]
    assert (what, wish.vehicle, wish.make, wish.model, wish.colour) == ("test_drive", None, "Skoda", "Enyaq", "blue")
    assert (wish.tower, wish.slot, wish.wait_until.date()) == ("north-1", None, tomorrow().date())
    either.see(waits)
    either.see("Waits until")
    either.go("/orders")
    either.see("waiting for the car")
    either.see("until Fri 1 Jan")
    desk.put(replace(desk.orders_now["o_91"], late=True, text="The car should be there by now and is not."))
    either.see("late")
    desk.put(replace(desk.orders_now["o_91"], state="expired", text="The car did not arrive in time."))
    either.see("expired")


def test_a_car_that_comes_back_later_may_be_waited_for(visitor: Visitor, desk: FakeDesk) -> None:
    desk.offers_now = [replace(desk.offers_now[0], orderable_from=tomorrow(), ready_in_s=None)]
    visitor.log_in("Anna Li")
    visitor.go("/collect/north-1/v_0042")
    visitor.press("Next")
    visitor.tick("As soon as one is there")
    visitor.press("Next")
    visitor.tick("The tower may compare my face with this selfie, for this order only")
    visitor.press("Next")
    visitor.tick("I accept the terms")
    visitor.press("Next")
    visitor.tick("I pay what is due now")
    visitor.press("Buy")
    visitor.see("40719365")
    wish = desk.sent[-1][1]
    assert (wish.vehicle, wish.model, (wish.wait_until.date() - datetime.now().date()).days) == (None, "Mondeo", 15)
