"""Pictures in the shop: selfies for orders, QR codes read from photos and made for phones."""

from __future__ import annotations

import cv2

from simulator.photos import PhotosError, decode_photo, selfie_jpeg
from simulator.shop.model import ShopError

UPLOAD_LIMIT_BYTES = 20 * 1024 * 1024
_MODULE_PX = 8
_QUIET_MODULES = 4
_SIDES_PX = (1024, 640, 1600)
"""A code is read best where its modules are some pixels wide: more than one size is tried."""


def selfie(data: bytes) -> bytes:
    """An uploaded photo as the JPEG that an order carries, at most 160 KiB. Raises ShopError."""
    _check_size(data)
    try:
        return selfie_jpeg(data)
    except PhotosError as error:
        raise ShopError(f"The selfie cannot be used: {error}.") from error


def read_qr(data: bytes) -> str | None:
    """The text of the QR code in an uploaded photo; None where there is none. Raises ShopError."""
    _check_size(data)
    try:
        images = [decode_photo(data, side_px) for side_px in _SIDES_PX]
    except PhotosError as error:
        raise ShopError(f"The photo cannot be used: {error}.") from error
    detector = cv2.QRCodeDetector()
    texts = (str(detector.detectAndDecode(image)[0]) for image in images)
    return next((text for text in texts if text), None)


def qr_png(text: str) -> bytes:
    """A PNG of a QR code of `text`, with its quiet zone."""
    code = cv2.QRCodeEncoder.create().encode(text)
    large = cv2.resize(code, None, fx=_MODULE_PX, fy=_MODULE_PX, interpolation=cv2.INTER_NEAREST)
    edge_px = _QUIET_MODULES * _MODULE_PX
    framed = cv2.copyMakeBorder(large, edge_px, edge_px, edge_px, edge_px, cv2.BORDER_CONSTANT, value=255)
    return bytes(cv2.imencode(".png", framed)[1].tobytes())


def _check_size(data: bytes) -> None:
    if len(data) > UPLOAD_LIMIT_BYTES:
        raise ShopError("The file is too large: at most 20 MB.")
