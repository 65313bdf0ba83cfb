"""Frames: what is no answer to the request is told before it is decoded."""

from __future__ import annotations

import pytest

from towerd.plc.frames import READ, WRITE, Expected, rtu_problem, tcp_problem

TWO = Expected(device_id=1, function=READ, address=128, count=2)
TEN = Expected(device_id=1, function=WRITE, address=64, count=10)


def tcp(pdu: bytes, transaction: int = 7, protocol: int = 0, device: int = 1) -> bytes:
    head = transaction.to_bytes(2, "big") + protocol.to_bytes(2, "big") + (len(pdu) + 1).to_bytes(2, "big")
    return head + bytes([device]) + pdu


GOOD_READ = b"\x03\x04\x00\x01\x00\x02"
GOOD_WRITE = b"\x10\x00\x40\x00\x0a"


@pytest.mark.parametrize(
    ("pdu", "expected"),
    [(GOOD_READ, TWO), (GOOD_WRITE, TEN), (b"\x83\x02", TWO), (b"\x90\x03", TEN)],
)
def test_answers_pass_also_in_pieces(pdu: bytes, expected: Expected) -> None:
    frame = tcp(pdu)
    serial = bytes([1]) + pdu + b"\xab\xcd"
    assert [tcp_problem(frame[:n], expected, 7) for n in range(len(frame) + 1)] == [None] * (len(frame) + 1)
    assert [rtu_problem(serial[:n], expected) for n in range(len(serial) + 1)] == [None] * (len(serial) + 1)


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (tcp(GOOD_READ, transaction=6), "request 6 instead of 7"),
        (tcp(GOOD_READ, protocol=1), "protocol id"),
        (tcp(GOOD_READ, device=2), "device 2 instead of 1"),
        (tcp(b"\x04" + GOOD_READ[1:]), "function code 4 instead of 3"),
        (tcp(b"\x03\x06\x00\x01\x00\x02\x00\x03"), "15 bytes instead of 13"),
        (tcp(b"\x03\x02\x00\x01\x00\x02"), "1 registers instead of 2"),
        (tcp(b"\x83\x02\x00"), "10 bytes instead of 9"),
    ],
)
def test_tcp_frames_that_are_no_answer(frame: bytes, text: str) -> None:
    assert text in (tcp_problem(frame, TWO, 7) or "")


def test_a_write_answered_for_another_place() -> None:
    assert "another place" in (tcp_problem(tcp(b"\x10\x00\x50\x00\x0a"), TEN, 7) or "")
    assert "another place" in (rtu_problem(b"\x01\x10\x00\x40\x00\x09", TEN) or "")


@pytest.mark.parametrize(
    ("frame", "text"),
    [(b"\x02\x03", "device 2"), (b"\x01\x06", "function code 6"), (b"\x01\x03\x02", "1 registers instead of 2")],
)
def test_rtu_frames_that_are_no_answer(frame: bytes, text: str) -> None:
    assert text in (rtu_problem(frame, TWO) or "")
