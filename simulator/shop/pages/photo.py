"""Pictures that customers upload: QR codes read from them, selfies shown again; and QR codes drawn."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import cast

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

MOST_BYTES = 12 * 1024 * 1024
"""Phones make photos of 3 to 8 MB."""
SIDES_PX = (1024, 640, 1600, 400)
"""A QR code is looked for at these sizes of the photo: one is found where another blurs or drowns it."""
PREVIEW_PX = 260


class NoPictureError(ValueError):
    """The file is no picture that can be read."""


def _decoded(picture: bytes) -> NDArray[np.uint8]:
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR) if picture else None
    if image is None:
        raise NoPictureError
    return cast("NDArray[np.uint8]", image)


def _within(image: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    factor = side_px / max(image.shape[:2])
    if factor >= 1:
        return image
    return cast("NDArray[np.uint8]", cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))


def read_qr(picture: bytes) -> str | None:
    """The text of the first QR code in a photo, or None. Raises NoPictureError."""
    image = _decoded(picture)
    detector = cv2.QRCodeDetector()
    for side_px in SIDES_PX:
        text, _corners, _straight = detector.detectAndDecode(_within(image, side_px))
        if text:
            return str(text)
    return None


def preview(picture: bytes) -> str:
    """A small copy, as an address that a page can show. Raises NoPictureError."""
    small = _within(_decoded(picture), PREVIEW_PX)
    jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def qr_picture(text: str) -> str:
    """A QR code, as an address that a page can show."""
    out = BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="png", scale=8, border=4)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
