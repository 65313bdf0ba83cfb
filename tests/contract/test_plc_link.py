"""The guard around the Modbus library, on a real TCP connection to a peer that misbehaves."""

from __future__ import annotations

import asyncio
import os
import pty
import socket
import tty

import pytest

from tests.support.modbus_peer import Peer, Reply, frame, good, modbus_peer
from towerd.plc.codec import crc16_modbus
from towerd.plc.config import LinkConfig
from towerd.plc.frames import READ
from towerd.plc.link import RtuTransport, TcpTransport, make_transport
from towerd.plc.transport import BadReplyError, ExceptionReplyError, NoReplyError, NotConnectedError, TransportError


async def connected(peer: Peer, timeout_ms: int = 100) -> TcpTransport:
    transport = TcpTransport(LinkConfig(host="127.0.0.1", port=peer.port, timeout_ms=timeout_ms))
    await transport.connect()
    return transport


def changed(at: int, to: int) -> Reply:
    return lambda request: bytes([*good(request)[:at], to, *good(request)[at + 1 :]])


def silent(request: bytes) -> None:
    return None


async def test_reads_and_writes() -> None:
    async with modbus_peer() as peer:
        transport = await connected(peer)
        assert await transport.read(128, 3) == [128, 129, 130]
        await transport.write(64, [1, 2, 3])
        assert peer.requests[1][7:] == bytes([16, 0, 64, 0, 3, 6, 0, 1, 0, 2, 0, 3])
        transport.close()
        assert not transport.connected
        with pytest.raises(NotConnectedError):
            await transport.read(0, 1)


@pytest.mark.parametrize(
    ("reply", "error", "text"),
    [
        (changed(7, 4), BadReplyError, "function code 4"),
        (changed(7, 0x2B), BadReplyError, "function code 43"),
        (changed(6, 9), BadReplyError, "device 9"),
        (changed(1, 99), BadReplyError, "answer to request 99"),
        (changed(2, 1), BadReplyError, "protocol id"),
        (lambda r: frame(r[:2], 1, b"\x03\x02\x00\x01"), BadReplyError, "11 bytes instead of 15"),
        (silent, NoReplyError, "no reply within 0.1 s"),
        (lambda r: b"", NoReplyError, "the connection ended"),
        (lambda r: good(r)[:9], NoReplyError, "no reply within"),
    ],
)
async def test_what_is_no_answer_ends_the_connection_and_is_not_asked_again(
    reply: Reply, error: type[TransportError], text: str
) -> None:
    async with modbus_peer() as peer:
        transport = await connected(peer)
        peer.replies.append(reply)
        with pytest.raises(error, match=text):
            await transport.read(0, 3)
        assert not transport.connected
        assert len(peer.requests) == 1
        await transport.connect()
        assert await transport.read(5, 1) == [5]
        assert peer.connections == 2
        transport.close()


async def test_a_write_without_an_answer_goes_out_once() -> None:
    async with modbus_peer() as peer:
        transport = await connected(peer)
        peer.replies.append(silent)
        with pytest.raises(NoReplyError):
            await transport.write(64, [1] * 10)
        assert len(peer.requests) == 1


async def test_a_write_answered_for_another_place_is_no_answer() -> None:
    async with modbus_peer() as peer:
        transport = await connected(peer)
        peer.replies.append(changed(9, 0x50))
        with pytest.raises(BadReplyError, match="another place"):
            await transport.write(64, [1] * 10)


async def test_an_exception_reply_keeps_the_connection() -> None:
    async with modbus_peer() as peer:
        transport = await connected(peer)
        peer.replies.append(lambda r: frame(r[:2], 1, b"\x83\x02"))
        with pytest.raises(ExceptionReplyError) as caught:
            await transport.read(9000, 1)
        assert caught.value.code == 2
        assert await transport.read(5, 1) == [5]
        assert peer.connections == 1
        transport.close()


async def test_a_late_reply_has_nowhere_to_arrive() -> None:
    async with modbus_peer() as peer:
        transport = await connected(peer, timeout_ms=50)
        peer.replies.append(silent)
        with pytest.raises(NoReplyError):
            await transport.read(0, 2)
        await transport.connect()
        peer.writers[0].write(good(peer.requests[0]))
        assert await transport.read(300, 2) == [300, 301]
        transport.close()


async def test_what_comes_unasked_is_dropped() -> None:
    async with modbus_peer() as peer:
        transport = await connected(peer)
        assert await transport.read(1, 1) == [1]
        peer.writers[0].write(frame(b"\x00\x02", 1, b"\x03\x02\x00\x63") * 40)
        await asyncio.sleep(0.01)
        assert await transport.read(7, 1) == [7]
        transport.close()


