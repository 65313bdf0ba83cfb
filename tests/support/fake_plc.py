"""The smallest PLC that keeps the interface: heartbeat, session, mailboxes that take. No plant, no interlocks."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from towerd.fsm.events import Event
from towerd.plc.codec import check_word
from towerd.plc.registers import Register, blocks
from towerd.plc.transport import ExceptionReplyError, NotConnectedError, TransportError

T = TypeVar("T")

IDENTITY = {
    "magic": 21591,
    "if_major": 1,
    "word_order_test": 305419896,
    "boot_id": 0x10001,
    "floors": 5,
    "positions": 6,
    "cabins": 2,
    "capabilities": 1 << 15 | 1,
    "max_length_mm": 5200,
    "max_width_mm": 2100,
    "max_height_mm": 2000,
    "max_mass_kg": 2800,
    "scan_ms": 10,
    "layout_crc": 0xCAFE0001,
    "firmware": 1 << 16,
}


def words_of(register: Register, value: int) -> list[int]:
    """The words of one field, high word first."""
    return [value & 0xFFFF] if register.words == 1 else [value >> 16 & 0xFFFF, value & 0xFFFF]


@dataclass
class FakePlc:
    """Words and the little that moves them. `now` gives seconds. `beats`: how many values plc_heartbeat takes in turn."""

    now: Callable[[], float]
    identity: dict[str, int] = field(default_factory=lambda: dict(IDENTITY))
    words: list[int] = field(default_factory=lambda: [0] * 2048)
    frozen: bool = False
    beats: int = 0x10000
    deaf: bool = False
    reads: list[tuple[int, int]] = field(default_factory=list)
    writes: list[tuple[float, int, list[int]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for block in blocks().values():
            if block.block_id is not None:
                self.words[block.start] = block.block_id
        for name, value in self.identity.items():
            self.set("ID", name, value)
        self.set("SYS", "packml_state", 2)
        self.set("SYS", "key_switch", 1)
        self.set("SYS", "boot_id", self.identity["boot_id"])
        self.set("ALM", "first_out", 0xFFFF)
        for name in ("AX_LIFT", "AX_TURNTABLE", "AX_FORK"):
            self.set(name, "plcopen_state", 3)
            self.set(name, "station_floor", 0xFFFF)
            self.set(name, "station_position", 0xFFFF)

    def set(self, block: str, name: str, value: int) -> None:
        """Write one field and move the block's counters."""
        table = blocks()[block]
        register = table.field(name)
        self.words[register.address : register.address + register.words] = words_of(register, value)
        if table.block_id is not None and name != "counter_copy":
            counter = (self.words[table.start + 1] + 1) & 0xFFFF
            self.words[table.start + 1] = self.words[table.start + table.length - 1] = counter

    def get(self, block: str, name: str) -> int:
        """One field, unsigned."""
        register = blocks()[block].field(name)
        value = 0
        for word in self.words[register.address : register.address + register.words]:
            value = value << 16 | word
        return value

    def set_bay(self, index: int, word: int) -> None:
        """Write a bay word; the counter moves where it changes."""
        at = blocks()["BAY"].start + index
        if self.words[at] != word:
            self.words[at] = word
            self.set("SYS", "bay_change_counter", self.get("SYS", "bay_change_counter") + 1)

    def restart(self) -> None:
        """Power off and on: another boot_id, W registers 0 (4.7)."""
        self.identity["boot_id"] += 1
        self.set("ID", "boot_id", self.identity["boot_id"])
        self.set("SYS", "boot_id", self.identity["boot_id"])
        for block in blocks().values():
            if block.fields[0].writable:
                self.words[block.start : block.start + block.length] = [0] * block.length

    def read(self, address: int, count: int) -> list[int]:
        """What a read of holding registers gives. Raises ExceptionReplyError outside the image."""
        self.reads.append((address, count))
        if address + count > len(self.words):
            raise ExceptionReplyError(2)
        beat = 0 if self.frozen else int(self.now() * 10) % self.beats
        if self.get("SYS", "plc_heartbeat") != beat and not self.frozen:
            self.set("SYS", "plc_heartbeat", beat)
        if not self.deaf and self.get("SYS", "pc_session_echo") != self.get("CTL", "pc_session"):
            self.set("SYS", "pc_session_echo", self.get("CTL", "pc_session"))
        return self.words[address : address + count]

    def write(self, address: int, words: Sequence[int]) -> None:
        """What a write does. Raises ExceptionReplyError outside of W blocks (1.5)."""
        for block in blocks().values():
            inside = block.start <= address and address + len(words) <= block.start + block.length
            if inside and block.fields[0].writable:
                self.words[address : address + len(words)] = list(words)
                self.writes.append((self.now(), address, list(words)))
                self._act(block.name)
                return
        raise ExceptionReplyError(2)

    def _act(self, name: str) -> None:
        if name == "CTL":
            self.set("SYS", "packml_ack_seq", self.get("CTL", "packml_seq"))
        if name.startswith("CMD_"):
            block = blocks()[name]
            words = self.words[block.start : block.start + block.length]
            if words[8] == check_word(words[:8], words[9], self.get("SYS", "pc_session_echo")):
                self.set(name.replace("CMD_", "STS_"), "taken_seq", words[9])

    def written(self, block: str) -> list[list[int]]:
        """The words of every write to a block, in order."""
        start = blocks()[block].start
        return [words for _, address, words in self.writes if address == start]


