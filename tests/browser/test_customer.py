"""A customer's way through the shop, in a real browser, before a desk that does what the test says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from simulator.shop.model import STAND_IN, Happened, Loan, Order, Outcome, Reason
from simulator.shop.pages.photo import qr_png
from tests.browser.fake_desk import ANNA, NORTH, FakeDesk, order_of
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
BAND = "Stand-in shop: no real money, no real cars"


@pytest.fixture
def selfie(tmp_path: Path) -> Path:
    """Any picture: faces are the tower's business."""
    path = tmp_path / "me.png"
    image = np.full((600, 480, 3), (180, 190, 200), np.uint8)
    cv2.ellipse(image, (240, 280), (110, 150), 0, 0, 360, (140, 170, 220), -1)
    cv2.imwrite(str(path), image)
    return path


def photo_of_code(path: Path, text: str) -> Path:
    """A QR code as a phone sees it: turned a little, grey, on a desk."""
    code = cv2.imdecode(np.frombuffer(qr_png(text), np.uint8), cv2.IMREAD_COLOR)
    canvas = np.full((1500, 1900, 3), 170, np.uint8)
    canvas[500 : 500 + code.shape[0], 800 : 800 + code.shape[1]] = (code * 0.8 + 20).astype(np.uint8)
    turn = cv2.getRotationMatrix2D((950, 650), 12, 1.3)
    seen = cv2.warpAffine(canvas, turn, (1900, 1500), borderValue=(170, 170, 170))
    cv2.imwrite(str(path), cv2.GaussianBlur(seen, (5, 5), 0))
    return path


def test_cars_are_found_by_tower_make_colour_and_words(either: Visitor) -> None:
    either.go("/")
    either.see(BAND)
    either.see("All towers are simulated.")
    either.see("6 cars")
    either.picture("front")
    either.picture("cars")
    either.choose("Make", "Ford")
    either.see("3 cars")
    either.choose("Tower", "South Mall")
    either.see("1 car\n")
    either.choose("Tower", "Any")
    either.choose("Colour", "red")
    either.see("1 car\n")
    either.see("red · 2026")
    either.choose("Colour", "Any")
    either.choose("Make", "Any")
    either.type("Search", "electric dolphin")
    either.see("1 car\n")
    either.type("Search", "submarine")
    either.see("No car fits.")


def test_a_car_that_is_taken_leaves_the_window_by_itself(visitor: Visitor, desk: FakeDesk) -> None:
    visitor.go("/")
    visitor.see("Haval H6")
    desk.offers_now = [one for one in desk.offers_now if one.vehicle.model != "H6"]
    visitor.not_see("Haval H6")
    visitor.see("5 cars")


def test_towers_that_are_silent_or_stand_still_are_named(visitor: Visitor, desk: FakeDesk) -> None:
    desk.towers_now = [
        replace(NORTH, reachable=False),
        replace(NORTH, name="East", can_deliver=False, why_not=("hold",)),
    ]
    visitor.go("/")
    visitor.see("North Gate does not answer")
    visitor.see("East hands out no cars at the moment (hold)")


def test_a_photo_of_a_code_leads_to_the_car(either: Visitor, tmp_path: Path) -> None:
    either.go("/scan")
    either.upload(photo_of_code(tmp_path / "nothing.png", "v_9999"))
    either.see("No tower offers a car “v_9999”.")
    either.upload(photo_of_code(tmp_path / "code.png", "https://shop.example/v/v_0050"))
    either.see("BYD Dolphin")
    either.wait(lambda: either.path == "/car/north-1/v_0050", "the car's page")


