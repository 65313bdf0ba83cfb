"""A person at a browser: looks for what is written, clicks it, types, uploads a file."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from selenium import webdriver
from selenium.common.exceptions import (
    NoSuchElementException,
    StaleElementReferenceException,
    TimeoutException,
    WebDriverException,
)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
DESKTOP, PHONE = (1200, 900), (390, 844)
WIDE = frozenset({"front", "dealer"})
"""Pictures that are taken at a desktop; the others at a phone."""
SHADE = 5
LIMIT_S = 30.0
ANSWER_LIMIT_S = 60.0
"""How long the browser may take for one answer: longer than any wait of its own, of which it tells more itself."""
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
FLAGS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars", OFFLINE)
PROGRAMS = ("chromium", "chromedriver")


def quoted(words: str) -> str:
    """Words as a string of XPath."""
    return f'"{words}"' if '"' not in words else f"'{words}'"


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """A browser, until it is not needed any more; the test is skipped where this machine has none."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        pytest.skip(f"needs {' and '.join(missing)}")
    chrome = _start()
    try:
        yield chrome
    finally:
        chrome.quit()


def _start() -> webdriver.Chrome:
    """A browser without a window and without any network but this machine."""
    options = webdriver.ChromeOptions()
    browser, driver = (shutil.which(name) for name in PROGRAMS)
    options.binary_location = str(browser)
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(str(driver)))
    # without these a browser that says nothing any more is waited for without an end
    chrome.command_executor.client_config.timeout = ANSWER_LIMIT_S
    chrome.set_page_load_timeout(LIMIT_S)
    chrome.set_script_timeout(LIMIT_S)
    return chrome


def _was_left(error: WebDriverException) -> bool:
    """Whether a page changed while it was read from; chromedriver has a name for that in most cases only."""
    named = isinstance(error, (StaleElementReferenceException, NoSuchElementException))
    return named or "does not belong to the document" in str(error)


