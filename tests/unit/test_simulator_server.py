"""The server on raw sockets: what a client may rely on (plc-if.md 1)."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator

import pytest

from simulator.control import ControlServer
from simulator.core import Simulator
from simulator.pdu import answer
from simulator.server import ModbusServer


def frame(transaction: int, pdu: bytes, device_id: int = 1, protocol: int = 0) -> bytes:
    return struct.pack(">HHHB", transaction, protocol, len(pdu) + 1, device_id) + pdu


async def receive(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    transaction, _, length, _ = struct.unpack(">HHHB", await reader.readexactly(7))
    return transaction, await reader.readexactly(length - 1)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    server = ModbusServer(Simulator())
    yield await server.start()
    await server.stop()


READ_MAGIC = struct.pack(">BHH", 3, 0, 1)
WRITE_ONE = struct.pack(">BHH", 6, 49, 2)
WRITE_TWO = struct.pack(">BHHBHH", 16, 48, 2, 4, 5, 1)


@pytest.mark.parametrize(
    ("request_pdu", "reply"),
    [
        (READ_MAGIC, b"\x03\x02TW"),
        (WRITE_ONE, WRITE_ONE),
        (WRITE_TWO, WRITE_TWO[:5]),
        (struct.pack(">BHH", 3, 336, 1), b"\x83\x02"),
        (struct.pack(">BHH", 3, 0, 126), b"\x83\x03"),
        (struct.pack(">BHH", 6, 0, 1), b"\x86\x02"),
        (struct.pack(">BHH", 6, 49, 3), b"\x86\x03"),
        (struct.pack(">BHHBH", 16, 48, 2, 4, 5), b"\x90\x03"),
        (struct.pack(">BHHBH", 16, 128, 1, 2, 5), b"\x90\x02"),
        (b"\x10\x00", b"\x90\x03"),
        (b"\x03\x00", b"\x83\x03"),
        (b"\x06\x00", b"\x86\x03"),
        (b"\x04\x00\x00\x00\x01", b"\x84\x01"),
        (b"\x2b\x0e\x01\x00", b"\xab\x01"),
    ],
)
def test_pdu(request_pdu: bytes, reply: bytes) -> None:
    assert answer(Simulator(), request_pdu) == reply


async def test_pipelined_requests_are_answered_in_order(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"".join(frame(number, READ_MAGIC if number % 2 else WRITE_TWO) for number in range(1, 21)))
    answers = [await receive(reader) for _ in range(20)]
    assert [transaction for transaction, _ in answers] == list(range(1, 21))
    assert answers[0][1] == b"\x03\x02TW"
    assert answers[1][1] == WRITE_TWO[:5]
    writer.close()


async def test_a_request_may_come_in_pieces(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for byte in frame(9, READ_MAGIC):
        writer.write(bytes((byte,)))
        await writer.drain()
    assert await receive(reader) == (9, b"\x03\x02TW")
    writer.close()


async def test_a_new_connection_takes_the_place_of_the_old(port: int) -> None:
    old_reader, old_writer = await asyncio.open_connection("127.0.0.1", port)
    old_writer.write(frame(1, READ_MAGIC))
    await receive(old_reader)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(frame(2, READ_MAGIC))
    assert (await receive(reader))[0] == 2
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await old_reader.readexactly(1)
    for stream in (old_writer, writer):
        stream.close()


async def test_another_device_is_met_with_silence(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(frame(1, READ_MAGIC, device_id=7) + frame(2, READ_MAGIC))
    assert (await receive(reader))[0] == 2
    writer.close()


async def test_what_is_not_modbus_ends_the_connection(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(frame(1, READ_MAGIC, protocol=9))
    assert await reader.read() == b""
    writer.close()


async def test_the_control_port_acts_and_answers() -> None:
    sim = Simulator()
    control = ControlServer(sim)
    reader, writer = await asyncio.open_connection("127.0.0.1", await control.start())

    async def ask(**request: object) -> dict[str, object]:
        writer.write(json.dumps(request).encode() + b"\n")
        answer: dict[str, object] = json.loads(await reader.readline())
        return answer

    assert await ask(do="place_vehicle", tag=7, place="bay:1-2") == {"ok": True}
    assert await ask(do="truth") == {"ok": True, "truth": {"7": "bay:1-2"}}
    assert await ask(do="person", cabin=1, present=True) == {"ok": True}
    assert sim.plant.booths[0].person
    assert await ask(do="fault", name="gate_open") == {"ok": True}
    assert sim.plant.inputs.gate_open
    assert (await ask(do="drive_off", cabin=1))["ok"] is False
    assert (await ask(do="no such act"))["ok"] is False
    assert (await ask(do="executed"))["executed"] == []
    state = await ask(do="state")
    assert isinstance(state["state"], dict)
    assert state["state"]["simulated"] is True
    writer.close()
    await control.stop()
