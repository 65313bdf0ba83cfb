"""Every register as a row for people: name, value, raw words, age, unit, meaning. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from towerd.plc.codec import decode_block
from towerd.plc.registers import Block, Register, blocks

GOOD_FOR_S = 1.0
"""Read values older than this are unknown (plc-if.md 3.2)."""

_BY_COUNTER = frozenset({"ID", "ALM", "BAY"})
"""Read again only when SYS says that they have changed: as good as SYS, however old."""

_MEANING = re.compile(r"(?:^|(?<=[ ,;]))(\d+) ([a-z][a-z0-9_ ()]*?)(?=[,;.]| \d|$)")


@dataclass(frozen=True, slots=True)
class Words:
    """Words that were read or written, and when, in s of the loop's clock."""

    words: tuple[int, ...]
    at_s: float


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One register. `value`, `raw` and `age_s` are None where it was never seen. `good`: what was read still holds, which
    is for 1 s, and for ID, ALM and BAY as long as SYS is good; what was written was at least once answered.

    `meaning` names the set bits, or the value where the table gives it a name.
    """

    block: str
    field: str
    address: int
    type: str
    unit: str
    access: str
    value: int | None
    raw: tuple[int, ...] | None
    age_s: float | None
    good: bool
    meaning: str
    text: str


@cache
def _names(text: str) -> dict[int, str]:
    return {int(number): name.strip() for number, name in _MEANING.findall(text)}


def meaning(register: Register, value: int) -> str:
    """What the table says about this value; empty where it says nothing."""
    names = _names(register.text)
    if register.type == "bits":
        return ", ".join(name for bit, name in names.items() if value >> bit & 1)
    return names.get(value, "") if len(names) > 1 else ""


def register_rows(seen: Mapping[str, Words], now_s: float) -> list[RegisterRow]:
    """All registers in the order of the table, bays last. `seen` has words by block; of BAY by `BAY+OFFSET`."""
    system = seen.get("SYS")
    linked = system is not None and now_s - system.at_s <= GOOD_FOR_S
    rows: list[RegisterRow] = []
    for name, block in blocks().items():
        found = _bays(block, seen, now_s) if name == "BAY" else _block(block, seen.get(name), now_s)
        if name in _BY_COUNTER:
            found = (replace(row, good=linked and row.raw is not None) for row in found)
        rows += found
    return rows


def _block(block: Block, seen: Words | None, now_s: float) -> Iterator[RegisterRow]:
    values = decode_block(block.name, seen.words) if seen is not None and len(seen.words) == block.length else {}
    for register in block.fields:
        at = register.address - block.start
        raw = seen.words[at : at + register.words] if seen is not None and values else None
        yield _row(register, register.field, register.address, values.get(register.field), raw, _age(seen, now_s))


def _bays(block: Block, seen: Mapping[str, Words], now_s: float) -> Iterator[RegisterRow]:
    positions = _positions(seen)
    parts = sorted((int(name[4:]), words) for name, words in seen.items() if name.startswith("BAY+"))
    [register] = block.fields
    for offset, part in parts:
        for index, word in enumerate(part.words, start=offset):
            floor, position = divmod(index, positions)
            name = f"bay {floor + 1}-{position + 1}"
            yield _row(register, name, block.start + index, word, (word,), _age(part, now_s))


def _positions(seen: Mapping[str, Words]) -> int:
    identity = seen.get("ID")
    return decode_block("ID", identity.words)["positions"] or 1 if identity is not None else 1


def _age(seen: Words | None, now_s: float) -> float | None:
    return None if seen is None else now_s - seen.at_s


def _row(
    register: Register, name: str, address: int, value: int | None, raw: tuple[int, ...] | None, age_s: float | None
) -> RegisterRow:
    return RegisterRow(
        block=register.block,
        field=name,
        address=address,
        type=register.type,
        unit=register.unit,
        access="W" if register.writable else "R",
        value=value,
        raw=raw,
        age_s=None if value is None else age_s,
        good=age_s is not None and value is not None and (register.writable or age_s <= GOOD_FOR_S),
        meaning="" if value is None else meaning(register, value),
        text=register.text,
    )
