"""What the default engine makes of its network's vectors; the networks are in the wheel, so no photo is needed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.faces import face, picture
from towerd.faceid.opencv_engine import OpenCvEngine
from towerd.faceid.sface_mean import SHARE, common


@pytest.fixture(scope="module")
def engine() -> OpenCvEngine:
    return OpenCvEngine()


def test_what_is_taken_off_is_a_part_of_a_mean_of_unit_vectors() -> None:
    assert common().shape == (128,)
    assert 0.25 < float(np.linalg.norm(common())) / SHARE < 0.35


def test_vectors_have_unit_length(engine: OpenCvEngine) -> None:
    image, found = picture(), face()
    assert float(np.linalg.norm(engine.embed(image, found))) == pytest.approx(1.0, abs=1e-5)
    assert float(np.linalg.norm(engine.embed_selfie(image, found))) == pytest.approx(1.0, abs=1e-5)


def test_a_selfie_and_its_mirror_image_are_one(engine: OpenCvEngine) -> None:
    image, found = picture(), face()
    width = image.shape[1]
    (x0, y0), (x1, y1), (nx, ny), (m0, n0), (m1, n1) = found.landmarks
    mirrored = type(found)(
        width - 1 - found.left - found.width,
        found.top,
        found.width,
        found.height,
        ((width - 1 - x1, y1), (width - 1 - x0, y0), (width - 1 - nx, ny), (width - 1 - m1, n1), (width - 1 - m0, n0)),
        found.score,
    )
    turned = np.ascontiguousarray(image[:, ::-1])
    as_selfie = engine.similarity(engine.embed_selfie(image, found), engine.embed_selfie(turned, mirrored))
    as_frame = engine.similarity(engine.embed(image, found), engine.embed(turned, mirrored))
    assert as_selfie > 0.9
    assert as_selfie > as_frame
