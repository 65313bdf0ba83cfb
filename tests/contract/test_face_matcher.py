"""One contract for both engines, and one for the port FaceMatcher, run over each engine in a real worker."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from simulator.photos import read_photo
from tests.support.photos import PHOTOS_DIR, needs_photos, selfie
from towerd.faceid.client import FaceClient
from towerd.faceid.config import EngineName, FaceConfig
from towerd.faceid.engine import EngineError, Face, FaceEngine, Image, Vector, load_engine
from towerd.faceid.policy import decide_match
from towerd.faceid.quality import check_selfie
from towerd.faceid.thresholds import default_policy, same_person
from towerd.fsm.events import Event, FaceHealthChanged, FaceLooked
from towerd.ports import FaceMatcher

ENGINES: list[EngineName] = ["opencv", "face_recognition"]
pytestmark = needs_photos


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> FaceEngine:
    return load_engine(request.param)


def seen(engine: FaceEngine, name: str) -> tuple[Image, Face, Vector]:
    image = read_photo(PHOTOS_DIR / name)
    face = engine.detect(image)[0]
    return image, face, engine.embed(image, face)


def test_it_is_called_as_the_setting_calls_it(engine: FaceEngine) -> None:
    assert engine.name in ENGINES
    assert engine.version


@pytest.mark.parametrize("name", ["obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg"])
def test_a_face_and_its_landmarks_lie_where_they_should(engine: FaceEngine, name: str) -> None:
    image, face, _ = seen(engine, name)
    eye_left, eye_right, nose, mouth_left, mouth_right = face.landmarks
    assert eye_left[0] < nose[0] < eye_right[0]
    assert mouth_left[0] < mouth_right[0]
    assert max(eye_left[1], eye_right[1]) < nose[1] < min(mouth_left[1], mouth_right[1])
    assert face.left < eye_left[0] < face.left + face.width
    assert 0 < face.width < image.shape[1]
    assert 0 < face.score <= 1


def test_no_face_in_an_empty_scene(engine: FaceEngine) -> None:
    assert engine.detect(np.full((480, 640, 3), 120, np.uint8)) == []


def test_largest_first(engine: FaceEngine) -> None:
    near, far = read_photo(PHOTOS_DIR / "obama.jpg", 600), read_photo(PHOTOS_DIR / "biden.jpg", 900)[:480]
    both = np.full((max(near.shape[0], far.shape[0]), near.shape[1] + far.shape[1], 3), 90, np.uint8)
    both[: near.shape[0], : near.shape[1]] = near
    both[: far.shape[0], near.shape[1] :] = far
    faces = engine.detect(both)
    assert len(faces) == 2
    assert faces[0].area >= faces[1].area


def test_the_same_person_is_more_alike_than_another(engine: FaceEngine) -> None:
    obama, obama2, obama3, biden = (seen(engine, f"{name}.jpg")[2] for name in ("obama", "obama2", "obama3", "biden"))
    accept = default_policy(engine.name).accept
    for one, other in ((obama, obama2), (obama, obama3), (obama2, obama3)):
        assert engine.similarity(one, other) >= same_person(engine.name)
        assert engine.similarity(one, biden) < accept
        assert engine.similarity(one, other) > engine.similarity(one, biden)


def test_a_selfie_is_compared_with_what_a_camera_sees(engine: FaceEngine) -> None:
    selfies, frames = {}, {}
    for name in ("obama", "obama2", "obama3", "biden"):
        image = read_photo(PHOTOS_DIR / f"{name}.jpg")
        face = engine.detect(image)[0]
        selfies[name], frames[name] = engine.embed_selfie(image, face), engine.embed(image, face)
    policy = default_policy(engine.name)
    for one, other in (("obama", "obama2"), ("obama", "obama3"), ("obama2", "obama3")):
        assert engine.similarity(selfies[one], frames[other]) >= policy.accept_one
        assert engine.similarity(selfies[one], frames["biden"]) < policy.accept_one - policy.margin


def test_similarity_is_symmetric_and_about_one_for_the_same(engine: FaceEngine) -> None:
    _, _, obama = seen(engine, "obama.jpg")
    _, _, biden = seen(engine, "biden.jpg")
    assert obama.shape == (128,)
    assert obama.dtype == np.float32
    assert engine.similarity(obama, obama) == pytest.approx(1, abs=0.14)
    assert engine.similarity(obama, biden) == pytest.approx(engine.similarity(biden, obama), abs=1e-6)
    assert engine.similarity(obama, 100 * biden) >= -1 or engine.name == "opencv"


def test_many_are_compared_at_once_as_they_are_one_by_one(engine: FaceEngine) -> None:
    seen_by = [seen(engine, name)[2] for name in ("obama.jpg", "obama2.jpg", "biden.jpg")]
    many = engine.similarities(seen_by[0], np.stack(seen_by))
    assert many.shape == (3,)
    assert many.tolist() == pytest.approx([engine.similarity(seen_by[0], other) for other in seen_by], abs=1e-5)


def test_the_example_selfies_pass_the_checks(engine: FaceEngine) -> None:
    for name in ("obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg"):
        assert check_selfie(engine, selfie(name)).reasons == (), name


def test_a_missing_part_is_told_instead_of_ending_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    from towerd.faceid import face_recognition_engine

    monkeypatch.setattr(face_recognition_engine, "NEEDED", ("pkg_resources", "no_such_package"))
    with pytest.raises(EngineError, match="needs no_such_package"):
        load_engine("face_recognition")


def test_an_import_that_wants_to_end_the_process_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "face_recognition.py").write_text("quit()\n")
    monkeypatch.delitem(sys.modules, "face_recognition", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(EngineError, match="could not load"):
        load_engine("face_recognition")


class Box:
    """An inbox that a test can wait on."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._arrived = asyncio.Event()

    def post(self, event: Event, attachment: bytes | None = None, done: Callable[[], None] | None = None) -> None:
        self.events.append(event)
        self._arrived.set()

    async def first(self, wanted: Callable[[Event], bool], limit_s: float = 60.0) -> Event:
        async with asyncio.timeout(limit_s):
            while not (found := [event for event in self.events if wanted(event)]):
                self._arrived.clear()
                await self._arrived.wait()
        return found[0]


