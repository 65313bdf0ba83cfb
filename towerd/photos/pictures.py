"""Several JPEGs as one piece of bytes, to be sealed together, and back. Pure."""

from __future__ import annotations

import struct
from collections.abc import Sequence

PURPOSE = "towerd-photos"
"""What they are sealed as: no face can be taken for one of them."""
_LENGTH = struct.Struct(">I")


def pack(pictures: Sequence[bytes]) -> bytes:
    """Each picture behind its length."""
    return b"".join(_LENGTH.pack(len(picture)) + picture for picture in pictures)


def unpack(data: bytes) -> list[bytes]:
    """The inverse of `pack`. Raises ValueError where it is cut off."""
    pictures = []
    while data:
        if len(data) < _LENGTH.size or len(data) < _LENGTH.size + _LENGTH.unpack_from(data)[0]:
            raise ValueError("pictures that are cut off")
        end = _LENGTH.size + _LENGTH.unpack_from(data)[0]
        pictures.append(data[_LENGTH.size : end])
        data = data[end:]
    return pictures
