"""The pages, the shop behind them and two towers with real cores: what is clicked is done, and shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest

from simulator.shop.model import Order
from simulator.shop.shop import Shop
from tests.browser.conftest import AnyDesk
from tests.browser.test_customer import photo_of_code
from tests.browser.visitor import Visitor
from tests.support.shop_kit import NEAR, Street, time_of
from towerd.places import OUT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
ANNA = "Anna (member, good credit)"


@pytest.fixture
def street(tmp_path: Path) -> Street:
    return Street(tmp_path)


@pytest.fixture
def shop(street: Street, visitor: Visitor, any_desk: AnyDesk) -> Iterator[Shop]:
    """The real desk, before the visitor's pages."""
    with street.shop() as shop:
        any_desk.now = shop
        yield shop
        visitor.browser.get("about:blank")


def catch_up(street: Street) -> None:
    """The towers' clocks stand while somebody clicks: let them see what time it is before they judge a token."""
    for line in street.lines.values():
        line.until("now", lambda line=line: time_of(line.core) >= datetime.now(UTC))


def test_a_car_is_scanned_ordered_collected_and_bought(
    visitor: Visitor, street: Street, shop: Shop, tmp_path: Path
) -> None:
    visitor.log_in(ANNA)
    order = order_by_photo(visitor, street, shop, tmp_path)
    assert order.number is not None
    assert order.code is not None
    visitor.see(order.number)
    visitor.see(order.code)
    assert cv2.QRCodeDetector().detectAndDecode(visitor.image())[0] == order.qr

    # at the tower: number and code are typed, the car comes down and is driven off
    near = street.lines[NEAR]
    near.come(order.order)
    assert near.core.state.tables.vehicles["v_0042"].place == OUT
    visitor.see("Number to bring it back")
    visitor.not_see(order.code)
    # others can have it when it is due back
    visitor.go("/")
    visitor.see("\nfrom ")
    keep_it(visitor, street)
    assert near.core.state.tables.loans[order.order].state == "sold"
    assert shop.people.standing("c_anna").against == ()


def order_by_photo(visitor: Visitor, street: Street, shop: Shop, tmp_path: Path) -> Order:
    """From the code in a showroom to number and code."""
    visitor.go("/")
    visitor.see("4 cars")
    visitor.go("/scan")
    visitor.upload(photo_of_code(tmp_path / "code.png", "https://shop.example/v/v_0042"))
    visitor.wait(lambda: visitor.path == f"/car/{NEAR}/v_0042", "the car's page")
    visitor.press("Book a test drive")
    visitor.see("For Anna")
    visitor.alive()
    visitor.press("Next")
    visitor.press("Next")
    visitor.upload(photo_of_code(tmp_path / "me.png", "any picture: the towers here look at no face"))
    visitor.see("Your face alone")
    visitor.press("Next")
    visitor.tick("I accept the terms")
    visitor.press("Next")
    visitor.tick("I pay the deposit of CNY 1,000; it comes back with the car")
    catch_up(street)
    visitor.press("Order the test drive")
    visitor.see("Withdraw consent to face recognition")
    (order,) = shop.counter.orders("c_anna")
    return order


def keep_it(visitor: Visitor, street: Street) -> None:
    """From the list of orders to a car of one's own."""
    visitor.go("/orders")
    visitor.see("with you")
    visitor.press("Ford Mondeo, blue")
    visitor.alive()
    visitor.press("Buy this car")
    visitor.see("Then 36 instalments")
    visitor.alive()
    visitor.choose("The rest over", "24 months")
    visitor.see("Then 24 instalments")
    visitor.tick("I pay what is due now")
    catch_up(street)
    visitor.press("Buy")
    visitor.see("The car is yours.")


def test_what_a_dealer_takes_out_of_service_leaves_the_window(visitor: Visitor, street: Street, shop: Shop) -> None:
    visitor.go("/")
    visitor.see("4 cars")
    (dealer,) = shop.dealership.dealers()
    visitor.go(f"/dealer/{dealer}")
    for vehicle in ("v_0007", "v_0008", "v_0042", "v_0043"):
        visitor.see(vehicle)
    visitor.press_in("//li[@data-vehicle='v_0007']", "Out of service")
    visitor.tick("cleaning")
    catch_up(street)
    visitor.press("Take out of service")
    visitor.see("out of service: cleaning")
    visitor.go("/")
    visitor.see("3 cars")
    visitor.go(f"/dealer/{dealer}")
    catch_up(street)
    visitor.press_in("//li[@data-vehicle='v_0007']", "Release")
    visitor.not_see("out of service: cleaning")
    visitor.go("/")
    visitor.see("4 cars")


def test_a_refusal_of_the_tower_comes_through(visitor: Visitor, shop: Shop, street: Street) -> None:
    visitor.log_in("Emil (identity not checked)")
    visitor.go(f"/order/{NEAR}/v_0042")
    visitor.press("Next")
    visitor.press("Next")
    visitor.tick("The tower may compare my face with this selfie, for this order only")
    visitor.press("Next")
    visitor.tick("I accept the terms")
    visitor.press("Next")
    visitor.tick("I pay the deposit of CNY 1,000; it comes back with the car")
    catch_up(street)
    visitor.press("Order the test drive")
    visitor.see("Have your identity checked; here: on the page Account.")
    assert street.lines[NEAR].core.state.tables.orders == {}
