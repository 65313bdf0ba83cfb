"""Selfies for orders."""

from __future__ import annotations

from simulator.photos import PhotosError, selfie_jpeg
from simulator.shop.model import ShopError

UPLOAD_LIMIT_BYTES = 20 * 1024 * 1024


def selfie(data: bytes) -> bytes:
    """An uploaded photo as the JPEG that an order carries, at most 160 KiB. Raises ShopError."""
    if len(data) > UPLOAD_LIMIT_BYTES:
        raise ShopError("The file is too large: at most 20 MB.")
    try:
        return selfie_jpeg(data)
    except PhotosError as error:
        raise ShopError(f"The selfie cannot be used: {error}.") from error
