"""A bay as the PLC shows it (registers.csv BAY)."""

from __future__ import annotations

from enum import IntFlag
from typing import Literal

BayContent = Literal["empty", "occupied", "disagree"]


class BayBits(IntFlag):
    """Bits 0 to 5 of a bay word."""

    OCCUPIED_A = 1 << 0
    OCCUPIED_B = 1 << 1
    LOCKED = 1 << 2
    FAULT = 1 << 3
    DISABLED = 1 << 4
    OVERHANG = 1 << 5


SENSORS = BayBits.OCCUPIED_A | BayBits.OCCUPIED_B
# plain numbers: every bay is looked at often, and arithmetic on flags is slow
_SENSORS = int(SENSORS)
_LOCKED = int(BayBits.LOCKED)
_OUT_OF_USE = int(BayBits.FAULT | BayBits.DISABLED | BayBits.OVERHANG)


def content(word: int) -> BayContent:
    """What both sensors of a bay say together (plc-if.md 5.10)."""
    seen = word & _SENSORS
    if seen == _SENSORS:
        return "occupied"
    return "empty" if not seen else "disagree"


def is_locked(word: int) -> bool:
    """Whether the lock is closed."""
    return bool(word & _LOCKED)


def is_usable(word: int) -> bool:
    """Whether commands in Auto may touch the bay: no fault, not disabled, nothing overhanging (5.10)."""
    return not word & _OUT_OF_USE


def size_class(word: int) -> int:
    """Index into the site's size table, 0 to 15; the PLC does not check it."""
    return word >> 8 & 0xF
