"""What the default engine makes of its network's vectors; the networks are in the wheel, so no photo is needed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.support.faces import face, picture
from towerd.faceid import opencv_engine
from towerd.faceid.engine import Face, Image, Vector
from towerd.faceid.models import recogniser_mean
from towerd.faceid.opencv_engine import OpenCvEngine


@pytest.fixture(scope="module")
def engine() -> OpenCvEngine:
    return OpenCvEngine()


def mirrored(image: Image, found: Face) -> tuple[Image, Face]:
    width = image.shape[1]
    (x0, y0), (x1, y1), (nx, ny), (m0, n0), (m1, n1) = found.landmarks
    turned = replace(
        found,
        left=width - 1 - found.left - found.width,
        landmarks=(
            (width - 1 - x1, y1),
            (width - 1 - x0, y0),
            (width - 1 - nx, ny),
            (width - 1 - m1, n1),
            (width - 1 - m0, n0),
        ),
    )
    return np.ascontiguousarray(image[:, ::-1]), turned


def network_gives(engine: OpenCvEngine, monkeypatch: pytest.MonkeyPatch, vector: Vector) -> None:
    monkeypatch.setattr(engine, "_feature", lambda aligned: vector)


@pytest.mark.parametrize(("own", "length"), [(12.5, 1.0), (16.0, (12.5 / 16) ** 0.4), (11.0, (12.5 / 11) ** 0.4)])
def test_a_vector_is_the_longer_the_less_the_network_made_of_the_picture(
    engine: OpenCvEngine, monkeypatch: pytest.MonkeyPatch, own: float, length: float
) -> None:
    network_gives(engine, monkeypatch, np.full(128, own / 128**0.5, np.float32))
    for vector in (engine.embed(picture(), face()), engine.embed_selfie(picture(), face())):
        assert float(np.linalg.norm(vector)) == pytest.approx(length, abs=1e-5)


@pytest.mark.parametrize("own", [10.7, 5.0, 0.1])
def test_no_picture_is_so_poor_that_it_counts_for_more_than_the_poor_ones_measured(
    engine: OpenCvEngine, monkeypatch: pytest.MonkeyPatch, own: float
) -> None:
    network_gives(engine, monkeypatch, np.full(128, own / 128**0.5, np.float32))
    vector = engine.embed(picture(), face())
    assert engine.similarity(vector, vector) == pytest.approx((12.5 / 10.7) ** 0.8, abs=1e-5)


def test_a_selfie_and_its_mirror_image_are_one(engine: OpenCvEngine) -> None:
    image, found = picture(), face()
    turned = mirrored(image, found)
    as_selfie = engine.similarity(engine.embed_selfie(image, found), engine.embed_selfie(*turned))
    as_frame = engine.similarity(engine.embed(image, found), engine.embed(*turned))
    assert as_selfie > 0.9
    assert as_selfie > as_frame


def test_what_all_faces_share_is_taken_off(engine: OpenCvEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opencv_engine, "_COMMON", 0.0)
    mean = np.array(recogniser_mean(), np.float32)
    whole = OpenCvEngine().embed(picture(), face())
    length = float(np.linalg.norm(whole))
    left = whole / length - 0.1 * mean / np.linalg.norm(mean)
    assert engine.embed(picture(), face()) == pytest.approx(length * left / np.linalg.norm(left), abs=1e-5)