class Screen:
    """What the browser shows, at a desktop's or a phone's size."""

    def __init__(self, browser: webdriver.Chrome, base: str) -> None:
        self.browser, self._base = browser, base
        self.resize(DESKTOP)

    def resize(self, size: tuple[int, int]) -> None:
        """A screen of this width and height."""
        self._size = size
        screen = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size[0] < 600}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)

    @property
    def phone(self) -> bool:
        """Whether it is a phone's."""
        return self._size == PHONE

    @property
    def path(self) -> str:
        """Where the browser is, below the shop's address."""
        return self.browser.current_url.removeprefix(self._base)

    @property
    def text(self) -> str:
        """What is written on the page."""
        return self.browser.find_element(By.TAG_NAME, "body").text

    def image(self) -> np.ndarray:
        """The whole page as it looks."""
        width, height = self._size
        full = int(self.script("return document.querySelector('.nicegui-layout').scrollHeight"))
        self.resize((width, max(height // 2, full)))
        png = np.frombuffer(self.browser.get_screenshot_as_png(), np.uint8)
        self.resize((width, height))
        return cv2.imdecode(png, cv2.IMREAD_COLOR)

    def script(self, words: str) -> Any:
        """What the page says of itself."""
        return self.browser.execute_script(words)

    def picture(self, name: str) -> None:
        """A picture for the documentation, where one is wanted (`make pictures`); the page must fit its screen always."""
        assert self.overflow_px() == 0, f"{self.path} is wider than its screen"
        if "TOWERD_PICTURES" in os.environ and (name in WIDE) != self.phone:
            # few shades make a small file; no more than a person sees at once
            image = self.image()[: self._size[1]]
            shades = (np.round(image / SHADE) * SHADE).astype(np.uint8)
            cv2.imwrite(str(PICTURES / f"shop-{name}.png"), shades, [cv2.IMWRITE_PNG_COMPRESSION, 9])

    def overflow_px(self) -> int:
        """How much of the page does not fit the screen's width."""
        return int(self.script("return document.documentElement.scrollWidth - window.innerWidth"))

    def complaints(self) -> list[str]:
        """What the browser itself found wrong; a car's photo that cannot be had is none."""
        entries = self.browser.get_log("browser")
        return [one["message"] for one in entries if one["level"] == "SEVERE" and "shop.example" not in one["message"]]


class Visitor(Screen):
    """One person with one screen. What is looked for is waited for; what never comes fails with what was there instead."""

    limit_s = LIMIT_S

    def go(self, path: str) -> None:
        """Open a page, and wait until it is alive: before that a click reaches nobody."""
        try:
            self.browser.get(self._base + path)
        except TimeoutException as error:
            raise AssertionError(f"waited in vain for {path} to be loaded") from error
        self.alive()

    def alive(self) -> None:
        """Wait until the page is connected."""
        self.wait(lambda: self.script("return window.did_handshake === true"), "the page to be connected")

    def log_in(self, name: str) -> None:
        """Choose an account."""
        self.go("/login")
        self.press(name)
        self.see(f"Logged in as {name}")

    def wait(self, holds: Callable[[], Any], what: str) -> Any:
        """What `holds` gives as soon as that is something."""
        ends = time.monotonic() + self.limit_s
        while time.monotonic() < ends:
            try:
                found = holds()
            except WebDriverException as error:
                if not _was_left(error):
                    raise
                found = None
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"waited in vain for {what} on {self.path}:\n{self.text}")

    def find(self, xpath: str, what: str | None = None) -> WebElement:
        """The first shown element."""

        def shown() -> WebElement | None:
            every = self.browser.find_elements(By.XPATH, xpath)
            return next((one for one in every if one.is_displayed()), None)

        return self.wait(shown, what or xpath)  # type: ignore[no-any-return]

    def see(self, words: str) -> None:
        """Wait until these words are on the page."""
        self.wait(lambda: words in self.text, repr(words))

    def not_see(self, words: str) -> None:
        """Wait until these words are not on the page."""
        self.wait(lambda: words not in self.text, f"{words!r} to go")

    def press(self, words: str) -> None:
        """Click the button or link that says this."""
        inside = f"descendant-or-self::*[normalize-space(.)={quoted(words)}]"
        self._click(f"(//button|//a|//summary)[{inside}]", f"a button {words!r}")

    def press_in(self, place: str, words: str) -> None:
        """Click the button that says this within one part of the page."""
        self._click(f"{place}//button[normalize-space(.)={quoted(words)}]", f"a button {words!r} in {place}")

    def press_link(self, words: str, place: str = "") -> None:
        """Click the link that says this among other words, within one part of the page."""
        self._click(f"{place}//a[contains(normalize-space(.), {quoted(words)})]", f"a link {words!r} in {place}")

    def tick(self, name: str) -> None:
        """Click a checkbox or a radio button."""
        kinds = "@role='checkbox' or @role='radio'"
        self._click(f"//*[{kinds}][normalize-space(.)={quoted(name)}]", f"a box {name!r}")

    def choose(self, name: str, option: str) -> None:
        """Choose from a list."""
        self._click(f"//label[.//*[@aria-label={quoted(name)}]]", f"a list {name!r}")
        self._click(f"//*[contains(@class,'q-menu')]//*[@role='option'][normalize-space(.)={quoted(option)}]", option)
        # one that fades out still covers what is under it, and still offers what the next one offers as well
        menus = (By.CLASS_NAME, "q-menu")
        self.wait(lambda: not self.browser.find_elements(*menus), f"the list {name!r} to close")

    def type(self, name: str, words: str) -> None:
        """Write into a field, in place of what was there."""
        field = self.find(f"//input[@aria-label={quoted(name)}]", f"a field {name!r}")
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(words)

    def upload(self, file: Path) -> None:
        """Choose a file."""
        # the input itself is never shown: the button over it is
        inputs = (By.XPATH, "//input[@type='file']")
        self.wait(lambda: len(self.browser.find_elements(*inputs)) == 1, "one field for a file")
        self.browser.find_element(*inputs).send_keys(str(file))

    def _click(self, xpath: str, what: str) -> None:
        def clicked() -> bool:
            element = self.find(xpath, what)
            self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
            element.click()
            return True

        self.wait(clicked, what)
