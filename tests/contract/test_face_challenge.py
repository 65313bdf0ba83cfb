"""The challenge over each engine: real networks, frames of the stand-in camera, and a clock of its own.

The head that turns is made from a photo (simulator/turning.py): this shows that landmarks, similarity and challenge fit
together. What the challenge is worth against attacks was measured on recordings (docs/faces.md).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from simulator.camera import Scene
from tests.support.photos import PHOTOS_DIR, needs_photos, selfie
from towerd.faceid.config import EngineName, FaceConfig
from towerd.faceid.engine import FaceEngine, load_engine
from towerd.faceid.frames import Frame
from towerd.faceid.look import Gallery, Looker
from towerd.faceid.policy import decide_match
from towerd.faceid.thresholds import default_policy
from towerd.faceid.vault import Vault
from towerd.faceid.wire import Message, looked_scores

# the other one takes a minute: `make test-engines`
ENGINES: list[EngineName] = ["opencv", "face_recognition"] if os.environ.get("TOWERD_BOTH_ENGINES") else ["opencv"]
pytestmark = needs_photos


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> FaceEngine:
    return load_engine(request.param)


class Kiosk:
    """Two orders wait; somebody stands before the camera, reads what is asked, and does it."""

    def __init__(self, engine: FaceEngine, folder: Path, shown_as: str, photo: str = "obama.jpg") -> None:
        gallery = Gallery(engine, Vault(folder, "t1"))
        for order, name in (("o1", "obama2.jpg"), ("o2", "biden.jpg")):
            sealed = gallery.enrol(order, selfie(name))[1]
            assert sealed is not None
            assert gallery.add(order, sealed) == ""
        self.scene = Scene(PHOTOS_DIR)
        self.scene.show(photo, shown_as)
        self.looker = Looker(engine, gallery, FaceConfig("t1", folder))
        self.now_s = 100.0
        self.number = 0

    def until(self, op: str, frames: int = 120) -> Message:
        """The next message of that kind."""
        for _ in range(frames):
            self.now_s += 1 / 10
            self.number += 1
            message = self.looker.look(Frame(self.scene.frame(), self.now_s, self.number), self.now_s)
            if message is not None and message.op == op:
                return message
        raise AssertionError(f"nothing {op} in {frames} frames")

    def do_as_asked(self, message: Message) -> Message:
        while message.header["outcome"] == "asking":
            self.scene.turn(message.header["ask"])
            message = self.until("challenged")
        return message


def test_who_turns_as_asked_passes_and_is_still_who_was_ordered_for(engine: FaceEngine, tmp_path: Path) -> None:
    kiosk = Kiosk(engine, tmp_path, "person")
    look = kiosk.until("looked")
    assert look.header["liveness"] == "not_checked"
    end = kiosk.do_as_asked(kiosk.looker.challenge(look.header["track"], kiosk.now_s))
    assert (end.header["outcome"], end.header["made"], end.header["reason"]) == ("passed", 3, "")
    proof = kiosk.until("looked")
    assert (proof.header["liveness"], proof.header["track"]) == ("challenge", look.header["track"])
    found = decide_match(looked_scores(proof), {"o1": "c1", "o2": "c2"}, default_policy(engine.name))
    assert (found.outcome, found.customer) == ("matched", "c1")


def test_a_photo_that_is_held_up_and_turned_as_asked_does_not(engine: FaceEngine, tmp_path: Path) -> None:
    kiosk = Kiosk(engine, tmp_path, "paper")
    look = kiosk.until("looked")
    end = kiosk.do_as_asked(kiosk.looker.challenge(look.header["track"], kiosk.now_s))
    assert (end.header["outcome"], end.header["made"]) == ("failed", 0)


def test_who_turns_the_other_way_does_not(engine: FaceEngine, tmp_path: Path) -> None:
    kiosk = Kiosk(engine, tmp_path, "person")
    message = kiosk.looker.challenge(kiosk.until("looked").header["track"], kiosk.now_s)
    while message.header["outcome"] == "asking":
        kiosk.scene.turn({"left": "right", "right": "left"}.get(message.header["ask"], "ahead"))
        message = kiosk.until("challenged")
    assert (message.header["outcome"], message.header["reason"]) == ("failed", "wrong_side")


def test_somebody_elses_turns_do_not_count_for_the_face_that_matched(engine: FaceEngine, tmp_path: Path) -> None:
    kiosk = Kiosk(engine, tmp_path, "person")
    message = kiosk.looker.challenge(kiosk.until("looked").header["track"], kiosk.now_s)
    kiosk.scene.show("biden.jpg", "person")
    end = kiosk.do_as_asked(message)
    assert end.header["outcome"] == "failed"
    assert end.header["reason"] in ("another_face", "face_changed")


def test_a_photo_of_the_customer_between_somebody_elses_turns_does_not_pass(engine: FaceEngine, tmp_path: Path) -> None:
    kiosk = Kiosk(engine, tmp_path, "paper")
    message = kiosk.looker.challenge(kiosk.until("looked").header["track"], kiosk.now_s)
    while message.header["outcome"] == "asking":
        if message.header["ask"] == "ahead":
            kiosk.scene.show("obama.jpg", "paper")
        else:
            kiosk.scene.show("biden.jpg", "person")
            kiosk.scene.turn(message.header["ask"])
            for _ in range(8):  # the photo is taken away from a head that is turned already
                kiosk.scene.frame()
        message = kiosk.until("challenged")
    assert (message.header["outcome"], message.header["made"]) == ("failed", 0)
    assert message.header["reason"] in ("another_face", "face_changed", "jump")
