from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from towerd.faceid.jpeg import JpegError, JpegSize, jpeg_size

SOF = b"\xff\xc0\x00\x0b\x08\x00\x20\x00\x30\x01\x01\x11\x00"


@pytest.mark.parametrize("progressive", [0, 1])
def test_the_size_of_a_real_picture(progressive: int) -> None:
    image = np.zeros((120, 200, 3), np.uint8)
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_PROGRESSIVE, progressive])[1].tobytes()
    assert jpeg_size(data) == JpegSize(200, 120)


def test_segments_fill_bytes_and_lone_markers_are_passed_over() -> None:
    data = b"\xff\xd8" + b"\xff\xe1\x00\x06abcd" + b"\xff\xff" + b"\xff\xd0" + SOF
    data = data.replace(b"\xff\xff\xff\xd0", b"\xff\xff\xd0")
    assert jpeg_size(data) == JpegSize(48, 32)


def test_a_thumbnail_inside_a_segment_is_not_the_picture() -> None:
    thumbnail = b"\xff\xd8" + SOF.replace(b"\x00\x20\x00\x30", b"\x00\x01\x00\x01")
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2) + thumbnail
    assert jpeg_size(b"\xff\xd8" + segment + SOF) == JpegSize(48, 32)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9\x00\x00",
        b"\xff\xd8\xff\xda\x00\x08" + SOF,
        b"\xff\xd8\x00\x00\x00\x00",
        b"\xff\xd8\xff\xc0\x00\x05\x08\x00\x20",
        b"\xff\xd8" + SOF.replace(b"\x00\x20\x00\x30", b"\x00\x00\x00\x30"),
        b"\xff\xd8\xff\xe1\x00\x00\xff\xe1\xff\xff",
    ],
)
def test_no_jpeg(data: bytes) -> None:
    with pytest.raises(JpegError):
        jpeg_size(data)


@given(st.binary(max_size=300))
def test_noise_ends_in_a_size_or_a_refusal(noise: bytes) -> None:
    try:
        size = jpeg_size(b"\xff\xd8" + noise)
    except JpegError:
        return
    assert size.width_px > 0
    assert size.height_px > 0