class FakeTransport:
    """A Transport on a FakePlc in process. Each entry of `faults` spoils one request: an error is raised instead of
    the reply (a write has arrived before), a function changes the words read, None leaves it alone.
    """

    def __init__(self, plc: FakePlc) -> None:
        self.plc = plc
        self.faults: deque[TransportError | Callable[[list[int]], list[int]] | None] = deque()
        self.write_faults: deque[TransportError | None] = deque()
        self.unreachable = False
        self.keeps_connection = False
        self.latency_s = 0.001
        self.silence_s = self.silent_until_s = 0.0
        self.connects: list[float] = []
        self._connected = False

    @property
    def connected(self) -> bool:
        """Whether a request can be sent."""
        return self._connected

    async def connect(self) -> None:
        """Connect, unless unreachable."""
        self.connects.append(self.plc.now())
        await asyncio.sleep(self.latency_s)
        if self.unreachable:
            raise NotConnectedError("refused")
        self._connected = True

    async def rest(self) -> None:
        """Wait for the end of the silence that a lost reply has left."""
        await asyncio.sleep(max(0.0, self.silent_until_s - self.plc.now()))

    async def read(self, address: int, count: int) -> list[int]:
        """Read through the next fault."""
        self._check()
        await self.rest()
        await asyncio.sleep(self.latency_s)
        words = self.plc.read(address, count)
        fault = self.faults.popleft() if self.faults else None
        if isinstance(fault, TransportError):
            self._spoil(fault)
        return fault(words) if callable(fault) else words

    async def write(self, address: int, words: Sequence[int]) -> None:
        """Write; the reply goes through the next write fault."""
        self._check()
        await self.rest()
        await asyncio.sleep(self.latency_s)
        self.plc.write(address, words)
        fault = self.write_faults.popleft() if self.write_faults else None
        if fault is not None:
            self._spoil(fault)

    def close(self) -> None:
        """End the connection."""
        self._connected = False

    def _check(self) -> None:
        if self.unreachable:
            self._connected = False
        if not self._connected:
            raise NotConnectedError("not connected")

    def _spoil(self, fault: TransportError) -> None:
        self._connected = self.keeps_connection or isinstance(fault, ExceptionReplyError)
        self.silent_until_s = self.plc.now() + self.silence_s
        raise fault


@dataclass
class Recorder:
    """An Inbox that keeps what was posted, with the loop's time."""

    posted: list[tuple[float, Event]] = field(default_factory=list)
    on_post: Callable[[Event], None] | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def post(self, event: Event, attachment: bytes | None = None, done: Callable[[], None] | None = None) -> None:
        """Keep the event."""
        self.posted.append((asyncio.get_running_loop().time(), event))
        self._changed.set()
        if self.on_post is not None:
            self.on_post(event)

    def of(self, kind: type[T]) -> list[T]:
        """The events of one type, in order."""
        return [event for _, event in self.posted if isinstance(event, kind)]

    def times_of(self, kind: type[T]) -> list[float]:
        """When events of one type came, on the loop's clock in s."""
        return [at_s for at_s, event in self.posted if isinstance(event, kind)]

    async def next_of(self, kind: type[T], limit_s: float = 3.0, *, after: int | None = None) -> T:
        """The first event of a type posted from now on (or after `after` of them). Raises TimeoutError."""
        count = len(self.of(kind)) if after is None else after
        async with asyncio.timeout(limit_s):
            while len(self.of(kind)) <= count:
                self._changed.clear()
                await self._changed.wait()
        return self.of(kind)[count]


class FixedClock:
    """A Clock whose wall time stands."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime(2026, 11, 25, 8, 0, tzinfo=UTC)

    def mono_s(self) -> float:
        """The loop's time."""
        return asyncio.get_running_loop().time()
