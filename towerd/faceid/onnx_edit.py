"""Drops graph inputs from an ONNX model in memory, and reads a weight of it. Pure: bytes in, bytes out.

SFace lists all its 174 weights as graph inputs beside `data`. OpenCV 5 takes each for an input to be fed, and its
`FaceRecognizerSF` refuses the graph. Without them the weights are what they are: constants.

Few facts of ONNX are used: ModelProto.graph is field 7, GraphProto.input is field 11 and .initializer 5, ValueInfoProto.name
is field 1, TensorProto.name field 8 and .float_data 4. Everything else is copied byte by byte.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MODEL_GRAPH = 7
GRAPH_INPUT = 11
GRAPH_INITIALIZER = 5
VALUE_NAME = 1
TENSOR_NAME = 8
TENSOR_FLOATS = 4

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_VARINT_MAX_BYTES = 10


class OnnxError(ValueError):
    """The bytes are no protobuf message of the expected shape."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message: `start` to `end` with its tag, `body` to `end` its payload (length-delimited fields only)."""

    number: int
    start: int
    end: int
    body: int | None


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(_VARINT_MAX_BYTES):
        if at + index >= len(data):
            raise OnnxError("a number is cut off")
        byte = data[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, at + index + 1
    raise OnnxError("a number is longer than ten bytes")


def _write_varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def fields(data: bytes) -> Iterator[Field]:
    """The fields of a protobuf message, in order. Raises OnnxError where the bytes end within one."""
    at = 0
    while at < len(data):
        start = at
        key, at = _read_varint(data, at)
        body = None
        match key & 7:
            case wire if wire == _VARINT:
                _, at = _read_varint(data, at)
            case wire if wire == _FIXED64:
                at += 8
            case wire if wire == _FIXED32:
                at += 4
            case wire if wire == _BYTES:
                length, body = _read_varint(data, at)
                at = body + length
            case wire:
                raise OnnxError(f"wire type {wire} is not in use")
        if at > len(data):
            raise OnnxError("a field is cut off")
        yield Field(key >> 3, start, at, body)


def _parts(data: bytes, number: int) -> Iterator[bytes]:
    """The payloads of the fields of that number which have a length."""
    for part in fields(data):
        if part.number == number and part.body is not None:
            yield data[part.body : part.end]


def _named(data: bytes, number: int, name: str) -> bool:
    """Whether the first field of that number, which is the message's name, says so."""
    return next(_parts(data, number), None) == name.encode()


def _keep(graph: bytes, part: Field, name: str) -> bool:
    return part.number != GRAPH_INPUT or part.body is None or _named(graph[part.body : part.end], VALUE_NAME, name)


def weights(model: bytes, name: str) -> tuple[float, ...]:
    """The numbers of the initializer `name`, where the file keeps them as 32-bit floats in a row. Raises OnnxError."""
    for graph in _parts(model, MODEL_GRAPH):
        for tensor in _parts(graph, GRAPH_INITIALIZER):
            if _named(tensor, TENSOR_NAME, name):
                data = b"".join(_parts(tensor, TENSOR_FLOATS))
                if data and len(data) % 4 == 0:
                    return struct.unpack(f"<{len(data) // 4}f", data)
    raise OnnxError(f"the graph has no weights named {name}")


def keep_only_input(model: bytes, name: str) -> bytes:
    """The ONNX `model` whose graph has no other input than `name`.

    Raises OnnxError if the bytes are no message, hold no graph, or the graph has no such input.
    """
    out: list[bytes] = []
    found = False
    for part in fields(model):
        if part.number != MODEL_GRAPH or part.body is None:
            out.append(model[part.start : part.end])
            continue
        graph = model[part.body : part.end]
        kept = [inner for inner in fields(graph) if _keep(graph, inner, name)]
        found = found or any(inner.number == GRAPH_INPUT for inner in kept)
        slim = b"".join(graph[inner.start : inner.end] for inner in kept)
        out += [_write_varint(MODEL_GRAPH << 3 | _BYTES), _write_varint(len(slim)), slim]
    if not found:
        raise OnnxError(f"the graph has no input named {name}")
    return b"".join(out)
