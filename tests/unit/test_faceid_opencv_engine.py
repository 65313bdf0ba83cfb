"""What the default engine makes of its network's vectors; the networks are in the wheel, so no photo is needed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.support.faces import face, picture
from towerd.faceid import opencv_engine
from towerd.faceid.engine import Face, Image
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


def test_vectors_have_unit_length(engine: OpenCvEngine) -> None:
    image, found = picture(), face()
    assert float(np.linalg.norm(engine.embed(image, found))) == pytest.approx(1.0, abs=1e-5)
    assert float(np.linalg.norm(engine.embed_selfie(image, found))) == pytest.approx(1.0, abs=1e-5)


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
    left = OpenCvEngine().embed(picture(), face()) - 0.25 * mean / np.linalg.norm(mean)
    assert engine.embed(picture(), face()) == pytest.approx(left / np.linalg.norm(left), abs=1e-5)
