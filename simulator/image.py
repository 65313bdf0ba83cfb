"""The process image: every register, with the rules of plc-if.md 1 for who may read and write what.

The codec here is the simulator's own; only the table is shared with the daemon.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from towerd.plc.registers import Block, Register, blocks

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
MAILBOXES = ("CMD_CARRIAGE", "CMD_BAYS", "CMD_CABIN1", "CMD_CABIN2")
FRAME_FIELDS = ("block_id", "counter", "counter_copy")


class ModbusError(Exception):
    """A Modbus exception reply. `code` is 1 function, 2 address, 3 value."""

    def __init__(self, code: int) -> None:
        super().__init__(f"Modbus exception {code}")
        self.code = code


ModbusException = ModbusError


def encode(register: Register, value: int) -> list[int]:
    """The words of one field, high word first (1.3). The value is cut to the field's width."""
    if register.words == 1:
        return [value & 0xFFFF]
    return [value >> 16 & 0xFFFF, value & 0xFFFF]


def decode(register: Register, words: Sequence[int]) -> int:
    """The value of one field from its words."""
    if register.type == "u32":
        return words[0] << 16 | words[1]
    if register.type == "i32":
        raw = words[0] << 16 | words[1]
        return raw - (1 << 32) if raw >> 31 else raw
    if register.type == "i16":
        return words[0] - (1 << 16) if words[0] >> 15 else words[0]
    return words[0]


@dataclass(slots=True)
class _Writer:
    """A read block: what was published last, and where."""

    block: Block
    offsets: dict[str, tuple[int, Register]]
    last: Mapping[str, int] | None = None
    counter: int = 0
    framed: bool = False


@dataclass(slots=True)
class Image:
    """All words of one PLC. `dirty` holds the W blocks written since the program last looked."""

    bay_count: int
    words: list[int] = field(default_factory=list)
    dirty: set[str] = field(default_factory=set)
    _readable: bytearray = field(default_factory=bytearray)
    _writers: dict[str, _Writer] = field(default_factory=dict)
    _writable: list[Block] = field(default_factory=list)
    bay_start: int = 0
    overlay: dict[int, int] = field(default_factory=dict)
    _keys: dict[str, tuple[object, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Lay out the table; BAY is as long as the tower has bays."""
        table = blocks()
        self.bay_start = table["BAY"].start
        size = self.bay_start + self.bay_count
        self.words = [0] * size
        self._readable = bytearray(size)
        for block in table.values():
            length = self.bay_count if block.name == "BAY" else block.length
            self._readable[block.start : block.start + length] = b"\x01" * length
            if block.fields[0].writable:
                self._writable.append(block)
            elif block.name != "BAY":
                offsets = {register.field: (register.address, register) for register in block.fields}
                framed = block.block_id is not None
                self._writers[block.name] = _Writer(block, offsets, framed=framed)
                if framed:
                    self.words[block.start] = block.block_id or 0

    # What the bus does

    def read(self, address: int, count: int) -> list[int]:
        """`count` words from `address`. Raises ModbusError 2 outside of the listed blocks (9.5), 3 for a bad count."""
        if not 1 <= count <= 125:
            raise ModbusError(ILLEGAL_VALUE)
        end = address + count
        if address < 0 or end > len(self.words) or not all(self._readable[address:end]):
            raise ModbusError(ILLEGAL_ADDRESS)
        words = self.words[address:end]
        for place, word in self.overlay.items():
            if address <= place < end:
                words[place - address] = word
        return words

    def force(self, block: str, name: str, value: int | None) -> None:
        """Let a field show `value` whatever is true, or the truth again with None. Raises ValueError for an unknown one."""
        table = blocks()
        if block not in table:
            raise ValueError(f"no such block: {block}")
        try:
            register = table[block].field(name)
        except KeyError as error:
            raise ValueError(error.args[0]) from error
        for offset in range(register.words):
            if value is None:
                self.overlay.pop(register.address + offset, None)
            else:
                self.overlay[register.address + offset] = encode(register, value)[offset]

    def torn(self, address: int, words: list[int]) -> list[int]:
        """Words read from `address` as amid a scan that writes them: counter_copy is ahead of counter (1.6)."""
        torn = list(words)
        for writer in self._writers.values():
            place = writer.offsets["counter_copy"][0] - address if writer.framed else -1
            if 0 <= place < len(torn):
                torn[place] = torn[place] + 1 & 0xFFFF
        return torn

    def write(self, address: int, words: Sequence[int]) -> None:
        """Write inside one W block. Raises ModbusError 2 outside, 3 for a value out of its range (1.5)."""
        if not 1 <= len(words) <= 123:
            raise ModbusError(ILLEGAL_VALUE)
        end = address + len(words)
        for block in self._writable:
            if block.start <= address and end <= block.start + block.length:
                self._check_values(block, address, words)
                self.words[address:end] = list(words)
                self.dirty.add(block.name)
                return
        raise ModbusError(ILLEGAL_ADDRESS)

    def _check_values(self, block: Block, address: int, words: Sequence[int]) -> None:
        """A mailbox's value is the program's business (reject 2), but for seq 0, which could not even be refused."""
        end = address + len(words)
        for register in block.fields:
            if register.address < address or register.address + register.words > end:
                continue
            if block.name in MAILBOXES and register.field != "seq":
                continue
            value = decode(register, words[register.address - address :])
            low, high = register.minimum, register.maximum
            if (low is not None and value < low) or (high is not None and value > high):
                raise ModbusError(ILLEGAL_VALUE)

    # What the program does

    def block_words(self, name: str) -> list[int]:
        """The present words of a W block."""
        block = blocks()[name]
        return self.words[block.start : block.start + block.length]

    def clear_written(self) -> None:
        """All W registers to 0, as after a PLC start (4.7)."""
        for block in self._writable:
            self.words[block.start : block.start + block.length] = [0] * block.length
        self.dirty.clear()

    def fresh(self, name: str, key: tuple[object, ...]) -> bool:
        """Whether a block's sources differ from those it was last published from; spares building what did not change."""
        if self._keys.get(name) == key:
            return False
        self._keys[name] = key
        return True

    def publish(self, name: str, values: Mapping[str, int]) -> bool:
        """Publish a read block whole. Its counter moves when a value changed (1.6). True when it did."""
        writer = self._writers[name]
        if writer.last == values:
            return False
        before = writer.last or {}
        writer.last = values
        for key, value in values.items():
            if before.get(key) == value and key in before:
                continue
            start, register = writer.offsets[key]
            self.words[start : start + register.words] = encode(register, value)
        if writer.framed:
            writer.counter = writer.counter + 1 & 0xFFFF
            self.words[writer.block.start + 1] = writer.counter
            self.words[writer.offsets["counter_copy"][0]] = writer.counter
        return True

    def set_bay(self, index: int, word: int) -> bool:
        """Set one word of BAY; True when it changed."""
        place = self.bay_start + index
        if self.words[place] == word:
            return False
        self.words[place] = word
        return True
