"""A picture of the camera for the screen: made when it is asked for, bounded, kept nowhere."""

from __future__ import annotations

from typing import Final

import cv2

from towerd.faceid.engine import Image

SIDE_MAX_PX: Final = 640
PREVIEW_MAX_BYTES: Final = 200 * 1024
_QUALITIES: Final = (75, 50, 25)


def preview_jpeg(bgr: Image) -> bytes:
    """The picture as a JPEG of at most 640 px a side and 200 KiB; empty where it does not fit even coarsely."""
    factor = SIDE_MAX_PX / max(bgr.shape[:2])
    if factor < 1:
        size = (max(1, round(bgr.shape[1] * factor)), max(1, round(bgr.shape[0] * factor)))
        bgr = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    for quality in _QUALITIES:
        data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(data) <= PREVIEW_MAX_BYTES:
            return data
    return b""
