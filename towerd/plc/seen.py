"""What was last read from the PLC and written to it, word by word and when: for people who look at single registers.

A Transport around a Transport. It takes a block only where block_id and counters are right (plc-if.md 1.6), so a torn or
foreign reply leaves what was seen before, growing older.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from towerd.plc.codec import BlockError, check_read
from towerd.plc.register_rows import RegisterRow, Words, register_rows
from towerd.plc.registers import blocks
from towerd.plc.transport import Transport

Places = tuple[tuple[str, int, int], ...]


def _places(address: int, count: int) -> Places:
    """Which blocks lie in a read, each with its first word and the one behind its last; of BAY a part will do."""
    found = []
    for name, block in blocks().items():
        start = block.start - address
        if start >= 0 and start + block.length <= count:
            found.append((name, start, start + block.length))
    bays = blocks()["BAY"].start
    return ((f"BAY+{address - bays}", 0, count),) if address >= bays else tuple(found)


class SeenTransport:
    """Passes everything on and remembers the newest good words."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._seen: dict[str, Words] = {}
        self._known: dict[tuple[int, int], Places] = {}

    @property
    def connected(self) -> bool:
        """As the transport's."""
        return self._transport.connected

    async def connect(self) -> None:
        """As the transport's."""
        await self._transport.connect()

    async def rest(self) -> None:
        """As the transport's."""
        await self._transport.rest()

    async def read(self, address: int, count: int) -> list[int]:
        """As the transport's. Raises TransportError."""
        words = await self._transport.read(address, count)
        self._note(address, words, checked=True)
        return words

    async def write(self, address: int, words: Sequence[int]) -> None:
        """As the transport's. Raises TransportError."""
        await self._transport.write(address, words)
        self._note(address, words, checked=False)

    def close(self) -> None:
        """As the transport's."""
        self._transport.close()

    def rows(self) -> list[RegisterRow]:
        """Every register with what was last seen of it. Call from the loop's own thread."""
        return register_rows(self._seen, asyncio.get_running_loop().time())

    def _note(self, address: int, words: Sequence[int], *, checked: bool) -> None:
        now_s = asyncio.get_running_loop().time()
        key = (address, len(words))
        places = self._known.get(key)
        if places is None:
            places = self._known[key] = _places(*key)
        for name, start, end in places:
            part = words[start:end]
            if checked and name in blocks():
                try:
                    check_read(name, part)
                except BlockError:
                    continue
            self._seen[name] = Words(tuple(part), now_s)
