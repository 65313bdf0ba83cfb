"""`make shop` as somebody sees it who starts it: real processes, and a browser before them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from simulator.broker import free_port
from tests.browser.visitor import PHONE, Visitor, chromium
from tests.support.photos import PHOTOS_DIR, needs_photos

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.browser,
    pytest.mark.timeout(300),
    needs_photos,
    pytest.mark.skipif(not os.environ.get("TOWERD_SHOP_STACK"), reason="`make test-shop`: a dozen processes, a minute"),
]
ANNA = "Anna (member, good credit)"
OPEN_WITHIN_S, ENDS_WITHIN_S, A_DRIVE_S = 120.0, 30.0, 90.0


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """What the stack says."""
    return tmp_path / "said.txt"


@pytest.fixture
def address(tmp_path: Path, log: Path) -> Iterator[str]:
    """The address of the shop of a whole stack."""
    port = free_port()
    options = ("--folder", str(tmp_path / "shop"), "--port", str(port), "--speed-up", "15")
    with log.open("w") as said:
        command = [sys.executable, "-m", "simulator.shop", "stack", *options]
        stack = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    ends_s = time.monotonic() + OPEN_WITHIN_S
    while "The shop is open" not in log.read_text():
        assert stack.poll() is None, log.read_text()
        assert time.monotonic() < ends_s, log.read_text()
        time.sleep(0.2)
    yield f"http://127.0.0.1:{port}"
    stack.send_signal(signal.SIGINT)
    stack.wait(ENDS_WITHIN_S)
    assert "Everything has ended." in log.read_text()


@pytest.fixture
def browser() -> Iterator[webdriver.Chrome]:
    with chromium() as chrome:
        yield chrome


@pytest.fixture
def visitor(browser: webdriver.Chrome, address: str) -> Visitor:
    """Somebody with a phone, who has time."""
    somebody = Visitor(browser, address)
    somebody.resize(PHONE)
    somebody.limit_s = A_DRIVE_S
    return somebody


def test_one_customers_way_and_a_dealers(visitor: Visitor, log: Path) -> None:
    visitor.log_in(ANNA)
    order_with_a_selfie(visitor)
    visitor.press("Walk up and show the face")
    visitor.see("The tower knows the face.")
    visitor.see("Number to bring it back")
    visitor.see("Done.")
    assert "customer identified by face (liveness: challenge)" in log.read_text()
    assert "Ford Mondeo has left with its customer" in log.read_text()
    visitor.press("Drive 50 km")
    visitor.see("12050 km")
    visitor.press("Bring the car back")
    visitor.see("The car is back. Thank you.")
    visitor.see("Book another")

    # another one, that no tower has, is waited for; a dealer brings it
    visitor.go("/car/nanjing-1/v_0901")
    visitor.press("Order a test drive and wait")
    visitor.see("For Anna")
    visitor.alive()
    by_code(visitor, "I pay the deposit of EUR 400; it comes back with the car")
    visitor.see("waiting for the car")
    bring_it_in(visitor, "v_0901")
    visitor.go("/orders")
    visitor.see("accepted")
    visitor.press_link("Ford Focus, green")
    visitor.see("A car has been set aside for the order.")
    assert visitor.complaints() == []


def order_with_a_selfie(visitor: Visitor) -> None:
    """From the list of cars to number and code."""
    visitor.go("/")
    visitor.see("32 cars")
    visitor.see("Not there at present")
    visitor.go("/order/nanjing-1/v_0001")
    visitor.press("Next")
    visitor.see("Now: I am at the tower")
    visitor.press("Next")
    visitor.see("At the tower your face opens the door")
    visitor.upload(PHOTOS_DIR / "obama.jpg")
    visitor.see("Your face alone")
    visitor.press("Next")
    visitor.tick("I accept the terms")
    visitor.press("Next")
    visitor.tick("I pay the deposit of EUR 500; it comes back with the car")
    visitor.press("Order the test drive")
    visitor.see("Withdraw consent to face recognition")
    visitor.alive()


def by_code(visitor: Visitor, deposit: str) -> None:
    """A test drive without a selfie, from the first step on."""
    visitor.press("Next")
    visitor.see("I wait for it until")
    visitor.press("Next")
    visitor.tick("The tower may compare my face with this selfie, for this order only")
    visitor.press("Next")
    visitor.tick("I accept the terms")
    visitor.press("Next")
    visitor.tick(deposit)
    visitor.press("Order the test drive")


def bring_it_in(visitor: Visitor, vehicle: str) -> None:
    """The dealer's part."""
    visitor.go("/dealer/dealer_3")
    visitor.press_link("Bring it into a tower", f"//li[@data-vehicle='{vehicle}']")
    visitor.wait(lambda: f"bring={vehicle}" in visitor.path, "the form")
    visitor.alive()
    visitor.press("Announce the car")
    visitor.see(f"Bringing in: {vehicle}")
    visitor.press("Drive the car in")
    visitor.see(f"{vehicle} is in.")
