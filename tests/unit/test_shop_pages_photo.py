"""QR codes drawn and read, and files that are no pictures."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest

from simulator.shop.model import ShopError
from simulator.shop.pages import photo


@pytest.mark.parametrize("text", ["v_0042", "4711 40719365", "https://shop.example/v/v_0042"])
def test_what_is_drawn_is_read(text: str) -> None:
    assert photo.read_qr(photo.qr_png(text)) == text


def test_a_photo_without_a_code_has_none() -> None:
    plain = cv2.imencode(".png", np.full((300, 400, 3), 200, np.uint8))[1].tobytes()
    assert photo.read_qr(plain) is None


def test_a_preview_is_small() -> None:
    large = cv2.imencode(".png", np.zeros((2000, 1000, 3), np.uint8))[1].tobytes()
    head, _, data = photo.preview(large).partition(",")
    seen = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert (head, seen.shape) == ("data:image/jpeg;base64", (photo.PREVIEW_PX, photo.PREVIEW_PX // 2, 3))


@pytest.mark.parametrize("read", [photo.read_qr, photo.preview])
@pytest.mark.parametrize("data", [b"", b"no picture"])
def test_what_is_no_picture_is_told(read: object, data: bytes) -> None:
    with pytest.raises(ShopError, match="no picture"):
        read(data)  # type: ignore[operator]
