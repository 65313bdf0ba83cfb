"""The simulator's Modbus RTU server, on a pseudo-terminal."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from simulator.core import Simulator
from simulator.serial_server import SerialServer, is_whole, open_line, sealed, silence_s

READ_ID = bytes([1, 3, 0, 0, 0, 2])
MAGIC = 21591
GOOD = sealed(bytes([1, 3, 4]) + MAGIC.to_bytes(2, "big") + b"\x00\x01")


class Other:
    """The PC's end of the line."""

    def __init__(self, path: str) -> None:
        self.handle = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

    async def ask(self, *parts: bytes, pause_s: float = 0.0, limit_s: float = 1.0) -> bytes:
        """What comes back within the limit; b"" where nothing does."""
        for part in parts:
            os.write(self.handle, part)
            await asyncio.sleep(pause_s)
        loop = asyncio.get_running_loop()
        end_s, received = loop.time() + limit_s, b""
        while loop.time() < end_s and not is_whole(received):
            await asyncio.sleep(0.002)
            try:
                received += os.read(self.handle, 300)
            except BlockingIOError:
                continue
        return received


@pytest_asyncio.fixture
async def line() -> AsyncIterator[Other]:
    server = SerialServer(Simulator(), 115200)
    other = Other(server.open_pty())
    yield other
    os.close(other.handle)
    server.close()
    server.close()


async def test_a_read_is_answered(line: Other) -> None:
    reply = await line.ask(sealed(READ_ID))
    assert reply[:3] == bytes([1, 3, 4])
    assert int.from_bytes(reply[3:5], "big") == MAGIC


async def test_an_exception_is_answered(line: Other) -> None:
    assert await line.ask(sealed(bytes([1, 3, 0, 100, 0, 100]))) == sealed(bytes([1, 0x83, 2]))


async def test_a_frame_that_comes_in_pieces_is_one_frame(line: Other) -> None:
    frame = sealed(READ_ID)
    assert is_whole(await line.ask(frame[:3], frame[3:], pause_s=0.004))


@pytest.mark.parametrize(
    "frame",
    [
        sealed(bytes([2]) + READ_ID[1:]),
        sealed(READ_ID)[:-1] + b"\x00",
        sealed(READ_ID)[:5],
        sealed(READ_ID) + b"\x01",
        bytes(400),
    ],
    ids=["another device", "wrong CRC", "cut", "too long", "noise"],
)
async def test_what_is_not_for_it_gets_no_answer_and_the_next_request_does(line: Other, frame: bytes) -> None:
    assert await line.ask(frame, limit_s=0.1) == b""
    assert is_whole(await line.ask(sealed(READ_ID)))


async def test_a_broadcast_is_written_and_not_answered(line: Other) -> None:
    assert await line.ask(sealed(bytes([0, 6, 0, 32, 0, 77])), limit_s=0.1) == b""
    assert await line.ask(sealed(bytes([1, 3, 0, 32, 0, 1]))) == sealed(bytes([1, 3, 2, 0, 77]))


async def test_a_long_reply_goes_out_whole(line: Other) -> None:
    reply = await line.ask(sealed(bytes([1, 3, 0, 128, 0, 96])))
    assert len(reply) == 5 + 2 * 96


def test_the_silence_is_three_and_a_half_characters_or_1_75_ms() -> None:
    assert silence_s(19200) == pytest.approx(0.001823, abs=1e-6)
    assert silence_s(115200) == 0.00175


def test_what_is_no_line_is_refused() -> None:
    with pytest.raises(ValueError, match="9600"):
        open_line("/dev/null", 9600)
    with pytest.raises(OSError, match="no serial line"):
        open_line("/dev/null", 19200)
    with pytest.raises(FileNotFoundError):
        open_line("/dev/no-such-line", 19200)


@pytest.mark.parametrize(
    ("fault", "given", "reply"),
    [
        ("reply_dropped", {}, b""),
        ("frozen_plc", {"answers": 0}, b""),
        ("cable_out", {}, b""),
        ("reply_truncated", {}, GOOD[: len(GOOD) // 2]),
        ("reply_delayed", {"delay_s": 0.3}, b""),
        ("request_delayed", {"delay_s": 0.3}, b""),
        ("exception_reply", {"code": 6}, sealed(bytes([1, 0x83, 6]))),
        ("wrong_unit", {"unit": 9}, sealed(bytes([9]) + GOOD[1:-2])),
    ],
)
async def test_faults_of_the_wire(fault: str, given: dict[str, object], reply: bytes) -> None:
    sim = Simulator()
    server = SerialServer(sim, 115200, wire=sim.wire)
    other = Other(server.open_pty())
    sim.inject(fault, **given)
    assert await other.ask(sealed(READ_ID), limit_s=0.2) == reply
    if "delay_s" in given:
        await asyncio.sleep(0.2)
        assert os.read(other.handle, 300) == GOOD
        await other.ask(sealed(READ_ID), limit_s=0.05)  # closed while it waits: nothing comes of it
    os.close(other.handle)
    server.close()


async def test_a_doubled_reply_comes_twice() -> None:
    sim = Simulator()
    server = SerialServer(sim, 115200, wire=sim.wire)
    other = Other(server.open_pty())
    sim.inject("reply_duplicated")
    os.write(other.handle, sealed(READ_ID))
    await asyncio.sleep(0.1)
    assert os.read(other.handle, 300) == GOOD * 2
    os.close(other.handle)
    server.close()
