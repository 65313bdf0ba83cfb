"""Reads the blocks in the contract's order, each good or not at all (plc-if.md 1.4, 1.6, 1.7)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from towerd.plc.codec import BadValueError, TornReadError
from towerd.plc.decode import Picture, decode_identity
from towerd.plc.registers import Block, blocks
from towerd.plc.snapshot import Identity, System, Unit
from towerd.plc.transport import Transport

TRIES = 3
FIRST_GROUP = ("SYS", *(f"STS_{unit.value}" for unit in Unit))
OTHER_GROUPS = (("AX_LIFT", "AX_TURNTABLE", "AX_FORK", "LOAD"), ("CAB1", "CAB2"))


def split_group(names: Sequence[str], max_registers: int) -> list[tuple[str, ...]]:
    """The blocks of a group in as few reads of neighbours as `max_registers` allows (1.4)."""
    table = blocks()
    reads: list[tuple[str, ...]] = []
    for name in names:
        last = table[name].start + table[name].length
        if reads and last - table[reads[-1][0]].start <= max_registers:
            reads[-1] = (*reads[-1], name)
        else:
            reads.append((name,))
    return reads


class Reader:
    """Reads through one transport. `before_request(words)` runs ahead of each request; commands and heartbeats go there.
    `good` is called after each good read.
    """

    def __init__(
        self,
        transport: Transport,
        max_registers: int,
        before_request: Callable[[int], Awaitable[None]],
        good: Callable[[], None],
    ) -> None:
        self._transport = transport
        self._max_registers = max_registers
        self._before_request = before_request
        self._good = good
        self._first_reads = split_group(FIRST_GROUP, max_registers)
        self._other_reads = [read for group in OTHER_GROUPS for read in split_group(group, max_registers)]
        self._bay_counter: int | None = None
        self._alarm_counter: int | None = None

    def forget(self) -> None:
        """Read BAY and ALM again with the next poll, whatever their counters say (2.3)."""
        self._bay_counter = self._alarm_counter = None

    async def read_identity(self) -> Identity:
        """The ID block. Raises IdentityError, BlockError, TransportError."""
        block = blocks()["ID"]
        return decode_identity(await self._read(block.start, block.length))

    async def read_system(self, picture: Picture) -> System:
        """SYS alone. Raises BlockError, TransportError."""
        await self._read_blocks(("SYS",), picture)
        return picture.system

    async def read_first(self, picture: Picture) -> System:
        """SYS with the four mailboxes; where one read cannot hold them, between two readings of boot_id (6.1).

        Raises BadValueError where the PLC restarted in between, BlockError, TransportError.
        """
        for names in self._first_reads:
            await self._read_blocks(names, picture)
        system = picture.system
        if len(self._first_reads) > 1 and (await self.read_system(picture)).boot_id != system.boot_id:
            raise BadValueError("boot_id moved while the mailboxes were read")
        return picture.system

    async def read_rest(self, picture: Picture) -> None:
        """The carriage and the cabins; BAY and ALM where their counters moved. Raises BlockError, TransportError."""
        for names in self._other_reads:
            await self._read_blocks(names, picture)
        if picture.system.bay_change_counter != self._bay_counter:
            self._bay_counter = await self._read_bays(picture)
        counter = picture.system.alarm_change_counter
        if counter != self._alarm_counter:
            await self._read_blocks(("ALM",), picture)
            self._alarm_counter = counter

    async def _read(self, address: int, count: int) -> list[int]:
        await self._before_request(count)
        return await self._transport.read(address, count)

    async def _read_blocks(self, names: Sequence[str], picture: Picture) -> None:
        """One read of neighbouring blocks; a torn one is read again, three times at most."""
        table = blocks()
        start = table[names[0]].start
        count = table[names[-1]].start + table[names[-1]].length - start
        for attempt in range(1, TRIES + 1):
            words = await self._read(start, count)
            try:
                _accept(words, [table[name] for name in names], picture)
            except TornReadError:
                if attempt == TRIES:
                    raise
            else:
                self._good()
                return

    async def _read_bays(self, picture: Picture) -> int:
        """All bays between two readings of bay_change_counter, which is returned (1.7). Raises TornReadError."""
        for _ in range(TRIES):
            before = picture.system.bay_change_counter
            words = await self._read_bay_words(picture.identity)
            after = (await self.read_system(picture)).bay_change_counter
            if before == after:
                picture.accept_bays(words)
                return after
        raise TornReadError(f"BAY moved during {TRIES} readings")

    async def _read_bay_words(self, identity: Identity) -> list[int]:
        start, count = blocks()["BAY"].start, identity.floors * identity.positions
        words: list[int] = []
        while len(words) < count:
            words += await self._read(start + len(words), min(self._max_registers, count - len(words)))
            self._good()
        return words


def _accept(words: Sequence[int], table: Sequence[Block], picture: Picture) -> None:
    start = table[0].start
    for block in table:
        picture.accept(block.name, words[block.start - start : block.start - start + block.length])
