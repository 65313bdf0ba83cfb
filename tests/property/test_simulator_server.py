"""The simulator's server under whatever comes over the wire (plc-if.md 1.2, 1.4, 1.5, 9.5)."""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.config import SimulatorConfig
from simulator.core import Simulator
from simulator.pdu import answer
from simulator.server import ModbusServer
from towerd.plc.registers import blocks

CONFIG = SimulatorConfig(floors=2, positions=3)
BLOCKS = {
    block.name: (block.start, CONFIG.bay_count if block.name == "BAY" else block.length, block.fields[0].writable)
    for block in blocks().values()
}
READABLE = {word for start, length, _ in BLOCKS.values() for word in range(start, start + length)}
WRITABLE = [(start, length) for start, length, writable in BLOCKS.values() if writable]

WORD = st.one_of(st.integers(0, 0xFFFF), st.sampled_from([0, 1, 2, 3, 0xFFFF]))
EDGE = st.sampled_from(
    [edge for start, length, _ in BLOCKS.values() for edge in (start - 1, start, start + length - 1)]
)
ADDRESS = st.one_of(EDGE.map(lambda word: max(word, 0)), st.integers(0, 1100), WORD)
READS = st.tuples(ADDRESS, st.one_of(st.integers(0, 130), WORD)).map(lambda pair: struct.pack(">BHH", 3, *pair))
SINGLE = st.tuples(ADDRESS, WORD).map(lambda pair: struct.pack(">BHH", 6, *pair))
MANY = st.tuples(ADDRESS, st.lists(WORD, max_size=20)).map(
    lambda pair: struct.pack(f">BHHB{len(pair[1])}H", 16, pair[0], len(pair[1]), 2 * len(pair[1]), *pair[1])
)
LYING = st.tuples(ADDRESS, WORD, st.integers(0, 255), st.binary(max_size=40)).map(
    lambda four: struct.pack(">BHHB", 16, *four[:3]) + four[3]
)
ANY = st.binary(min_size=1, max_size=253)
REQUESTS = st.one_of(READS, SINGLE, MANY, LYING, ANY)


def written(request: bytes) -> tuple[int, list[int]] | None:
    """Address and words of a request that is a well-formed write, else None."""
    if request[0] == 6 and len(request) == 5:
        address, word = struct.unpack(">HH", request[1:])
        return address, [word]
    if request[0] == 16 and len(request) >= 6:
        address, count, size = struct.unpack(">HHB", request[1:6])
        if 1 <= count <= 123 and size == 2 * count and len(request) == 6 + size:
            return address, list(struct.unpack(f">{count}H", request[6:]))
    return None


def expected(request: bytes) -> set[bytes]:
    """What the contract lets a server answer, as function code and, where it is an exception, its code."""
    function = request[0]
    if function not in (3, 6, 16):
        return {bytes((function | 0x80, 1))}
    if function == 3:
        if len(request) != 5:
            return {b"\x83\x03"}
        address, count = struct.unpack(">HH", request[1:])
        if not 1 <= count <= 125:
            return {b"\x83\x03"}
        return {b"\x03" if set(range(address, address + count)) <= READABLE else b"\x83\x02"}
    write = written(request)
    if write is None:
        return {bytes((function | 0x80, 3))}
    address, words = write
    inside = any(start <= address and address + len(words) <= start + length for start, length in WRITABLE)
    return {bytes((function,)), bytes((function | 0x80, 3))} if inside else {bytes((function | 0x80, 2))}


def told(reply: bytes) -> bytes:
    return reply[:2] if reply[0] & 0x80 else reply[:1]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(REQUESTS, min_size=1, max_size=6))
def test_every_request_gets_its_answer_and_a_refused_one_changes_nothing(requests: list[bytes]) -> None:
    sim = Simulator(CONFIG)
    for request in requests:
        before, dirty = list(sim.image.words), set(sim.image.dirty)
        reply = answer(sim, request)
        assert told(reply) in expected(request)
        changed = {place for place, word in enumerate(sim.image.words) if word != before[place]}
        write = written(request)
        if reply[0] & 0x80 or write is None:
            assert (changed, sim.image.dirty) == (set(), dirty)
        else:
            address, words = write
            assert sim.image.words[address : address + len(words)] == words
            assert changed <= set(range(address, address + len(words)))
            assert reply == request[:5]
    sim.step(0.1)
    assert sim.plant.collisions == []
    assert not sim.plant.axes_moving  # nothing whose check is not right moves anything


@settings(max_examples=200, deadline=None)
@given(READS)
def test_a_read_has_the_words_of_the_image(request: bytes) -> None:
    sim = Simulator(CONFIG)
    reply = answer(sim, request)
    if reply[0] == 3:
        address, count = struct.unpack(">HH", request[1:])
        assert reply == struct.pack(f">BB{count}H", 3, 2 * count, *sim.image.words[address : address + count])


def framed(transaction: int, pdu: bytes) -> bytes:
    return struct.pack(">HHHB", transaction, 0, len(pdu) + 1, 1) + pdu


HEADERS = st.tuples(WORD, st.sampled_from([0, 0, 0, 1, 0xFFFF]), st.integers(0, 400), st.integers(0, 255))
CHUNKS = st.one_of(
    st.binary(max_size=600),
    st.tuples(WORD, REQUESTS).map(lambda pair: framed(*pair)),
    st.tuples(HEADERS, st.binary(max_size=300)).map(lambda pair: struct.pack(">HHHB", *pair[0]) + pair[1]),
)


async def _after(chunks: list[bytes]) -> tuple[bytes, list[int]]:
    """Send rubbish on one connection; then what a second one reads, and the words of the image."""
    sim = Simulator(CONFIG)
    server = ModbusServer(sim)
    port = await server.start()
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        with suppress(ConnectionError):  # the server may end the connection
            for chunk in chunks:
                writer.write(chunk)
                await writer.drain()
        reader, second = await asyncio.open_connection("127.0.0.1", port)
        second.write(framed(7, struct.pack(">BHH", 3, 0, 5)))
        reply = await asyncio.wait_for(reader.readexactly(7 + 2 + 10), 5)
        for stream in (writer, second):
            stream.close()
            with suppress(ConnectionError):
                await stream.wait_closed()
    finally:
        await server.stop()
    return reply, sim.image.words


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(CHUNKS, min_size=1, max_size=6))
def test_after_any_bytes_the_next_connection_is_served(chunks: list[bytes]) -> None:
    reply, words = asyncio.run(_after(chunks))
    assert reply == struct.pack(">HHHBBB5H", 7, 0, 13, 1, 3, 10, 21591, 1, 0, 0x1234, 0x5678)
    readonly = [
        place for start, length, writable in BLOCKS.values() if not writable for place in range(start, start + length)
    ]
    untouched = Simulator(CONFIG).image.words
    assert [words[place] for place in readonly] == [untouched[place] for place in readonly]


def test_pieces_of_a_frame_are_put_together_wherever_they_are_cut() -> None:
    async def read_in_two(cut: int) -> bytes:
        server = ModbusServer(Simulator(CONFIG))
        port = await server.start()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            frame = framed(9, struct.pack(">BHH", 3, 0, 1))
            writer.write(frame[:cut])
            await writer.drain()
            await asyncio.sleep(0)
            writer.write(frame[cut:])
            reply = await asyncio.wait_for(reader.readexactly(11), 5)
            writer.close()
            await writer.wait_closed()
        finally:
            await server.stop()
        return reply

    for cut in range(1, 12):
        assert asyncio.run(read_in_two(cut))[-2:] == b"TW"
