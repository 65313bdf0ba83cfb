"""The register table of the PLC interface, as data.

`registers.csv` and `alarms.csv` beside this file are copies of the contract's; a test compares them with the contract
where it is at hand. Nothing here decodes or decides: `codec.py` turns words into values, the simulator has a codec of
its own and shares only this table with the daemon.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

FieldType = Literal["u16", "i16", "u32", "i32", "bits"]

WORDS: dict[FieldType, int] = {"u16": 1, "i16": 1, "bits": 1, "u32": 2, "i32": 2}


@dataclass(frozen=True, slots=True)
class Register:
    """One field of a block: its first word's 0-based PDU address, type, unit and range (`None` where the contract gives none)."""

    block: str
    address: int
    field: str
    type: FieldType
    unit: str
    minimum: int | None
    maximum: int | None
    writable: bool
    text: str

    @property
    def words(self) -> int:
        """How many 16-bit words the field takes, 1 or 2."""
        return WORDS[self.type]


@dataclass(frozen=True, slots=True)
class Block:
    """A run of registers that belongs together. `length` in words spans to the end of its last field."""

    name: str
    start: int
    length: int
    fields: tuple[Register, ...]

    def field(self, name: str) -> Register:
        """The register of that name. Raises KeyError where the block has none."""
        for register in self.fields:
            if register.field == name:
                return register
        raise KeyError(f"{self.name} has no field {name}")

    @property
    def block_id(self) -> int | None:
        """The constant that the block's first word must show (1.6), or None where it has none."""
        first = self.fields[0]
        return first.minimum if first.field == "block_id" else None


@dataclass(frozen=True, slots=True)
class AlarmType:
    """One alarm of the PLC's catalogue. `stops` says what it does to motion; `stop_reason` is 0 where it stops nothing."""

    number: int
    name: str
    priority: Literal["critical", "high", "medium", "low"]
    stops: Literal["abort", "hold", "no"]
    stop_reason: int
    text: str


def _integer(text: str) -> int | None:
    return int(text) if text else None


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files("towerd.plc").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _register(row: dict[str, str]) -> Register:
    kind = row["type"]
    if kind not in WORDS:
        raise ValueError(f"register {row['block']}.{row['field']}: unknown type {kind!r}")
    return Register(
        block=row["block"],
        address=int(row["address"]),
        field=row["field"],
        type=kind,
        unit=row["unit"],
        minimum=_integer(row["min"]),
        maximum=_integer(row["max"]),
        writable=row["access"] == "W",
        text=row["text"],
    )


@cache
def registers() -> tuple[Register, ...]:
    """Every register of the table, in the order of the file."""
    return tuple(_register(row) for row in _rows("registers.csv"))


@cache
def blocks() -> dict[str, Block]:
    """Every block by name, in rising address order."""
    grouped: dict[str, list[Register]] = {}
    for register in registers():
        grouped.setdefault(register.block, []).append(register)
    return {
        name: Block(name, fields[0].address, fields[-1].address + fields[-1].words - fields[0].address, tuple(fields))
        for name, fields in grouped.items()
    }


@cache
def alarm_types() -> dict[int, AlarmType]:
    """The PLC's alarm catalogue by number (plc-if.md 8)."""
    return {
        int(row["number"]): AlarmType(
            number=int(row["number"]),
            name=row["name"],
            priority=row["priority"],  # type: ignore[arg-type]
            stops=row["stops"],  # type: ignore[arg-type]
            stop_reason=_integer(row["stop_reason"]) or 0,
            text=row["text"],
        )
        for row in _rows("alarms.csv")
    }
