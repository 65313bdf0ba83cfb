"""The pages before the real shop and two towers' real cores: what is clicked is signed, sealed, decided and shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.shop.shop import Shop
from tests.browser.conftest import AnyDesk
from tests.browser.visitor import Visitor
from tests.support.shop_kit import FAR, NEAR, Street

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
ANNA = "Anna (member, good credit)"


@pytest.fixture
def street(tmp_path: Path) -> Street:
    return Street(tmp_path)


@pytest.fixture
def real(visitor: Visitor, any_desk: AnyDesk, street: Street) -> Iterator[Shop]:
    with street.shop() as shop:
        any_desk.now = shop
        yield shop
        # the page that is open asks on
        visitor.go("/about:blank")


def test_a_car_is_ordered_driven_bought_and_another_one_booked(visitor: Visitor, real: Shop, street: Street) -> None:
    visitor.go("/")
    visitor.see("4 cars")
    visitor.log_in(ANNA)
    visitor.go(f"/order/{NEAR}/v_0042")
    visitor.press("Next")
    visitor.press("Next")
    visitor.tick("The tower may compare my face with this selfie, for this order only")
    visitor.press("Next")
    visitor.tick("I accept the terms")
    visitor.press("Next")
    visitor.press("Order the test drive")
    visitor.see("The deposit")
    visitor.tick("I pay the deposit of CNY 1,000; it comes back with the car")
    visitor.press("Order the test drive")
    visitor.wait(lambda: visitor.path.startswith("/orders/"), "the order's page")
    (order,) = real.counter.orders("c_anna")
    assert order.number
    assert order.code
    visitor.see(order.number)
    visitor.see(order.code)

    street.lines[NEAR].come(order.order)
    visitor.see("The car is with you.")
    visitor.press("Buy this car")
    visitor.tick("I pay what is due now")
    visitor.choose("The rest over", "12 months")
    visitor.press("Buy")
    visitor.see("The car is yours.")

    visitor.go(f"/order/{FAR}/v_0043")
    visitor.see("Mondeo")
    assert real.people.standing("c_anna").against == ()


def test_a_dealer_sees_the_stock_of_all_towers(visitor: Visitor, real: Shop) -> None:
    (dealer,) = real.dealership.dealers()
    visitor.go(f"/dealer/{dealer}")
    for vehicle in ("v_0007", "v_0008", "v_0042", "v_0043"):
        visitor.see(vehicle)
