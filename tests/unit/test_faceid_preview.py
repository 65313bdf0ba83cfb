from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.support.faces import picture
from towerd.faceid import preview
from towerd.faceid.preview import SIDE_MAX_PX, preview_jpeg


@pytest.mark.parametrize("shape", [(480, 640), (2160, 3840), (100, 80), (4000, 300)])
def test_it_is_a_jpeg_of_bounded_size(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 255, (*shape, 3)).astype(np.uint8)
    data = preview_jpeg(image)
    assert len(data) <= preview.PREVIEW_MAX_BYTES
    seen = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert seen is not None
    assert max(seen.shape[:2]) <= SIDE_MAX_PX
    assert seen.shape[0] / seen.shape[1] == pytest.approx(shape[0] / shape[1], rel=0.05)


def test_what_does_not_fit_is_made_coarser_and_then_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    fine = len(preview_jpeg(picture()))
    monkeypatch.setattr(preview, "PREVIEW_MAX_BYTES", fine - 1)
    assert 0 < len(preview_jpeg(picture())) < fine
    monkeypatch.setattr(preview, "PREVIEW_MAX_BYTES", 10)
    assert preview_jpeg(picture()) == b""
