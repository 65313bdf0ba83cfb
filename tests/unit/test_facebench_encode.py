"""Pictures into vectors, with an engine that reads greys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.face_sets import NOBODY, GreyEngine, save
from tests.support.faces import face, picture
from towerd.facebench.encode import Encoder, as_at_the_tower, in_the_middle, seen, similarities
from towerd.facebench.recordings import Recording, photo_people
from towerd.faceid.config import EngineName
from towerd.faceid.engine import Face, FaceEngine, Image, Vector


class Always:
    """A passive check that says the same of every face."""

    def judge(self, engine: FaceEngine, bgr: Image, faces: list[Face], face: Face, vector: Vector) -> float:
        return 0.75


@pytest.fixture
def person(tmp_path: Path) -> Recording:
    for number in range(3):
        save(tmp_path / "img" / "A" / f"A_{number}.jpg", 5, number)
    save(tmp_path / "img" / "A" / "A_3.jpg", 5, grey=NOBODY)
    return photo_people(tmp_path / "img")[0]


def test_a_picture_without_a_face_is_a_row_of_nothing(person: Recording) -> None:
    done = Encoder(GreyEngine()).encode(person, in_the_middle)
    assert done.found.tolist() == [True, True, True, False]
    assert np.isnan(done.live).all()
    assert done.landmarks.shape == (4, 5, 2)


def test_the_passive_check_runs_where_it_is_asked_for(person: Recording) -> None:
    encoder = Encoder(GreyEngine(), Always())  # type: ignore[arg-type]
    assert encoder.encode(person, in_the_middle, live=True).live[:3].tolist() == [0.75] * 3
    assert np.isnan(encoder.encode(person, in_the_middle).live).all()


def test_vectors_are_kept_only_where_a_folder_is_given(person: Recording, tmp_path: Path) -> None:
    store = tmp_path / "vectors"
    Encoder(GreyEngine()).encode(person, in_the_middle)
    assert not store.exists()
    first = Encoder(GreyEngine(), store=store).encode(person, in_the_middle)
    for path in (tmp_path / "img" / "A").iterdir():
        path.unlink()
    again = Encoder(GreyEngine(), store=store).encode(person, in_the_middle)
    assert np.array_equal(first.vectors, again.vectors, equal_nan=True)
    passive = Encoder(GreyEngine(), Always(), store)  # type: ignore[arg-type]
    # not made yet, for the kept ones lack its scores; and the pictures are gone
    assert not passive.encode(person, in_the_middle, live=True).found.any()


def test_which_face_is_taken() -> None:
    middle, aside = face(left=280, top=200, side=60), face(left=10, top=10, side=90)
    assert in_the_middle([aside, middle], picture()) is middle
    assert in_the_middle([], picture()) is None
    assert as_at_the_tower([aside, middle], picture()) is aside
    assert as_at_the_tower([aside, face(left=400, side=90)], picture()) is None


@pytest.mark.parametrize("name", ["opencv", "face_recognition"])
def test_all_pairs_at_once_are_what_the_engine_says(name: EngineName) -> None:
    engine = GreyEngine(name)
    random = np.random.default_rng(1)
    vectors = (random.normal(size=(4, 128)) * 0.15).astype(np.float32)
    whole = similarities(engine, vectors, vectors[:3])
    each = [[engine.similarity(one, other) for other in vectors[:3]] for one in vectors]
    assert whole == pytest.approx(np.array(each), abs=2e-3)


def test_frames_are_compared_with_the_first_face_of_the_recording(person: Recording) -> None:
    encoded = Encoder(GreyEngine(), Always()).encode(person, in_the_middle, live=True)  # type: ignore[arg-type]
    frames = seen(encoded, GreyEngine())
    assert frames[0].similarity == pytest.approx(1.0)
    assert frames[1].similarity == pytest.approx(1 / 1.09, abs=1e-5)
    assert frames[0].live == 0.75
    assert (frames[3].landmarks, frames[3].live) == (None, None)
    assert seen(Encoder(GreyEngine()).encode(person, in_the_middle), GreyEngine())[0].live is None
