"""The stand-in's stage: what a person does at a simulated tower, by a button; without a stage there is none of it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.browser.fake_desk import ANNA, FakeDesk, FakeStage, order_of
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
TITLE = "Stage: at the simulated tower"


def test_a_person_walks_up_by_a_button(either: Visitor, desk: FakeDesk) -> None:
    desk.stage = FakeStage(desk)
    desk.put(order_of(desk.offers_now[0], ANNA.customer))
    either.log_in("Anna Li")
    either.go("/orders/o_91")
    either.see(TITLE)
    either.see("a real shop has none of them")
    either.press("Type number and code")
    either.see("the tower refuses: wrong code")
    either.press("Walk up and show the face")
    either.see("Done: face.")
    either.not_see(TITLE)
    assert desk.sent == [("code", "o_91"), ("face", "o_91")]


def test_a_selfie_lends_its_face_to_the_person_on_the_stage(visitor: Visitor, desk: FakeDesk, tmp_path: Path) -> None:
    desk.stage = FakeStage(desk)
    selfie = tmp_path / "me.png"
    cv2.imwrite(str(selfie), np.full((60, 48, 3), 180, np.uint8))
    visitor.log_in("Anna Li")
    visitor.go("/order/north-1/v_0042")
    visitor.press("Next")
    visitor.press("Next")
    visitor.upload(selfie)
    visitor.see("Your face alone")
    visitor.press("Next")
    visitor.tick("I accept the terms")
    visitor.press("Next")
    visitor.tick("I pay the deposit of CNY 1,000; it comes back with the car")
    visitor.press("Order the test drive")
    visitor.see(TITLE)
    assert desk.sent[0] == ("lend_face", (ANNA.customer, selfie.read_bytes()))


def test_without_a_stage_nobody_is_played(visitor: Visitor, desk: FakeDesk) -> None:
    desk.put(order_of(desk.offers_now[0], ANNA.customer))
    visitor.log_in("Anna Li")
    visitor.go("/orders/o_91")
    visitor.see("40719365")
    assert TITLE not in visitor.text
