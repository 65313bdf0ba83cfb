"""QR codes read from photos and drawn, and a selfie shown again: what pages take and give as pictures."""

from __future__ import annotations

import base64

import cv2

from simulator.photos import PhotosError, decode_photo
from simulator.shop.model import ShopError
from simulator.shop.pages.texts import say

MOST_BYTES = 12 * 1024 * 1024
"""Phones make photos of 3 to 8 MB."""
SIDES_PX = (1024, 640, 1600, 400)
"""A QR code is looked for at these sizes of the photo: one is found where another blurs or drowns it."""
PREVIEW_PX = 260
MODULE_PX, QUIET_MODULES = 8, 4


def read_qr(picture: bytes) -> str | None:
    """The text of the first QR code in a photo, or None. Raises ShopError where the file is no picture."""
    detector = cv2.QRCodeDetector()
    try:
        texts = (str(detector.detectAndDecode(decode_photo(picture, side_px))[0]) for side_px in SIDES_PX)
        return next((text for text in texts if text), None)
    except PhotosError as error:
        raise ShopError(say("photo.no_picture")) from error


def qr_png(text: str) -> bytes:
    """A PNG of a QR code, with its quiet zone."""
    code = cv2.QRCodeEncoder.create().encode(text)
    large = cv2.resize(code, None, fx=MODULE_PX, fy=MODULE_PX, interpolation=cv2.INTER_NEAREST)
    edge_px = QUIET_MODULES * MODULE_PX
    framed = cv2.copyMakeBorder(large, edge_px, edge_px, edge_px, edge_px, cv2.BORDER_CONSTANT, value=255)
    return bytes(cv2.imencode(".png", framed)[1].tobytes())


def _address(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def qr_picture(text: str) -> str:
    """A QR code, as an address that a page can show."""
    return _address(qr_png(text), "png")


def preview(picture: bytes) -> str:
    """A small copy, as an address that a page can show. Raises ShopError where the file is no picture."""
    try:
        small = decode_photo(picture, PREVIEW_PX)
    except PhotosError as error:
        raise ShopError(say("photo.no_picture")) from error
    return _address(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes(), "jpeg")
