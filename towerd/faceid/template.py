"""What is sealed for an order: the selfie and its template, with the engine that made it. Pure packing."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from towerd.faceid.engine import Vector

_HEAD_BYTES = 4
_HEAD_MAX_BYTES = 4096


class TemplateError(ValueError):
    """The bytes are no packed template."""


@dataclass(frozen=True, slots=True)
class Template:
    """One order's face in the clear: exists in the worker's memory only (orders-if.md 7.1)."""

    engine: str
    version: str
    vector: Vector
    selfie_jpeg: bytes


def without_vector(selfie_jpeg: bytes) -> Template:
    """What is sealed where there was no time: no engine's, so that a vector is made where one is wanted."""
    return Template("", "", np.empty(0, np.float32), selfie_jpeg)


def pack(template: Template) -> bytes:
    """As bytes: length of the head, head (JSON), vector (float32, little endian), selfie."""
    vector = template.vector.astype("<f4").tobytes()
    head = json.dumps({"engine": template.engine, "version": template.version, "vector": len(vector)}).encode()
    return len(head).to_bytes(_HEAD_BYTES) + head + vector + template.selfie_jpeg


def unpack(data: bytes) -> Template:
    """The reverse. Raises TemplateError."""
    length = int.from_bytes(data[:_HEAD_BYTES])
    if not 0 < length <= _HEAD_MAX_BYTES:
        raise TemplateError("the head is too long or missing")
    try:
        head = json.loads(data[_HEAD_BYTES : _HEAD_BYTES + length])
        begin = _HEAD_BYTES + length
        end = begin + int(head["vector"])
        vector = np.frombuffer(data[begin:end], "<f4").astype(np.float32)
        return Template(str(head["engine"]), str(head["version"]), vector, data[end:])
    except (ValueError, KeyError, TypeError) as error:
        raise TemplateError("the head cannot be read") from error
