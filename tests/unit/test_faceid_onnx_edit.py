from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towerd.faceid.onnx_edit import OnnxError, fields, keep_only_input, weights


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def chunk(number: int, body: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(body)) + body


def graph_input(name: str) -> bytes:
    return chunk(11, chunk(1, name.encode()) + chunk(2, b"type"))


NODE = chunk(1, b"a node of the graph")


def model(*inputs: str) -> bytes:
    graph = NODE + b"".join(map(graph_input, inputs)) + chunk(12, b"output")
    return varint(1 << 3) + varint(8) + chunk(7, graph) + chunk(8, b"opset")


def test_only_the_named_input_stays_and_all_else_is_copied() -> None:
    assert keep_only_input(model("w1", "data", "w2"), "data") == model("data")


@given(st.lists(st.text(min_size=1, max_size=200).filter(lambda name: name != "data"), max_size=5))
def test_whatever_the_others_are_called(others: list[str]) -> None:
    assert keep_only_input(model(*others, "data"), "data") == model("data")


def test_fixed_width_fields_are_walked_over() -> None:
    fixed = varint(3 << 3 | 1) + bytes(8) + varint(4 << 3 | 5) + bytes(4)
    assert [(part.number, part.end - part.start) for part in fields(fixed)] == [(3, 9), (4, 5)]
    assert keep_only_input(fixed + model("data"), "data") == fixed + model("data")


def test_an_input_without_a_name_goes() -> None:
    nameless = chunk(7, chunk(11, chunk(2, b"type")) + graph_input("data"))
    assert keep_only_input(nameless, "data") == chunk(7, graph_input("data"))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (model("other"), "no input named data"),
        (b"", "no input named data"),
        (chunk(8, b"opset"), "no input named data"),
        (model("data")[:-1], "cut off"),
        (b"\x80", "cut off"),
        (b"\xff" * 11, "longer than ten"),
        (varint(1 << 3 | 3), "wire type 3"),
    ],
)
def test_what_is_no_such_model_is_refused(data: bytes, text: str) -> None:
    with pytest.raises(OnnxError, match=text):
        keep_only_input(data, "data")


def tensor(name: str, body: bytes) -> bytes:
    return chunk(5, varint(1 << 3) + varint(2) + chunk(4, body) + chunk(8, name.encode()))


def test_the_weights_of_a_name_are_read() -> None:
    numbers = (0.5, -2.0, 1e-3)
    graph = NODE + tensor("gamma", b"1234") + tensor("beta", struct.pack("<3f", *numbers))
    assert weights(chunk(8, b"opset") + chunk(7, graph), "beta") == pytest.approx(numbers)


@pytest.mark.parametrize("body", [b"", b"12345"])
def test_weights_that_are_missing_or_no_floats_in_a_row_are_refused(body: bytes) -> None:
    with pytest.raises(OnnxError, match="no weights named beta"):
        weights(chunk(7, NODE + tensor("gamma", b"1234") + tensor("beta", body)), "beta")


@given(st.binary(max_size=200))
def test_noise_is_refused_or_walked_but_never_breaks(data: bytes) -> None:
    try:
        parts = list(fields(data))
    except OnnxError:
        return
    assert b"".join(data[part.start : part.end] for part in parts) == data
