from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.faces import ScriptedEngine, face, jpeg, picture
from tests.support.tiny_onnx import folder_of_models
from towerd.faceid.config import FaceConfig
from towerd.faceid.engine import Image
from towerd.faceid.frames import Frame
from towerd.faceid.look import Gallery, Looker
from towerd.faceid.passive import Passive
from towerd.faceid.template import Template, pack, unpack
from towerd.faceid.vault import Vault
from towerd.faceid.wire import Message, looked_scores

SELFIE = jpeg(picture())


class Scene:
    """A looker with two orders, and a clock."""

    def __init__(self, tmp_path: Path, passive: Passive | None = None, spare: int = 0) -> None:
        self.engine = ScriptedEngine()
        self.image = picture()
        self.vault = Vault(tmp_path, "t1")
        self.gallery = Gallery(self.engine, self.vault)
        for person, order in enumerate(("a", "b")):
            self.engine.person = person
            _, sealed = self.gallery.enrol(order, SELFIE)
            assert sealed is not None
            assert self.gallery.add(order, sealed) == ""
        config = FaceConfig("t1", tmp_path, burst_frames=3, burst_spare=spare)
        self.looker = Looker(self.engine, self.gallery, config, passive)
        self.now_s = 100.0
        self.number = 0

    def see(self, person: int = 0, count: int = 1, age_s: float = 0.0) -> list[Message]:
        self.engine.person = person
        reports = []
        for _ in range(count):
            self.now_s += 0.1
            self.number += 1
            report = self.looker.look(Frame(self.image, self.now_s - age_s, self.number), self.now_s)
            reports += [] if report is None else [report]
        return reports

    def turn(self, order: list[str]) -> list[Message]:
        """The head in view turns: ahead, to each side, and ahead again in between and at the end."""
        said = []
        for side in order:
            for shift in (0.0, 0.0, 0.1, 0.2, 0.1, 0.0, 0.0):
                self.engine.faces = [face(nose_shift=shift if side == "left" else -shift)]
                said += self.see()
        return said


def greener(by: int) -> Image:
    """A picture that the passive check of these tests takes for the more alive the greener it is."""
    return np.clip(np.add(picture(), (0, by, 0)), 0, 255).astype(np.uint8)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_three_good_frames_make_a_report(scene: Scene) -> None:
    (report,) = scene.see(person=1, count=3)
    assert looked_scores(report) == ({"a": 0.0, "b": 1.0},) * 3
    assert report.header["liveness"] == "not_checked"
    assert report.header["track"] == 1


def test_who_stays_is_reported_every_two_seconds_and_who_is_new_at_once(scene: Scene) -> None:
    assert len(scene.see(count=3)) == 1
    assert scene.see(count=18) == []
    assert len(scene.see(count=5)) == 1
    scene.engine.faces = [face(left=400)]
    (report,) = scene.see(person=1, count=3)
    assert report.header["track"] == 2


def test_another_person_who_takes_the_place_begins_a_new_track(scene: Scene) -> None:
    assert scene.see(person=0, count=2) == []
    (report,) = scene.see(person=1, count=3)
    assert report.header["track"] == 2
    assert looked_scores(report) == ({"a": 0.0, "b": 1.0},) * 3


def test_who_takes_the_place_after_a_report_gets_a_track_of_their_own(scene: Scene) -> None:
    assert scene.see(person=0, count=3)[0].header["track"] == 1
    assert scene.see(person=1, count=25)[0].header["track"] == 2


def test_old_frames_and_the_same_frame_twice_are_left_alone(scene: Scene) -> None:
    assert scene.see(count=9, age_s=0.4) == []
    frame = Frame(picture(), scene.now_s, 1000)
    assert [scene.looker.look(frame, scene.now_s) for _ in range(9)] == [None] * 9


def test_two_faces_alike_nobody_and_poor_frames_are_left_alone(scene: Scene) -> None:
    for faces in ([face(), face(left=400, side=90)], [], [face(nose_shift=0.3)]):
        scene.engine.faces = faces
        assert scene.see(count=9) == []


