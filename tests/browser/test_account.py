"""Accounts: whoever somebody is, what stands against a drive, and what can be taken back."""

from __future__ import annotations

import pytest

from simulator.shop.model import Reason
from simulator.shop.pages.account import local
from tests.browser.fake_desk import ANNA, BORIS, FakeDesk, order_of
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def test_what_stands_against_a_drive_is_shown_and_changed(either: Visitor, desk: FakeDesk) -> None:
    either.log_in("Boris Wu")
    either.go("/account")
    either.see("A test drive would be refused now")
    either.see("Pay the fee in the last step.")
    either.picture("account")
    either.type("Credit score", "760")
    either.tick("Is a member")
    either.type("Driving licence until (year-month-day)", "never")
    either.press("Save")
    either.see("A day is written like 2031-04-30.")
    either.type("Driving licence until (year-month-day)", "2032-01-31")
    either.press("Save")
    either.see("Nothing stands against a test drive.")
    changed = desk.people.all[BORIS.customer]
    assert (changed.credit_score, changed.member, str(changed.licence_until)) == (760, True, "2032-01-31")


def test_somebody_new_is_made_up(visitor: Visitor, desk: FakeDesk) -> None:
    visitor.go("/login")
    visitor.press("Make this account")
    visitor.see("Please give a name.")
    visitor.type("Name", "Chen Mei")
    visitor.press("Make this account")
    visitor.press("Chen Mei")
    visitor.see("Logged in as Chen Mei")
    visitor.go("/account")
    visitor.press("Log out")
    visitor.not_see("Logged in as")


def test_consent_is_withdrawn_for_every_open_order(visitor: Visitor, desk: FakeDesk) -> None:
    may = frozenset({"cancel", "withdraw_consent"})
    desk.put(order_of(desk.offers_now[0], ANNA.customer, face_consent=True, may=may))
    visitor.log_in("Anna Li")
    visitor.go("/account")
    visitor.press("Withdraw consent (1)")
    visitor.see("No tower may compare your face at present.")
    assert desk.sent == [("consent", ("o_91", None))]


def test_erasing_needs_a_second_thought_and_says_what_stays(visitor: Visitor, desk: FakeDesk) -> None:
    visitor.log_in("Anna Li")
    visitor.go("/account")
    visitor.press("Erase my data")
    visitor.see("Please confirm first that you are sure.")
    assert desk.sent == []
    desk.people.left = (Reason("no_such_order", "An order is still open."),)
    visitor.tick("I am sure")
    visitor.press("Erase my data")
    visitor.see("Not everything could be erased yet")
    desk.people.left = ()
    visitor.press("Erase my data")
    visitor.see("Log in")
    visitor.see("6 cars")
    assert ANNA.customer not in desk.people.all


def test_an_order_of_somebody_else_is_not_shown(visitor: Visitor, desk: FakeDesk) -> None:
    desk.put(order_of(desk.offers_now[0], ANNA.customer))
    visitor.log_in("Boris Wu")
    for path in ("/orders/o_91", "/orders/o_91/buy"):
        visitor.go(path)
        visitor.see("You have no such order.")
        assert "40719365" not in visitor.text


@pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", ""])
def test_logging_in_leads_nowhere_else(address: str) -> None:
    assert local(address) == "/"
    assert local("/orders/o_91") == "/orders/o_91"
