from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from towerd.faceid.template import Template, TemplateError, pack, unpack


@given(st.binary(max_size=500), st.lists(st.floats(width=32, allow_nan=False), max_size=128))
def test_what_is_packed_comes_back(selfie: bytes, numbers: list[float]) -> None:
    before = Template("opencv", "v1", np.array(numbers, np.float32), selfie)
    after = unpack(pack(before))
    assert (after.engine, after.version, after.selfie_jpeg) == ("opencv", "v1", selfie)
    np.testing.assert_array_equal(after.vector, before.vector)


@pytest.mark.parametrize(
    "data",
    [b"", bytes(4), b"\x00\x00\xff\xff", b"\x00\x00\x00\x02{}", b"\x00\x00\x00\x02[]", b"\x00\x00\x00\x02\xff\xff"],
)
def test_what_is_no_template_is_refused(data: bytes) -> None:
    with pytest.raises(TemplateError):
        unpack(data)


def test_a_vector_of_broken_length_is_refused() -> None:
    head = b'{"engine": "e", "version": "v", "vector": 3}'
    with pytest.raises(TemplateError):
        unpack(len(head).to_bytes(4) + head + b"abc")