@contextlib.asynccontextmanager
async def matcher(engine: EngineName, keys_dir: Path, show: str) -> AsyncIterator[tuple[FaceMatcher, Box]]:
    box = Box()
    source = str(PHOTOS_DIR / show)
    client: FaceMatcher = FaceClient(box, FaceConfig("t1", keys_dir, source, engine, enrol_limit_s=10, hang_limit_s=10))
    task = asyncio.create_task(client.run())
    try:
        await box.first(lambda event: isinstance(event, FaceHealthChanged) and event.available)
        yield client, box
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.mark.e2e
@pytest.mark.parametrize("name", ENGINES)
async def test_enrolled_watched_and_found(name: EngineName, tmp_path: Path) -> None:
    async with matcher(name, tmp_path, "obama3.jpg") as (client, box):
        refused = await client.enrol("o0", b"nothing")
        assert (refused.outcome, refused.reasons, refused.sealed) == ("refused", ("selfie_bad_image",), None)
        sealed = {}
        for order, photo in (("o1", "obama.jpg"), ("o2", "biden.jpg")):
            done = await client.enrol(order, selfie(photo))
            assert (done.outcome, done.reasons) == ("enrolled", ())
            assert done.sealed is not None
            assert len(done.sha256 or "") == 64
            sealed[order] = done.sealed
        client.watch(sealed)
        look = await box.first(lambda event: isinstance(event, FaceLooked))
        assert isinstance(look, FaceLooked)
        assert look.engine == name
        assert all(set(frame) == {"o1", "o2"} for frame in look.scores)
        decision = decide_match(look.scores, {"o1": "c1", "o2": "c2"}, default_policy(name))
        assert decision.customer != "c2"
        assert all(frame["o1"] > frame["o2"] for frame in look.scores)
        client.watch({})
        client.destroy_key("o1")
        client.destroy_key("never enrolled")
