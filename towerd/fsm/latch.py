"""Faults are latched: they keep their first cause and stay until a technician lets go. Pure."""

from __future__ import annotations

from dataclasses import replace

from towerd.faults import FAULTS
from towerd.fsm.alarm_rows import AlarmState
from towerd.fsm.annunciator import announce, put_state, row_of
from towerd.fsm.state import Fault, Tables
from towerd.fsm.turn import Turn


def _state(number: int) -> AlarmState:
    return "latched_unacked" if FAULTS[number].latched else "unacked_active"


def raise_fault(turn: Turn, number: int, cause: str) -> None:
    """Latch a fault. It keeps its first cause; another cause counts and is announced, the one last seen is no news."""
    known = turn.tables.faults.get(number)
    if known is not None:
        if cause in (known.cause, known.last_cause):
            return
        turn.put("faults", number, replace(known, count=known.count + 1, last_cause=cause))
    else:
        turn.put("faults", number, Fault(number, turn.now, cause))
    announce(turn, FAULTS[number].code, _state(number), cause)


def clear_fault(turn: Turn, number: int, by: str | None) -> None:
    """Forget a fault; nothing where it does not stand. Who resets it has seen it; one that goes by itself still waits to
    be acknowledged.
    """
    if number not in turn.tables.faults:
        return
    turn.drop("faults", number)
    code = FAULTS[number].code
    row = row_of(turn.tables, code)
    if row is not None:
        put_state(turn, row, "unacked_cleared" if row.unacked and by is None else "normal")
    turn.tell_alarm(code, "cleared", by=by)


def stopping_faults(tables: Tables) -> tuple[int, ...]:
    """Faults under which nothing moves by itself, in rising order."""
    return tuple(sorted(number for number in tables.faults if FAULTS[number].stops))
