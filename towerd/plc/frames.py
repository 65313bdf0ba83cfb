"""Is what came an answer to what was asked? Looked at in the raw frame, before the Modbus library decodes it. Pure.

The library would wait for the time-out on a foreign frame, and raises inside the event loop on one that it cannot
decode. Here every such frame has a reason at once (plc-if.md 1.6).
"""

from __future__ import annotations

from dataclasses import dataclass

READ, WRITE = 3, 16
EXCEPTION_BIT = 0x80
MBAP_BYTES = 7


@dataclass(frozen=True, slots=True)
class Expected:
    """The request that is open. `count` is the number of registers read or written."""

    device_id: int
    function: int
    address: int
    count: int


def tcp_problem(frame: bytes, expected: Expected, transaction: int) -> str | None:
    """Why this Modbus TCP frame is no answer to the request, or None where it is, or not complete enough to tell."""
    if len(frame) < MBAP_BYTES + 1:
        return None
    if int.from_bytes(frame[2:4], "big"):
        return "no Modbus protocol id"
    seen = int.from_bytes(frame[0:2], "big")
    if seen != transaction:
        return f"answer to request {seen} instead of {transaction}"
    end = 6 + int.from_bytes(frame[4:6], "big")
    problem = _head_problem(frame[6], frame[7], expected)
    if problem is not None:
        return problem
    body = frame[MBAP_BYTES + 1 : end]
    wanted_bytes = MBAP_BYTES + 1 + _body_bytes(frame[7], expected)
    if end != wanted_bytes:
        return f"{end} bytes instead of {wanted_bytes}"
    return _body_problem(frame[7], body, expected)


def rtu_problem(frame: bytes, expected: Expected) -> str | None:
    """Why this Modbus RTU frame is no answer to the request, or None where it is, or not complete enough to tell.

    The CRC is the library's business: a frame whose CRC is wrong is dropped there and ends as a lost reply.
    """
    if len(frame) < 2:
        return None
    problem = _head_problem(frame[0], frame[1], expected)
    if problem is not None:
        return problem
    return _body_problem(frame[1], frame[2:], expected)


def _head_problem(device_id: int, function: int, expected: Expected) -> str | None:
    if device_id != expected.device_id:
        return f"answer of device {device_id} instead of {expected.device_id}"
    if function & ~EXCEPTION_BIT != expected.function:
        return f"function code {function} instead of {expected.function}"
    return None


def _body_bytes(function: int, expected: Expected) -> int:
    if function & EXCEPTION_BIT:
        return 1
    return 1 + 2 * expected.count if expected.function == READ else 4


def _body_problem(function: int, body: bytes, expected: Expected) -> str | None:
    if function & EXCEPTION_BIT:
        return None
    if expected.function == READ:
        wanted = bytes([2 * expected.count])
        return f"{body[0] // 2} registers instead of {expected.count}" if body and body[:1] != wanted else None
    echo = expected.address.to_bytes(2, "big") + expected.count.to_bytes(2, "big")
    return "the write was answered for another place" if len(body) >= 4 and body[:4] != echo else None
