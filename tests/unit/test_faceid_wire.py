from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towerd.faceid.config import FaceConfig
from towerd.faceid.wire import (
    BODY_MAX_BYTES,
    HEADER_MAX_BYTES,
    LENGTHS,
    Message,
    WireError,
    decode,
    encode,
    lengths,
    looked,
    looked_scores,
)
from towerd.faceid.worker_args import config_message, read_config

JSON = st.dictionaries(st.text(max_size=10), st.integers() | st.text(max_size=20) | st.booleans(), max_size=5)


@given(JSON, st.binary(max_size=500))
def test_what_is_encoded_comes_back(header: dict[str, object], body: bytes) -> None:
    data = encode(Message(header, body))
    size, rest = lengths(data[: LENGTHS.size])
    begin = LENGTHS.size
    assert len(data) == begin + size + rest
    assert decode(data[begin : begin + size], data[begin + size :]) == Message(header, body)


def test_too_large_is_neither_sent_nor_read() -> None:
    with pytest.raises(WireError, match="enrol is too large"):
        encode(Message({"op": "enrol"}, bytes(BODY_MAX_BYTES + 1)))
    with pytest.raises(WireError):
        encode(Message({"op": "x" * HEADER_MAX_BYTES}))
    for announced in ((HEADER_MAX_BYTES + 1, 0), (0, BODY_MAX_BYTES + 1)):
        with pytest.raises(WireError, match="announced"):
            lengths(struct.pack(">II", *announced))


@pytest.mark.parametrize("header", [b"", b"[]", b"{", b"\xff"])
def test_a_header_that_is_no_object_is_refused(header: bytes) -> None:
    with pytest.raises(WireError):
        decode(header, b"")


def test_a_face_is_not_shown_by_the_message_that_carries_it() -> None:
    assert "secret" not in repr(Message({"op": "enrol"}, b"secret"))


def test_scores_travel_as_numbers() -> None:
    message = looked("opencv", 7, [{"a": 0.5, "b": -0.25}, {"b": 0.125, "a": 1.0}], "not_checked")
    assert message.header["orders"] == ["a", "b"]
    assert looked_scores(message) == ({"a": 0.5, "b": -0.25}, {"a": 1.0, "b": 0.125})


def test_an_order_that_came_during_the_burst_is_left_out() -> None:
    assert looked_scores(looked("opencv", 1, [{"a": 0.5}, {"a": 0.25, "b": 1.0}], "x")) == ({"a": 0.5}, {"a": 0.25})
    assert looked_scores(looked("opencv", 1, [], "x")) == ()


@pytest.mark.parametrize(
    "message",
    [
        Message({"orders": ["a"], "frames": 2}, bytes(4)),
        Message({"orders": ["a"]}, bytes(4)),
        Message({"orders": None, "frames": 1}, bytes(4)),
        Message({"orders": ["a"], "frames": 1}, bytes(3)),
    ],
)
def test_scores_that_do_not_fit_are_refused(message: Message) -> None:
    with pytest.raises(WireError):
        looked_scores(message)


def test_the_settings_travel() -> None:
    config = FaceConfig("t1", Path("/keys"), "rtsp://user:secret@camera/1", "face_recognition", 7, 10.0, 3.0)
    assert read_config(config_message(config)) == config


@pytest.mark.parametrize(
    "header", [{"op": "ping"}, {}, {"op": "configure"}, {"op": "configure", "keys_dir": "k", "tower": "t", "more": 1}]
)
def test_settings_that_are_none_are_refused(header: dict[str, object]) -> None:
    with pytest.raises(WireError):
        read_config(Message(header))
