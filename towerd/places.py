"""Where a vehicle can be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

PlaceKind = Literal["bay", "cabin", "carriage", "out", "unknown"]


@dataclass(frozen=True, slots=True)
class Place:
    """A place for one vehicle. `floor` is 1 and up for a bay; for a cabin floor 0, and `position` is the cabin's number."""

    kind: PlaceKind
    floor: int = 0
    position: int = 0

    def __str__(self) -> str:
        match self.kind:
            case "bay":
                return f"bay:{self.floor}-{self.position}"
            case "cabin":
                return f"cabin:{self.position}"
            case _:
                return self.kind

    @property
    def station(self) -> tuple[int, int]:
        """Floor and position as the PLC's commands take them (plc-if.md 5). Raises ValueError where there is none."""
        if self.kind not in ("bay", "cabin"):
            raise ValueError(f"{self} is no station")
        return self.floor, self.position


CARRIAGE = Place("carriage")
OUT = Place("out")
UNKNOWN = Place("unknown")


@cache
def bay(floor: int, position: int) -> Place:
    """The bay on storage floor `floor` (1 and up) at `position` (1 and up)."""
    return Place("bay", floor, position)


@cache
def cabin(number: int) -> Place:
    """The transfer cabin `number` (1 or 2) on the ground floor."""
    return Place("cabin", 0, number)


def parse_place(text: str) -> Place:
    """The inverse of `str(place)`; a bare `3-4` is a bay. Raises ValueError with what was read."""
    match = re.fullmatch(r"(?:bay:)?([1-9]\d{0,2})-([1-9]\d{0,2})|cabin:([12])|(carriage|out|unknown)", text)
    if match is None:
        raise ValueError(f"no place: {text!r} (bay as 3-4, cabin:1, carriage, out or unknown)")
    floor, position, cabin_number, name = match.groups()
    if cabin_number:
        return cabin(int(cabin_number))
    return bay(int(floor), int(position)) if floor else {"carriage": CARRIAGE, "out": OUT, "unknown": UNKNOWN}[name]
