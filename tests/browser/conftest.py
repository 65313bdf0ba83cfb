"""A shop in this process and a browser before it, once for all tests; a desk and an empty cookie jar for each."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from selenium import webdriver

from simulator.shop.pages import site
from tests.browser.fake_desk import FakeDesk
from tests.browser.visitor import PHONE, Visitor, chromium

END_LIMIT_S = 30.0


class AnyDesk:
    """The desk of the test that runs: the pages are built once in a process."""

    def __init__(self) -> None:
        self.now: Any = FakeDesk()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.now, name)


@pytest.fixture(scope="session")
def any_desk() -> AnyDesk:
    return AnyDesk()


@pytest.fixture(scope="session")
def address(any_desk: AnyDesk) -> Iterator[str]:
    """The address of a running shop."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # who comes before the server does, waits
        server = site.server(any_desk, port=0)  # type: ignore[arg-type]
        # one that does not end must not keep the process that says so
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(END_LIMIT_S)
        assert not thread.is_alive(), f"waited in vain for the shop to end, {END_LIMIT_S} s"


@pytest.fixture(scope="session")
def browser(address: str) -> Iterator[webdriver.Chrome]:
    """A browser; it leaves before the shop at `address` closes."""
    with chromium() as chrome:
        yield chrome


@pytest.fixture
def desk(any_desk: AnyDesk) -> FakeDesk:
    any_desk.now = FakeDesk()
    return any_desk.now  # type: ignore[no-any-return]


@pytest.fixture
def visitor(browser: webdriver.Chrome, address: str, desk: FakeDesk) -> Iterator[Visitor]:
    """Somebody at a desktop; nothing may be wrong in the browser's own eyes afterwards."""
    browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
    somebody = Visitor(browser, address)
    yield somebody
    assert somebody.complaints() == []


@pytest.fixture(params=["desktop", "phone"])
def either(request: pytest.FixtureRequest, visitor: Visitor) -> Visitor:
    """The same person at a desktop, and with a phone."""
    if request.param == "phone":
        visitor.resize(PHONE)
    return visitor