def test_presence_is_remembered_for_a_moment(scene: Scene) -> None:
    assert not scene.looker.presence(scene.now_s)
    scene.see()
    assert scene.looker.presence(scene.now_s + 2.9)
    assert not scene.looker.presence(scene.now_s + 3.1)


def test_a_change_of_orders_begins_the_burst_anew(scene: Scene) -> None:
    scene.see(count=2)
    scene.gallery.drop("b")
    scene.looker.changed()
    assert scene.see(count=2) == []
    (report,) = scene.see()
    assert looked_scores(report) == ({"a": 1.0},) * 3
    scene.gallery.drop("a")
    assert len(scene.gallery) == 0


def test_a_poor_selfie_is_refused_and_makes_no_key(scene: Scene, tmp_path: Path) -> None:
    scene.engine.faces = []
    assert scene.gallery.enrol("c", SELFIE) == (("selfie_no_face",), None)
    assert not scene.vault.path("c").exists()


def test_a_template_of_another_version_is_made_anew_from_the_selfie(scene: Scene) -> None:
    _, sealed = scene.gallery.enrol("c", SELFIE)
    assert sealed is not None
    newer = ScriptedEngine(person=5, version="2")
    gallery = Gallery(newer, scene.vault)
    assert gallery.add("c", sealed) == ""
    assert gallery.scores(newer.embed(picture(), face())) == {"c": 1.0}
    newer.faces = []
    assert "no good face" in gallery.add("c", sealed)


def test_the_vector_of_a_hurried_selfie_is_made_once_it_is_watched(scene: Scene) -> None:
    scene.engine.person = 3
    _, sealed = scene.gallery.enrol("c", SELFIE, hurried=True)
    assert sealed is not None
    assert unpack(scene.vault.unseal("c", sealed)).vector.size == 0
    assert scene.gallery.add("c", sealed) == ""
    assert scene.gallery.scores(scene.engine.embed(picture(), face()))["c"] == 1.0


def test_what_cannot_be_read_is_told_and_not_compared(scene: Scene) -> None:
    assert scene.gallery.add("c", b"noise")
    assert scene.gallery.add("a", scene.vault.seal("a", b"no template")) == "the head is too long or missing"
    assert len(scene.gallery) == 2


def test_who_is_asked_and_turns_is_reported_as_challenged_once(scene: Scene) -> None:
    (report,) = scene.see(count=3)
    told = scene.looker.challenge(report.header["track"], scene.now_s)
    assert told.header["outcome"] == "asking"
    assert scene.looker.presence(scene.now_s + 60)
    said = scene.turn(told.header["order"])
    assert said[-1].header["outcome"] == "passed"
    assert {message.op for message in said} == {"challenged"}
    scene.engine.faces = [face()]
    (proof,) = scene.see(count=3)
    assert (proof.op, proof.header["liveness"]) == ("looked", "challenge")
    (again,) = scene.see(count=24)
    assert again.header["liveness"] == "not_checked"


def test_whoever_slips_in_after_the_challenge_is_another_track_and_not_challenged(scene: Scene) -> None:
    (report,) = scene.see(count=3)
    scene.turn(scene.looker.challenge(report.header["track"], scene.now_s).header["order"])
    scene.engine.faces = [face()]
    (proof,) = scene.see(person=1, count=3)
    assert proof.header["liveness"] == "not_checked"
    assert proof.header["track"] != report.header["track"]


def test_another_face_that_turns_fails_it(scene: Scene) -> None:
    (report,) = scene.see(count=3)
    scene.looker.challenge(report.header["track"], scene.now_s)
    said = scene.see(person=1, count=2)
    assert [message.header["reason"] for message in said] == ["another_face"]