def test_what_is_no_photo_of_a_code_is_told(visitor: Visitor, selfie: Path, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    visitor.go("/scan")
    visitor.upload(tmp_path / "text.png")
    visitor.see("This file is no picture")
    visitor.upload(selfie)
    visitor.see("There is no QR code to be seen")
    visitor.type("Vehicle id", "v_0051")
    visitor.press("Show the car")
    visitor.see("Haval H6")


def test_an_order_needs_somebody(visitor: Visitor) -> None:
    visitor.go("/car/north-1/v_0042")
    visitor.see("none for members of good credit")
    visitor.press("Book a test drive")
    visitor.see("Please log in first")
    visitor.press("Log in")
    visitor.press("Anna Li")
    visitor.see("For Anna Li")


def through_the_steps(visitor: Visitor, selfie: Path) -> None:
    """Every step of a test drive up to the payment, each first without what it asks for."""
    visitor.press("Next")
    visitor.tick("Later")
    visitor.see("Nothing is free on this day.")
    visitor.press("Next")
    visitor.see("Please choose a half hour.")
    visitor.choose("Day", f"{tomorrow():%a} {tomorrow().day} {tomorrow():%b}")
    visitor.choose("Half hour", "10:30–11:00")
    visitor.press("Next")
    visitor.see("At the tower your face opens the door")
    visitor.press("Next")
    visitor.see("Please choose a selfie")
    visitor.upload(selfie)
    visitor.see("Your face alone")
    visitor.not_see("Please choose a selfie")
    visitor.picture("order")
    visitor.press("Next")
    visitor.see("The car comes back within three days.")
    visitor.press("Next")
    visitor.see("Please accept the terms.")
    visitor.tick("I accept the terms")
    visitor.tick("Insurance, basic")
    visitor.press("Next")


def tomorrow() -> datetime:
    return datetime.now().astimezone() + timedelta(days=1)


def test_a_test_drive_from_the_car_to_number_and_code(either: Visitor, desk: FakeDesk, selfie: Path) -> None:
    either.log_in("Anna Li")
    either.go("/car/north-1/v_0042")
    either.see("none for you")
    either.press("red")
    either.wait(lambda: either.path == "/car/north-1/v_0043", "the red car")
    either.press("Book a test drive")
    through_the_steps(either, selfie)
    either.press("Order the test drive")
    either.see("The deposit has to be paid.")
    either.tick("I pay the deposit of CNY 1,000; it comes back with the car")
    either.press("Order the test drive")
    either.wait(lambda: either.path == "/orders/o_91", "the order's page")
    either.see("40719365")
    either.see("4711")
    what, wish = desk.sent[-1]
    assert (what, wish.vehicle, wish.tower) == ("test_drive", "v_0043", "north-1")
    assert (wish.face_consent, wish.terms_accepted, wish.deposit_paid, wish.fee_paid) == (True, True, True, False)
    assert wish.selfie == selfie.read_bytes()
    assert wish.services == ("insurance_basic",)
    assert wish.slot.from_at == tomorrow().replace(hour=10, minute=30, second=0, microsecond=0)
    assert cv2.QRCodeDetector().detectAndDecode(either.image())[0] == "4711 40719365"
    either.picture("number")


def test_without_consent_no_selfie_leaves_the_page(visitor: Visitor, desk: FakeDesk) -> None:
    visitor.log_in("Boris Wu")
    visitor.go("/order/north-1/v_0042")
    visitor.press("Next")
    visitor.press("Next")
    visitor.tick("The tower may compare my face with this selfie, for this order only")
    visitor.see("You will type number and code")
    visitor.press("Next")
    visitor.tick("I accept the terms")
    visitor.press("Next")
    visitor.tick("I pay the deposit of CNY 1,000; it comes back with the car")
    visitor.press("Order the test drive")
    visitor.see("The fee has to be paid")
    visitor.tick("I pay the fee of CNY 150")
    visitor.press("Order the test drive")
    visitor.see("40719365")
    wish = desk.sent[-1][1]
    assert (wish.selfie, wish.face_consent, wish.slot, wish.fee_paid) == (None, False, None, True)


def on_from_the_time(visitor: Visitor) -> None:
    """A test drive by number and code, from the step of the time on."""
    visitor.press("Next")
    visitor.tick("The tower may compare my face with this selfie, for this order only")
    visitor.press("Next")
    visitor.tick("I accept the terms")
    visitor.press("Next")
    visitor.tick("I pay the deposit of CNY 1,000; it comes back with the car")
    visitor.press("Order the test drive")


def quick_order(visitor: Visitor) -> None:
    """A test drive by number and code, at once."""
    visitor.log_in("Anna Li")
    visitor.go("/order/north-1/v_0042")
    visitor.press("Next")
    on_from_the_time(visitor)


def test_a_refusal_says_why_and_what_to_do(either: Visitor, desk: FakeDesk) -> None:
    reasons = (
        Reason("trial_limit", "Five test drives in sixty days are the most."),
        Reason("selfie_dark", "The selfie is too dark."),
    )
    desk.answer = lambda order: Outcome(False, True, reasons, replace(order, state="refused", reasons=reasons))
    quick_order(either)
    either.see("The tower has refused the order")
    either.see("Five test drives in sixty days are the most.")
    either.see("Wait until one of the drives is 60 days ago, or buy a car.")
    either.see("Go back to the selfie and take another.")
    either.picture("refused")
    desk.answer = lambda order: Outcome(True, True, (), order)
    either.press("Order the test drive")
    either.see("40719365")


def test_an_order_without_an_answer_is_followed(visitor: Visitor, desk: FakeDesk) -> None:
    asked = "Sent. The tower has not answered yet; the shop goes on asking."
    desk.answer = lambda order: Outcome(
        False, False, (), replace(order, state="asked", text=asked, number=None, code=None, qr=None)
    )
    quick_order(visitor)
    visitor.see(asked)
    desk.put(order_of(desk.offers_now[0], ANNA.customer))
    visitor.see("40719365")


def test_a_no_of_the_shop_and_a_defect_are_told_in_words(
    visitor: Visitor, desk: FakeDesk, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(order: Order) -> Outcome:
        raise ZeroDivisionError("a defect")

    desk.answer = broken
    quick_order(visitor)
    visitor.see("Something went wrong in the shop. It has been written down.")
    assert "ZeroDivisionError" not in visitor.text
    assert "a page failed" in caplog.text
    desk.offers_now = []
    visitor.go("/car/north-1/v_0042")
    visitor.see("This car is not offered any more.")
    visitor.go("/orders/nobody")
    visitor.see("There is no such order.")


def handed_over(desk: FakeDesk) -> Order:
    """An order whose car is with its customer."""
    due = datetime.now(UTC) + timedelta(days=3)
    return desk.put(
        order_of(
            desk.offers_now[0],
            ANNA.customer,
            state="completed",
            text="The car is with you.",
            number=None,
            code=None,
            qr=None,
            ready_in_s=None,
            loan=Loan("out", datetime.now(UTC), due, 0),
            may=frozenset({"buy", "return_elsewhere", "book_another"}),
        )
    )


def test_my_orders_follow_the_tower(either: Visitor, desk: FakeDesk) -> None:
    order = desk.put(order_of(desk.offers_now[0], ANNA.customer, face_consent=True))
    either.log_in("Anna Li")
    either.go("/orders")
    either.see("accepted")
    desk.put(replace(order, state="delivering", text="Your car is on its way down."))
    either.see("Your car is on its way down.")
    desk.counter.happened = [Happened(datetime.now(UTC), "north-1", "The tower has seen you.")]
    either.picture("orders")
    either.press("Ford Mondeo, blue")
    either.see("The tower has seen you.")
    handed_over(desk)
    either.see("The car is with you.")
    either.not_see("40719365")


def test_a_car_is_kept_by_instalments(either: Visitor, desk: FakeDesk) -> None:
    handed_over(desk)
    either.log_in("Anna Li")
    either.go("/orders/o_91")
    either.press("Buy this car")
    either.see("Then 36 instalments of about CNY 5,475")
    either.type("Now, in CNY", "5000")
    either.see("At least a tenth of the price is paid at once.")
    either.tick("I pay what is due now")
    either.press("Buy")
    either.see("Please choose how to pay.")
    either.type("Now, in CNY", "39000")
    either.choose("The rest over", "12 months")
    either.see("Then 12 instalments of about CNY 15,000")
    either.not_see("Please choose how to pay.")
    either.press("Then 12 instalments of about CNY 15,000")
    either.see("2027-12-01")
    either.picture("buy")
    either.press("Buy")
    either.see("The car is yours.")
    what, (order, plan) = desk.sent[-1]
    assert (what, order, plan.down, len(plan.dues)) == ("purchase", "o_91", 3900000, 12)


def test_an_order_is_cancelled_and_another_booked(visitor: Visitor, desk: FakeDesk) -> None:
    desk.put(order_of(desk.offers_now[0], ANNA.customer))
    visitor.log_in("Anna Li")
    visitor.go("/orders/o_91")
    visitor.press("Cancel")
    visitor.see("Cancelled.")
    visitor.press("Book another")
    visitor.see("3 cars")
    assert desk.sent == [("cancel", ("o_91", None))]


def test_a_deed_that_comes_too_late_says_so(visitor: Visitor, desk: FakeDesk) -> None:
    late = (Reason("too_late", "It is too late for that."),)
    desk.put(order_of(desk.offers_now[0], ANNA.customer))
    desk.answer = lambda order: Outcome(False, True, late, None)
    visitor.log_in("Anna Li")
    visitor.go("/orders/o_91")
    visitor.press("Cancel")
    visitor.see("It is too late for that.")
    visitor.see("40719365")


def test_a_car_goes_back_to_another_tower(visitor: Visitor, desk: FakeDesk) -> None:
    handed_over(desk)
    visitor.log_in("Anna Li")
    visitor.go("/orders/o_91")
    visitor.press("Bring it back there")
    visitor.see("Please choose a tower.")
    visitor.choose("Another tower", "South Mall")
    visitor.press("Bring it back there")
    visitor.wait(lambda: visitor.path == "/orders/o_92", "the order at the other tower")
    assert desk.sent == [("return_elsewhere", ("o_91", "south-2"))]


def test_a_car_is_bought_and_collected(visitor: Visitor, desk: FakeDesk) -> None:
    visitor.log_in("Anna Li")
    visitor.go("/car/south-2/v_0061")
    visitor.press("Buy and collect")
    visitor.press("Next")
    visitor.press("Next")
    visitor.tick("The tower may compare my face with this selfie, for this order only")
    visitor.press("Next")
    visitor.tick("I accept the terms")
    visitor.press("Next")
    visitor.tick("In full")
    visitor.see("Now: CNY 219,000")
    visitor.press("Buy")
    visitor.see("Please confirm the payment.")
    visitor.tick("I pay what is due now")
    visitor.press("Buy")
    visitor.see("40719365")
    what, wish = desk.sent[-1]
    assert (what, wish.vehicle, wish.plan.in_full, wish.plan.down) == ("collect", "v_0061", True, 21900000)


def test_the_footer_says_what_it_is(visitor: Visitor) -> None:
    for path in ("/", "/scan", "/orders", "/account", "/dealer", "/login", "/no/such/page"):
        visitor.go(path)
        visitor.see(STAND_IN)
        visitor.see(BAND)
