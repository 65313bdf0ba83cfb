"""Words to values and back, by the register table; check words; what makes a read good (plc-if.md 1.3, 1.6, 5.2, 9.1).

Pure: no I/O. The table is data (`registers.py`), each block is compiled once into a `struct` format.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from functools import cache

from towerd.plc.registers import Block, FieldType, Register, blocks

WORD_LIMIT = 0xFFFF
FRAME_FIELDS = ("block_id", "counter", "counter_copy")

_FORMAT: dict[FieldType, str] = {"u16": "H", "bits": "H", "i16": "h", "u32": "I", "i32": "i"}
_RANGE: dict[FieldType, tuple[int, int]] = {
    "u16": (0, 0xFFFF),
    "bits": (0, 0xFFFF),
    "i16": (-0x8000, 0x7FFF),
    "u32": (0, 0xFFFFFFFF),
    "i32": (-0x80000000, 0x7FFFFFFF),
}


class BlockError(Exception):
    """A failed read: words came, but they are no good values of the block."""


class BadBlockError(BlockError):
    """Wrong block_id or wrong length: the reply belongs to something else (1.6)."""


class TornReadError(BlockError):
    """counter and counter_copy differ: read again (1.6)."""


class BadValueError(BlockError):
    """A field holds a number that the contract does not know."""


class RangeError(ValueError):
    """A value that may not be written: outside of the field's range or type, missing, or of no field."""


def _gapped(block: Block) -> tuple[struct.Struct, tuple[str, ...]]:
    """The block as one big-endian format, unused words as padding, and the names of its fields in order."""
    parts, at = [">"], block.start
    for register in block.fields:
        parts.append("xx" * (register.address - at) + _FORMAT[register.type])
        at = register.address + register.words
    return struct.Struct("".join(parts)), tuple(register.field for register in block.fields)


@cache
def _compiled(name: str) -> tuple[struct.Struct, tuple[str, ...]]:
    return _gapped(blocks()[name])


def pack_words(words: Sequence[int]) -> bytes:
    """The words as they go over the wire, high byte first (9.1)."""
    return struct.pack(f">{len(words)}H", *words)


def decode_block(name: str, words: Sequence[int]) -> dict[str, int]:
    """The fields of block `name` from its words, signs applied, 32 bits high word first (1.3).

    Raises BadBlockError where the number of words is not the block's.
    """
    layout, names = _compiled(name)
    if 2 * len(words) != layout.size:
        raise BadBlockError(f"{name}: {len(words)} words instead of {layout.size // 2}")
    return dict(zip(names, layout.unpack(pack_words(words)), strict=True))


def encode_block(name: str, values: Mapping[str, int]) -> list[int]:
    """The words of block `name`; unused words are 0. Every field must be given.

    Raises RangeError on a missing or unknown field, and on a value outside of its range in the table.
    """
    layout, names = _compiled(name)
    if set(values) != set(names):
        raise RangeError(f"{name}: fields {sorted(set(values) ^ set(names))} are missing or unknown")
    for register in blocks()[name].fields:
        check_range(register, values[register.field])
    return list(struct.unpack(f">{layout.size // 2}H", layout.pack(*(values[field] for field in names))))


def check_range(register: Register, value: int) -> None:
    """Raises RangeError where `value` does not fit the field's type or its range in the table."""
    lowest, highest = _RANGE[register.type]
    lowest = lowest if register.minimum is None else max(lowest, register.minimum)
    highest = highest if register.maximum is None else min(highest, register.maximum)
    if not lowest <= value <= highest:
        raise RangeError(f"{register.block}.{register.field}: {value} is outside of {lowest} to {highest}")


def check_read(name: str, words: Sequence[int]) -> None:
    """Whether the words of a read block are one good picture of it (1.6).

    Raises BadBlockError on a wrong length or block_id, TornReadError on differing counters. ID and BAY carry neither.
    """
    block = blocks()[name]
    if len(words) != block.length:
        raise BadBlockError(f"{name}: {len(words)} words instead of {block.length}")
    expected = block.block_id
    if expected is None:
        return
    if words[0] != expected:
        raise BadBlockError(f"{name}: block_id is {words[0]}, not {expected}")
    if words[1] != words[-1]:
        raise TornReadError(f"{name}: counter {words[1]}, counter_copy {words[-1]}")


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_CRC = _crc_table()


def crc16_modbus(data: bytes) -> int:
    """CRC-16/MODBUS (polynomial 0x8005 reflected, start 0xFFFF), as a number (9.1)."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc


def check_word(words_0_to_7: Sequence[int], seq: int, session: int) -> int:
    """`check` of a mailbox: over words 0 to 7, then seq, then pc_session (5.2). Raises ValueError on another number of words."""
    if len(words_0_to_7) != 8:
        raise ValueError(f"a mailbox has 8 words before check, not {len(words_0_to_7)}")
    return crc16_modbus(pack_words([*words_0_to_7, seq, session]))


def jog_check(words_0_to_4: Sequence[int], session: int) -> int:
    """`check` of JOG: over words 0 to 4, then pc_session (7.1). Raises ValueError on another number of words."""
    if len(words_0_to_4) != 5:
        raise ValueError(f"JOG has 5 words before check, not {len(words_0_to_4)}")
    return crc16_modbus(pack_words([*words_0_to_4, session]))


def mailbox_words(unit: str, values: Mapping[str, int], seq: int, session: int) -> list[int]:
    """Words 0 to 9 of mailbox `unit`, check included (5.2). `values`: code, arg0 to arg3, job_id, limit_ds.

    Raises RangeError on a value outside of its range.
    """
    words = encode_block(f"CMD_{unit}", {**values, "check": 0, "seq": seq})
    words[8] = check_word(words[:8], seq, session)
    return words


def jog_words(values: Mapping[str, int], session: int) -> list[int]:
    """The whole JOG block, check included (7.1). `values`: token, axis, direction, speed_pct, step. Raises RangeError."""
    words = encode_block("JOG", {**values, "check": 0})
    words[5] = jog_check(words[:5], session)
    return words
