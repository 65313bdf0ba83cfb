"""What a bay takes: the site's size table, by the class that the PLC gives each bay (registers.csv BAY). Pure.

The PLC does not check it. Without a table, bays of class 0 take whatever the tower takes; a class that the table does not
name takes nothing.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

from towerd.bays.model import size_class


@dataclass(frozen=True, slots=True)
class Size:
    """What a vehicle measures, or what a bay takes at most."""

    length_mm: int
    width_mm: int
    height_mm: int
    mass_kg: int


SizeTable = tuple[Size, ...]
"""By class: 0 first."""


def largest(*sizes: Size) -> Size:
    """The larger of each measure."""
    return Size(*(max(values) for values in zip(*map(astuple, sizes), strict=True)))


def known(size: Size, limits: Size) -> Size:
    """The same with what nobody has measured (0) as large as it may be."""
    return Size(*(value or most for value, most in zip(astuple(size), astuple(limits), strict=True)))


def asks_size(word: int, table: SizeTable) -> bool:
    """Whether it depends on its size if a vehicle may stand in the bay."""
    return bool(table) or size_class(word) != 0


def takes(word: int, table: SizeTable, size: Size) -> bool:
    """Whether a vehicle of that size may stand in the bay."""
    index = size_class(word)
    if index >= len(table):
        return not asks_size(word, table)
    return all(value <= most for value, most in zip(astuple(size), astuple(table[index]), strict=True))


def tightness(word: int, table: SizeTable) -> tuple[int, ...]:
    """How roomy the bay is, for comparing: the lower ones are used first, so that the high ones stay for high vehicles."""
    index = size_class(word)
    if index >= len(table):
        return ()
    room = table[index]
    return (room.height_mm, room.length_mm, room.mass_kg, room.width_mm)
