"""A hostile Modbus server: what comes is random, cut, late, doubled, huge, foreign or dribbled. Seeded, on real sockets.

No reply that is not right in every part gives a value, none ends the process, memory stays where it is, and the link comes
back by itself.
"""

from __future__ import annotations

import asyncio
import random
import tracemalloc

import pytest

from tests.support.modbus_peer import Peer, frame, good, modbus_peer
from towerd.plc.config import LinkConfig
from towerd.plc.link import TcpTransport
from towerd.plc.transport import ExceptionReplyError, NoReplyError, NotConnectedError, TransportError

ROUNDS = 400
MEMORY_LIMIT_BYTES = 4_000_000
RIGHT = "right"


def random_bytes(draw: random.Random, request: bytes) -> bytes:
    return draw.randbytes(draw.randrange(1, 400))


def cut(draw: random.Random, request: bytes) -> bytes:
    whole = good(request)
    return whole[: draw.randrange(1, len(whole))]


def doubled(draw: random.Random, request: bytes) -> bytes:
    """The right answer twice: the second has no request."""
    return good(request) * 2


def huge(draw: random.Random, request: bytes) -> bytes:
    return good(request)[:4] + b"\xff\xff" + draw.randbytes(70_000)


def one_byte_off(draw: random.Random, request: bytes) -> bytes:
    """One byte of the head is wrong; the words themselves carry no check on TCP."""
    whole = bytearray(good(request))
    whole[draw.randrange(9)] ^= 1 << draw.randrange(8)
    return bytes(whole)


def foreign_transaction(draw: random.Random, request: bytes) -> bytes:
    other = (int.from_bytes(request[:2], "big") + draw.randrange(1, 65535)) & 0xFFFF
    return other.to_bytes(2, "big") + frame(b"", 1, b"\x03\x02\x66\x66")


def foreign_unit(draw: random.Random, request: bytes) -> bytes:
    return frame(request[:2], draw.randrange(2, 256), good(request)[7:])


def foreign_function(draw: random.Random, request: bytes) -> bytes:
    return frame(request[:2], 1, bytes([draw.choice([1, 2, 4, 6, 16, 43, 0x81, 0x90])]) + good(request)[8:])


def wrong_length(draw: random.Random, request: bytes) -> bytes:
    words = draw.choice([0, 1, 2, 4, 60, 125])
    return frame(request[:2], 1, bytes([3, 2 * words & 0xFF]) + b"\x66" * (2 * words))


def exception(draw: random.Random, request: bytes) -> bytes:
    return frame(request[:2], 1, bytes([request[7] | 0x80, draw.randrange(256)]))


def nothing(draw: random.Random, request: bytes) -> None:
    return None


def hang_up(draw: random.Random, request: bytes) -> bytes:
    return b""


MEAN = [
    random_bytes,
    cut,
    doubled,
    huge,
    one_byte_off,
    foreign_transaction,
    foreign_unit,
    foreign_function,
    wrong_length,
    exception,
    nothing,
    hang_up,
]


async def ask(transport: TcpTransport, draw: random.Random) -> bool:
    """One read of three registers somewhere; whether there was an answer, which is then the right one."""
    address = draw.randrange(0, 60_000)
    try:
        if not transport.connected:
            await transport.connect()
        words = await transport.read(address, 3)
    except TransportError:
        return False
    assert words == [address, address + 1, address + 2]
    return True


async def rounds(peer: Peer, seed: int, count: int) -> tuple[int, int]:
    """Right and failed answers of so many requests, half of them answered meanly."""
    draw = random.Random(seed)
    transport = TcpTransport(LinkConfig(host="127.0.0.1", port=peer.port, timeout_ms=20))
    right = 0
    for _ in range(count):
        mean = draw.choice(MEAN) if draw.random() < 0.5 else None
        if mean is not None:
            peer.replies.append(lambda request, mean=mean: mean(draw, request))
        right += await ask(transport, draw)
        peer.replies.clear()
        peer.requests.clear()
        del peer.writers[:-2]
    transport.close()
    return right, count - right


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_only_right_answers_give_values_and_the_link_comes_back(seed: int) -> None:
    async with modbus_peer() as peer:
        right, failed = await rounds(peer, seed, ROUNDS)
        # what was answered well had its value, but where the mean answer before it still came in
        assert right >= ROUNDS * 0.45
        assert failed >= ROUNDS * 0.3
        assert peer.connections > 1


async def test_memory_stays_where_it_is() -> None:
    async with modbus_peer() as peer:
        await rounds(peer, 4, ROUNDS // 4)
        tracemalloc.start()
        try:
            await rounds(peer, 5, ROUNDS)
            size, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert size < MEMORY_LIMIT_BYTES


async def test_a_reply_that_dribbles_in_is_taken_when_whole_or_lost_when_late() -> None:
    async with modbus_peer() as peer:
        transport = TcpTransport(LinkConfig(host="127.0.0.1", port=peer.port, timeout_ms=300))
        await transport.connect()
        for pause_s, whole in ((0.002, True), (0.1, False)):
            peer.replies.append(lambda request: None)
            asked = asyncio.create_task(transport.read(7, 3))
            while not peer.requests:  # noqa: ASYNC110 - the peer has no event of its own
                await asyncio.sleep(0.001)
            for byte in good(peer.requests.pop()):
                peer.writers[-1].write(bytes([byte]))
                await asyncio.sleep(pause_s)
                if asked.done():
                    break
            if whole:
                assert await asked == [7, 8, 9]
            else:
                with pytest.raises(NoReplyError):
                    await asked
                assert not transport.connected


async def test_a_flood_between_requests_is_dropped() -> None:
    async with modbus_peer() as peer:
        transport = TcpTransport(LinkConfig(host="127.0.0.1", port=peer.port))
        await transport.connect()
        assert await transport.read(1, 1) == [1]
        for _ in range(50):
            peer.writers[0].write(random.Random(7).randbytes(20_000))
        await asyncio.sleep(0.05)
        try:
            assert await transport.read(9, 1) == [9]
        except (NoReplyError, NotConnectedError, ExceptionReplyError, TransportError):
            await transport.connect()
            assert await transport.read(9, 1) == [9]
        transport.close()
