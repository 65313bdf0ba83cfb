"""Whoever sees badly, or has no mouse: names, headings, contrast and keys on every page, at both widths."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.fake_desk import ANNA, FakeDesk, order_of, to_be_awaited
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
PAGES = (
    "/",
    "/car/north-1/v_0042",
    "/car/south-2/v_0070",
    "/scan",
    "/order/north-1/v_0042",
    "/collect/north-1/v_0042",
    "/orders",
    "/orders/o_91",
    "/orders/o_91/buy",
    "/account",
    "/login",
    "/dealer",
    "/dealer/dealer_3",
    "/no/such/page",
)
NAMELESS = """
return [...document.querySelectorAll('input, button, a, img, [role=img], [role=checkbox], [role=radio]')].filter(one =>
  one.type !== 'hidden' && one.type !== 'file' && one.offsetParent !== null &&
  !(one.getAttribute('aria-label') || one.getAttribute('alt') || one.textContent.trim() || one.closest('label')?.textContent.trim()))
  .map(one => one.outerHTML.slice(0, 160))
"""
FAINT = """
const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b };
const parts = c => c.match(/[\\d.]+/g).map(Number);
const ground = one => { let under = [];
  for (; one; one = one.parentElement) { const c = parts(getComputedStyle(one).backgroundColor);
    if (c.length === 3 || c[3] === 1) { under.push(c); break } if (c[3] > 0) under.push(c) }
  return under.reverse().reduce((below, c) => c.length === 3 || c[3] === 1 ? c : c.slice(0, 3).map((v, i) => v * c[3] + below[i] * (1 - c[3])), [255, 255, 255]).slice(0, 3) };
return [...document.querySelectorAll('body *')].filter(one => one.offsetParent !== null && !one.closest('[aria-hidden=true]') &&
  [...one.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())).map(one => {
    const a = light(parts(getComputedStyle(one).color).slice(0, 3)), b = light(ground(one));
    return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), one.textContent.trim().slice(0, 60), one.className] })
  .filter(([ratio]) => ratio < 4.5)
"""


def test_every_page_has_names_a_heading_contrast_and_fits(either: Visitor, desk: FakeDesk) -> None:
    desk.put(order_of(desk.offers_now[0], ANNA.customer, may=frozenset({"buy", "cancel", "return_elsewhere"})))
    desk.awaited_now = [to_be_awaited()]
    either.log_in("Anna Li")
    for path in PAGES:
        either.go(path)
        either.find("//h1")
        assert either.script("return document.querySelectorAll('h1').length") == 1, path
        assert either.script("return document.documentElement.lang") == "en-US"
        assert either.script(NAMELESS) == [], path
        assert either.script(FAINT) == [], path
        assert either.overflow_px() == 0, path


def test_a_test_drive_can_be_ordered_with_the_keyboard_alone(visitor: Visitor, desk: FakeDesk) -> None:
    visitor.log_in("Anna Li")
    visitor.go("/car/north-1/v_0042")

    def key(*keys: str) -> None:
        ActionChains(visitor.browser).send_keys(*keys).perform()

    def tab_to(words: str) -> None:
        def focused() -> bool:
            key(Keys.TAB)
            return words in visitor.script(
                "const e = document.activeElement; return (e.getAttribute('aria-label') || '') + e.textContent"
            )

        visitor.wait(focused, f"the focus on {words!r}")

    key(Keys.TAB)
    assert visitor.script("return document.activeElement.textContent") == "Skip to the page"
    key(Keys.ENTER)
    tab_to("Book a test drive")
    key(Keys.ENTER)
    visitor.see("For Anna Li")
    visitor.alive()
    tab_to("Next")
    key(Keys.ENTER)
    visitor.see("Now: I am at the tower")
    tab_to("Next")
    key(Keys.ENTER)
    visitor.see("At the tower your face opens the door")
    tab_to("The tower may compare my face")
    key(Keys.SPACE)
    visitor.see("You will type number and code")
    tab_to("Next")
    key(Keys.ENTER)
    visitor.see("I accept the terms")
    tab_to("I accept the terms")
    key(Keys.SPACE)
    tab_to("Next")
    key(Keys.ENTER)
    visitor.see("I pay the deposit")
    tab_to("I pay the deposit")
    key(Keys.SPACE)
    tab_to("Order the test drive")
    key(Keys.ENTER)
    visitor.see("40719365")
    assert [what for what, _wish in desk.sent] == ["test_drive"]


def test_the_rules_bite(visitor: Visitor) -> None:
    visitor.go("/")
    visitor.script(
        "document.querySelector('h1').insertAdjacentHTML('afterend',"
        '\'<p style="color:#9aa">faint</p><button></button><div style="width:3000px">wide</div>\')'
    )
    assert [words for _ratio, words, _classes in visitor.script(FAINT)] == ["faint"]
    assert visitor.script(NAMELESS) == ["<button></button>"]
    assert visitor.overflow_px() > 0
