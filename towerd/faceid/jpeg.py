"""Reads a JPEG's size from its header, without decoding: a small file may unfold into gigabytes. Pure."""

from __future__ import annotations

from dataclasses import dataclass

# SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC)
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_SCAN, _END = 0xDA, 0xD9


class JpegError(ValueError):
    """No JPEG, or one whose header cannot be read."""


@dataclass(frozen=True, slots=True)
class JpegSize:
    """Of the picture as stored, in px."""

    width_px: int
    height_px: int


def jpeg_size(data: bytes) -> JpegSize:
    """Width and height from the frame header (SOF). Raises JpegError where there is none before the first scan."""
    if data[:2] != b"\xff\xd8":
        raise JpegError("does not begin as a JPEG does")
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise JpegError("no marker where one is due")
        marker = data[at + 1]
        if marker == 0xFF:  # fill bytes may stand before a marker
            at += 1
            continue
        if marker in _ALONE:
            at += 2
            continue
        if marker in {_SCAN, _END}:
            break
        length = int.from_bytes(data[at + 2 : at + 4])
        if marker in _FRAME_HEADERS:
            return _frame(data[at + 4 : at + 2 + length])
        at += 2 + max(length, 2)
    raise JpegError("no frame header before the first scan")


def _frame(body: bytes) -> JpegSize:
    if len(body) < 6:
        raise JpegError("the frame header is cut off")
    size = JpegSize(width_px=int.from_bytes(body[3:5]), height_px=int.from_bytes(body[1:3]))
    if not size.width_px or not size.height_px:
        raise JpegError("the picture has no width or no height")
    return size
