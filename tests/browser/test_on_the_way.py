"""Under way: the customer says when they come, and the car tells what it has been driven."""

from __future__ import annotations

import pytest

from tests.browser.fake_desk import ANNA, FakeDesk, FakeStage, order_of
from tests.browser.test_customer import handed_over
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def test_a_customer_says_that_they_come_and_drives(either: Visitor, desk: FakeDesk) -> None:
    desk.stage = FakeStage(desk)
    desk.put(order_of(desk.offers_now[0], ANNA.customer, may=frozenset({"on_my_way"})))
    either.log_in("Anna Li")
    either.go("/orders/o_91")
    either.choose("I arrive in", "20 minutes")
    either.press("I am on my way")
    either.see("You arrive")
    handed_over(desk)
    either.see("12000 km, 80 % left")
    either.press("Drive 50 km")
    either.see("12050 km, 70 % left")
    either.picture("stage")
    either.press("Bring the car back")
    either.see("Done: back.")
    assert desk.sent == [("eta", ("o_91", 20)), ("report", ("o_91", 50)), ("back", "o_91")]
