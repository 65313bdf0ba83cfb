"""Several pictures as one piece of bytes, and back."""

from __future__ import annotations

import pytest

from towerd.photos.pictures import pack, unpack


@pytest.mark.parametrize("pictures", [[], [b""], [b"one"], [b"one", b"", b"three"]])
def test_pictures_come_back(pictures: list[bytes]) -> None:
    assert unpack(pack(pictures)) == pictures


@pytest.mark.parametrize("cut", [1, 3, 6])
def test_what_is_cut_off_is_no_picture(cut: int) -> None:
    with pytest.raises(ValueError, match="cut off"):
        unpack(pack([b"one"])[:cut])
