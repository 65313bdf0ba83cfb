"""Faults on the wire: what a client of the real server sees (simulator.wire, server), and the control port's side of faults."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

from simulator.control import ControlServer, handle
from simulator.core import Simulator
from simulator.faults import CATALOGUE
from simulator.image import ModbusException
from simulator.server import ModbusServer
from simulator.wire import Wire

SHORT_S = 0.15
READ_MAGIC = struct.pack(">BHH", 3, 0, 1)
TOKEN = struct.pack(">BHH", 6, 48, 9)


@dataclass
class Client:
    sim: Simulator
    port: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def ask(self, pdu: bytes, transaction: int = 1) -> None:
        self.writer.write(struct.pack(">HHHB", transaction, 0, len(pdu) + 1, 1) + pdu)

    async def frame(self) -> tuple[int, int, bytes]:
        """Transaction, unit and PDU of the next frame."""
        header = await asyncio.wait_for(self.reader.readexactly(7), 5)
        transaction, _, length, unit = struct.unpack(">HHHB", header)
        return transaction, unit, await asyncio.wait_for(self.reader.readexactly(length - 1), 5)

    async def nothing(self) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(self.reader.readexactly(1), SHORT_S)


async def close(*writers: asyncio.StreamWriter) -> None:
    for writer in writers:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    sim = Simulator()
    server = ModbusServer(sim, wire=sim.wire)
    port = await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    client = Client(sim, port, reader, writer)
    yield client
    await close(writer, client.writer)
    await server.stop()


async def test_a_late_reply_comes_late_and_was_done_at_once(client: Client) -> None:
    client.sim.inject("reply_delayed", delay_s=0.3)
    client.ask(TOKEN)
    await client.nothing()
    assert client.sim.read(48, 1) == [9]
    assert await client.frame() == (1, 1, TOKEN)


async def test_a_late_request_is_done_late_even_without_its_connection(client: Client) -> None:
    client.sim.inject("request_delayed", delay_s=0.3)
    client.ask(TOKEN)
    await client.nothing()
    assert client.sim.read(48, 1) == [0]
    _, other = await asyncio.open_connection("127.0.0.1", client.port)
    await asyncio.sleep(0.4)
    assert client.sim.read(48, 1) == [9]
    await close(other)


async def test_a_lost_reply_was_done(client: Client) -> None:
    client.sim.inject("reply_dropped")
    client.ask(TOKEN)
    await client.nothing()
    assert client.sim.read(48, 1) == [9]
    client.sim.clear("reply_dropped")
    client.ask(READ_MAGIC, 2)
    assert await client.frame() == (2, 1, b"\x03\x02TW")


async def test_a_doubled_reply_comes_twice(client: Client) -> None:
    client.sim.inject("reply_duplicated")
    client.ask(READ_MAGIC, 5)
    assert [await client.frame(), await client.frame()] == [(5, 1, b"\x03\x02TW")] * 2


async def test_of_a_cut_reply_half_comes(client: Client) -> None:
    client.sim.inject("reply_truncated")
    client.ask(READ_MAGIC)
    assert await asyncio.wait_for(client.reader.readexactly(5), 5) == b"\x00\x01\x00\x00\x00"
    await client.nothing()


async def test_another_unit_answers(client: Client) -> None:
    client.sim.inject("wrong_unit", unit=9)
    client.ask(READ_MAGIC)
    assert (await client.frame())[1] == 9


async def test_an_exception_is_answered_and_nothing_done(client: Client) -> None:
    client.sim.inject("exception_reply", code=6)
    client.ask(TOKEN)
    assert (await client.frame())[2] == b"\x86\x06"
    client.sim.clear("exception_reply")
    assert client.sim.read(48, 1) == [0]


async def test_a_silent_plc_answers_nothing_and_hears_nothing(client: Client) -> None:
    client.sim.inject("frozen_plc", answers=0)
    client.ask(TOKEN)
    await client.nothing()
    client.sim.clear("frozen_plc")
    assert client.sim.read(48, 1) == [0]


async def test_without_a_cable_there_is_no_connection(client: Client) -> None:
    client.sim.inject("cable_out")
    client.ask(READ_MAGIC)
    assert await asyncio.wait_for(client.reader.read(), 5) == b""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 5)
    await close(writer)
    client.sim.clear("cable_out")
    client.reader, client.writer = await asyncio.open_connection("127.0.0.1", client.port)
    client.ask(READ_MAGIC)
    assert (await client.frame())[2] == b"\x03\x02TW"


def test_a_torn_read_shows_two_counters_and_the_image_is_whole() -> None:
    sim = Simulator()
    sim.inject("reply_torn")
    words = sim.read(128, 96)
    assert words[1] != words[31]
    assert words[33] != words[47]
    assert sim.read(0, 20)[0] == 21591
    sim.clear("reply_torn")
    words = sim.read(128, 96)
    assert words[1] == words[31]


def test_an_exception_in_process_is_raised() -> None:
    sim = Simulator()
    sim.inject("exception_reply", code=4)
    with pytest.raises(ModbusException) as caught:
        sim.write(32, [1])
    assert caught.value.code == 4


@pytest.mark.parametrize(
    ("what", "address", "words"),
    [
        ("magic", 0, [1]),
        ("major", 1, [2]),
        ("word_order", 3, [0x5678, 0x1234]),
        ("layout_crc", 16, [0xDEAD, 0xBEEF]),
    ],
)
def test_a_wrong_identity(what: str, address: int, words: list[int]) -> None:
    sim = Simulator()
    before = sim.read(address, len(words))
    sim.inject("wrong_identity", what=what)
    assert sim.read(address, len(words)) == words
    sim.restart_plc()
    assert sim.read(address, len(words)) == words
    sim.clear("wrong_identity")
    assert sim.read(address, len(words)) == before


def test_a_share_of_the_replies_is_drawn_from_the_seed() -> None:
    def lost(seed: int) -> list[bool]:
        wire = Wire(seed)
        wire.disturb("drop", 0.3, 1.0)
        return [not wire.fate().arrives for _ in range(1000)]

    assert lost(1) == lost(1)
    assert lost(1) != lost(2)
    assert 250 < sum(lost(1)) < 350


async def test_the_control_port_injects_clears_and_tells() -> None:
    sim = Simulator()
    control = ControlServer(sim)
    reader, writer = await asyncio.open_connection("127.0.0.1", await control.start())

    async def ask(**request: object) -> dict[str, object]:
        writer.write(json.dumps(request).encode() + b"\n")
        answer: dict[str, object] = json.loads(await reader.readline())
        return answer

    assert await ask(do="inject", name="jam_axis", axis="lift") == {"ok": True}
    assert await ask(do="faults_active") == {
        "ok": True,
        "faults_active": [{"name": "jam_axis", "params": {"axis": "lift"}, "since_ms": 0}],
    }
    assert await ask(do="clear", name="jam_axis") == {"ok": True}
    assert (await ask(do="faults_active"))["faults_active"] == []
    assert (await ask(do="history"))["history"] == [
        {"at_ms": 0, "what": "inject jam_axis axis=lift"},
        {"at_ms": 0, "what": "clear jam_axis"},
    ]
    catalogue = (await ask(do="faults"))["faults"]
    assert isinstance(catalogue, list)
    assert [one["name"] for one in catalogue] == list(CATALOGUE)
    assert await ask(do="inject", name="gremlin") != {"ok": True}
    await close(writer)
    await control.stop()


@pytest.mark.parametrize(
    ("request_line", "says"),
    [
        (b"{", "JSONDecodeError"),
        (b"[]", "TypeError"),
        (b'{"do": "dance"}', "no such act: dance"),
        (b'{"do": "press_clear"}', "press_clear asks for cabin"),
        (b'{"do": "press_clear", "cabin": 9}', "no such cabin: 9"),
        (b'{"do": "press_clear", "cabin": 1, "twice": 1}', "press_clear has no twice"),
        (b'{"do": "inject"}', "KeyError"),
        (b'{"do": ["state"]}', "TypeError"),
    ],
)
def test_a_wrong_request_is_answered_and_does_nothing(request_line: bytes, says: str) -> None:
    sim = Simulator()
    answer = handle(sim, request_line)
    assert answer["ok"] is False
    assert says in answer["error"]
    assert sim.history == []
