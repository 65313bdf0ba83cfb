"""`make shop`: two towers of real processes and the shop over a real broker; a car goes out of one and into the other."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.demo.house import fresh_folder
from simulator.shop.model import DriveWish, Filter
from simulator.shop.stack import Stack, StackOptions, listen

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not os.environ.get("TOWERD_SHOP_STACK"), reason="`make test-shop`: six processes and half a minute"
    ),
]
ANNA = "c_anna"


def soon(reached: Callable[[], object], what: str) -> None:
    ends_s = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < ends_s, what
        time.sleep(0.1)


def test_a_car_is_driven_off_and_brought_back_to_the_other_tower(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with fresh_folder(tmp_path / "shop"), Stack(StackOptions(tmp_path / "shop", 15.0)) as stack, stack.shop as shop:
        soon(lambda: len({offer.tower for offer in shop.window.offers(Filter())}) == 2, "the offers of both")
        wish = DriveWish(make="Ford", model="Mondeo", colour="blue", terms_accepted=True, deposit_paid=True)
        order = shop.counter.drive(ANNA, wish).order
        assert order is not None
        assert (order.tower, order.state) == ("nanjing-1", "accepted")
        soon(lambda: stack_knows(stack, order.number), "the number in the tower's status")
        listen(stack, [f"come {order.number} {order.code}", "come 0000 00000000", "dance", "quit", "never"])
        soon(lambda: "return_elsewhere" in shop.counter.order(order.order).may, "the loan")
        assert "0 towers know the number 0000" in capsys.readouterr().out

        back = shop.counter.return_elsewhere(order.order, "shanghai-2").order
        assert back is not None
        soon(lambda: stack_knows(stack, back.number), "the number in the tower's status")
        listen(stack, [f"come {back.number} {back.code}"])
        assert "is in." in capsys.readouterr().out
        soon(lambda: "book_another" in shop.counter.order(order.order).may, "the first tower is told")
        loan = shop.counter.order(order.order).loan
        assert loan is not None
        assert loan.state == "returned_elsewhere"
        (dealer,) = shop.dealership.dealers()
        soon(
            lambda: (
                next(row.tower for row in shop.dealership.stock(dealer) if row.vehicle.id == back.vehicle)
                == "shanghai-2"
            ),
            "the car in its new tower",
        )

        # another one, and back to where it came from
        other = shop.counter.drive(ANNA, DriveWish(make="Skoda", terms_accepted=True, deposit_paid=True)).order
        assert other is not None
        soon(lambda: stack_knows(stack, other.number), "the number in the tower's status")
        listen(stack, [f"come {other.number} {other.code}"])
        soon(lambda: "return_elsewhere" in shop.counter.order(other.order).may, "the loan")
        soon(lambda: shop.counter.order(other.order).state == "completed", "the empty cabin")
        listen(stack, [f"back {other.number}"])
        soon(lambda: "book_another" in shop.counter.order(other.order).may, "the return")


def stack_knows(stack: Stack, number: str | None) -> bool:
    return any(number in stack.numbers(house) for house in stack.houses.values())