async def test_nobody_listens() -> None:
    async with modbus_peer() as peer:
        port = peer.port
    transport = TcpTransport(LinkConfig(host="127.0.0.1", port=port, timeout_ms=100))
    with pytest.raises(NotConnectedError, match=f"no connection to 127.0.0.1:{port}"):
        await transport.connect()
    assert not transport.connected
    transport.close()


def test_the_settings_choose_the_line() -> None:
    assert isinstance(make_transport(LinkConfig(host="plc")), TcpTransport)
    assert isinstance(make_transport(LinkConfig(serial_port="/dev/ttyS0")), RtuTransport)


class Line:
    """The PLC's end of a serial line, on a pseudo-terminal."""

    def __init__(self) -> None:
        self.master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self.master, False)
        self.port = os.ttyname(self._slave)

    def close(self) -> None:
        os.close(self.master)
        os.close(self._slave)

    def request(self) -> bytes:
        try:
            return os.read(self.master, 1024)
        except BlockingIOError:
            return b""

    async def next_request(self) -> bytes:
        async with asyncio.timeout(2):
            while not (request := self.request()):  # noqa: ASYNC110 - a serial line has no event
                await asyncio.sleep(0.002)
        return request

    def answer(self, *words: int) -> None:
        body = bytes([1, READ, 2 * len(words)]) + b"".join(word.to_bytes(2, "big") for word in words)
        os.write(self.master, body + crc16_modbus(body).to_bytes(2, "little"))


@pytest.mark.parametrize("foreign", [None, b"\x02\x03\x02\x00\x01\x00\x00", b"\x01\x03\x08\x00"])
async def test_on_rtu_a_lost_reply_is_followed_by_silence_and_what_comes_is_dropped(foreign: bytes | None) -> None:
    line = Line()
    transport = RtuTransport(LinkConfig(serial_port=line.port, timeout_ms=50))
    loop = asyncio.get_running_loop()
    try:
        await transport.connect()
        first = asyncio.create_task(transport.read(0, 1))
        await line.next_request()
        if foreign is not None:
            os.write(line.master, foreign)
        with pytest.raises((NoReplyError, BadReplyError)):
            await first
        lost_s = loop.time()
        assert transport.connected
        second = asyncio.create_task(transport.read(7, 1))
        await asyncio.sleep(0.05)
        line.answer(99)  # the late one
        await line.next_request()
        assert loop.time() - lost_s >= 0.295
        line.answer(7)
        assert await second == [7]
    finally:
        transport.close()
        line.close()


async def test_on_rtu_a_port_that_is_not_there() -> None:
    transport = RtuTransport(LinkConfig(serial_port="/dev/no-such-line"))
    with pytest.raises(NotConnectedError, match="no-such-line"):
        await transport.connect()


class Ended(TcpTransport):
    """Its reader is told to end in the very turn of the loop in which the reply arrives."""

    reader: asyncio.Task[list[int]] | None = None

    def _observe_packet(self, sending: bool, data: bytes) -> bytes:
        if not sending and self.reader is not None:
            asyncio.get_running_loop().call_soon(self.reader.cancel)
        return super()._observe_packet(sending, data)


async def test_who_is_told_to_end_while_the_reply_arrives_ends() -> None:
    async with modbus_peer() as peer:
        transport = Ended(LinkConfig(host="127.0.0.1", port=peer.port))
        await transport.connect()
        transport.reader = asyncio.create_task(transport.read(128, 3))
        with pytest.raises(asyncio.CancelledError):
            await transport.reader
        transport.close()


async def test_a_connection_that_is_never_made_ends_in_time() -> None:
    """Nobody takes it: the queue of the listener is full, as with an address that swallows everything."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = []
        for _ in range(3):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            waiting.append(one)
        transport = TcpTransport(LinkConfig(host="127.0.0.1", port=port, timeout_ms=100))
        began_s = asyncio.get_running_loop().time()
        with pytest.raises(NotConnectedError):
            await transport.connect()
        assert asyncio.get_running_loop().time() - began_s < 1.0
        for one in waiting:
            one.close()


async def test_a_peer_that_vanished_without_a_word_is_a_lost_reply() -> None:
    async with modbus_peer() as peer:
        transport = await connected(peer)
        assert await transport.read(1, 1) == [1]
        # half open: the other side knows nothing of the connection any more, and nothing comes
        peer.writers[0].transport.pause_reading()  # type: ignore[attr-defined]
        with pytest.raises(NoReplyError):
            await transport.read(2, 1)
        assert not transport.connected
        await transport.connect()
        assert await transport.read(3, 1) == [3]
        transport.close()