def test_nobody_in_view_and_another_track_are_not_asked(scene: Scene) -> None:
    scene.see(count=3)
    assert scene.looker.challenge(9, scene.now_s).header["outcome"] == "failed"
    scene.engine.faces = []
    (report,) = scene.see(count=1) or [scene.looker.challenge(1, scene.now_s)]
    said = scene.see(count=7)
    assert [message.header["reason"] for message in said] == ["face_lost"]
    assert report.header["outcome"] == "asking"


def test_when_nobody_is_waited_for_nobody_is_asked_any_more(scene: Scene) -> None:
    (report,) = scene.see(count=3)
    scene.looker.challenge(report.header["track"], scene.now_s)
    scene.gallery.drop("a")
    scene.looker.changed()
    assert scene.see(person=1, count=2)
    scene.looker.challenge(2, scene.now_s)
    scene.gallery.drop("b")
    scene.looker.changed()
    assert scene.see(count=1) == []


@pytest.mark.parametrize(("green", "challenged", "liveness"), [(200, False, "passive"), (0, False, "failed")])
def test_the_passive_check_needs_eight_frames_and_says_what_came_of_it(
    tmp_path: Path, green: int, challenged: bool, liveness: str
) -> None:
    scene = Scene(tmp_path / "keys", Passive(folder_of_models(tmp_path / "models")))
    scene.image = greener(green - 100)
    assert scene.see(count=7) == []
    (report,) = scene.see()
    assert report.header["liveness"] == liveness
    assert len(looked_scores(report)) == 8


@pytest.mark.parametrize(("whose", "liveness"), [(1, "passive"), (0, "failed")], ids=["another's", "the same"])
def test_whose_face_is_in_view_twice_has_not_passed(tmp_path: Path, whose: int, liveness: str) -> None:
    scene = Scene(tmp_path / "keys", Passive(folder_of_models(tmp_path / "models")))
    scene.image = greener(100)
    beside = face(left=10, side=60)
    scene.engine.faces.append(beside)
    scene.engine.others = {beside: whose}
    (report,) = scene.see(count=8)
    assert report.header["liveness"] == liveness


def test_both_checks_are_named_together(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "keys", Passive(folder_of_models(tmp_path / "models")))
    scene.image = greener(100)
    (report,) = scene.see(count=8)
    scene.turn(scene.looker.challenge(report.header["track"], scene.now_s).header["order"])
    scene.engine.faces = [face()]
    (proof,) = scene.see(count=8)
    assert proof.header["liveness"] == "challenge+passive"


def test_selfies_that_are_close_to_each_other_are_named(scene: Scene) -> None:
    assert scene.gallery.alike("a") == []
    scene.engine.person = 1
    _, sealed = scene.gallery.enrol("c", SELFIE)
    assert sealed is not None
    scene.gallery.add("c", sealed)
    assert scene.gallery.alike("c") == ["b"]
    assert scene.gallery.alike("b") == ["c"]
    assert scene.gallery.alike("gone") == []


def test_of_a_burst_the_best_frames_are_reported(tmp_path: Path) -> None:
    scene = Scene(tmp_path, spare=2)
    assert scene.see(count=2) == []
    scene.engine.faces = [face(nose_shift=0.1)]
    assert scene.see(count=2) == []
    scene.engine.faces = [face()]
    (report,) = scene.see()
    assert report.header["frames"] == 3


def test_hundreds_of_orders_are_compared_in_one_product_with_the_same_scores(scene: Scene) -> None:
    random = np.random.default_rng(1)
    for number in range(300):
        vector = random.normal(size=128).astype(np.float32)
        scene.gallery.add(f"o{number}", scene.vault.seal(f"o{number}", pack(Template("opencv", "1", vector, SELFIE))))
    probe = random.normal(size=128).astype(np.float32)
    scores = scene.gallery.scores(probe)
    assert len(scores) == 302
    for order in ("a", "o0", "o299"):
        alone = scene.gallery._vectors[order]
        assert scores[order] == pytest.approx(scene.engine.similarity(probe, alone), abs=1e-4)
    scene.gallery.drop("o0")
    assert "o0" not in scene.gallery.scores(probe)
