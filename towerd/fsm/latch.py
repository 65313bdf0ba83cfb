"""Faults are latched: they keep their first cause and stay until a technician lets go. Pure."""

from __future__ import annotations

from dataclasses import replace

from towerd.faults import FAULTS
from towerd.fsm.state import Fault, Tables
from towerd.fsm.turn import Turn


def raise_fault(turn: Turn, number: int, cause: str) -> None:
    """Latch a fault. It keeps its first cause; another cause counts, the same one seen again is no news."""
    known = turn.tables.faults.get(number)
    if known is not None:
        if known.cause != cause:
            turn.put("faults", number, replace(known, count=known.count + 1))
        return
    turn.put("faults", number, Fault(number, turn.now, cause))
    turn.tell_alarm(FAULTS[number].code, "raised", reason=cause)


def clear_fault(turn: Turn, number: int, by: str | None) -> None:
    """Forget a fault; nothing where it does not stand."""
    if number in turn.tables.faults:
        turn.drop("faults", number)
        turn.tell_alarm(FAULTS[number].code, "cleared", by=by)


def stopping_faults(tables: Tables) -> tuple[int, ...]:
    """Faults under which nothing moves by itself, in rising order."""
    return tuple(sorted(number for number in tables.faults if FAULTS[number].stops))
