"""How the daemon and the face worker talk: messages of a JSON header and a binary body over a stream. Pure.

A message is two lengths (4 bytes each, big endian), the header, the body. Both lengths are bounded before anything is
read, so that a broken peer cannot make the other fill its memory.

To the worker (`op`): `configure` (the settings), `enrol` (`id`, `order`, `until_mono_s`; body: JPEG), `watch` (`id`,
`order`; body: ciphertext), `unwatch` (`id`, `order`), `challenge` (`track`), `preview` (`id`), `ping` (`id`).
From the worker: `ready` (`version`), `failed` (`reason`), `enrolled`/`refused`/`unavailable` (`id`, `reasons`; body:
ciphertext), `pong` (`id`), `picture` (`id`; body: JPEG, empty without one), `done` (`id`, after `watch`: `alike`, the orders with a like selfie), `unreadable` (`id`, `order`, `reason`), `camera` (`good`, `reason`),
`challenged` (`track`, `outcome`, `ask`, `made`, `order`, `reason`), `looked` (`engine`, `track`, `liveness`, `orders`,
`frames`; body: float32 of frames × orders).
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np

LENGTHS = struct.Struct(">II")
HEADER_MAX_BYTES = 256 * 1024
BODY_MAX_BYTES = 1024 * 1024


class WireError(ValueError):
    """The peer does not keep to the protocol."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message."""

    header: dict[str, Any]
    body: bytes = field(default=b"", repr=False)

    @property
    def op(self) -> str:
        """What it is about."""
        return str(self.header.get("op", ""))


def encode(message: Message) -> bytes:
    """As bytes. Raises WireError where it is too large."""
    header = json.dumps(message.header, separators=(",", ":")).encode()
    if len(header) > HEADER_MAX_BYTES or len(message.body) > BODY_MAX_BYTES:
        raise WireError(f"{message.op} is too large")
    return LENGTHS.pack(len(header), len(message.body)) + header + message.body


def lengths(prefix: bytes) -> tuple[int, int]:
    """Lengths of header and body from the first 8 bytes. Raises WireError where one is out of bounds."""
    header, body = LENGTHS.unpack(prefix)
    if header > HEADER_MAX_BYTES or body > BODY_MAX_BYTES:
        raise WireError(f"a message of {header} and {body} bytes is announced")
    return header, body


def decode(header: bytes, body: bytes) -> Message:
    """The message. Raises WireError where the header is no JSON object."""
    try:
        value = json.loads(header)
    except ValueError as error:
        raise WireError("the header is no JSON") from error
    if not isinstance(value, dict):
        raise WireError("the header is no object")
    return Message(value, body)


def looked(engine: str, track: int, scores: list[dict[str, float]], liveness: str) -> Message:
    """A burst as a message; orders that are not in every frame are left out (they came or went meanwhile)."""
    orders = sorted(set.intersection(*(set(frame) for frame in scores))) if scores else []
    matrix = np.array([[frame[order] for order in orders] for frame in scores], "<f4")
    header = {"op": "looked", "engine": engine, "track": track, "liveness": liveness}
    return Message(header | {"orders": orders, "frames": len(scores)}, matrix.tobytes())


def looked_scores(message: Message) -> tuple[dict[str, float], ...]:
    """The scores of a `looked` message. Raises WireError where body and header disagree."""
    try:
        orders = [str(order) for order in message.header["orders"]]
        matrix = np.frombuffer(message.body, "<f4").reshape(int(message.header["frames"]), len(orders))
    except (ValueError, KeyError, TypeError) as error:
        raise WireError("looked: scores and orders disagree") from error
    return tuple(dict(zip(orders, map(float, row), strict=True)) for row in matrix)
