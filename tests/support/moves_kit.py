"""Moves that people asked for, and turns that know them."""

from __future__ import annotations

from typing import Any

from tests.support.core_kit import HOME_BAY, machine, state_of, tables_of, turn_of, vehicle, with_bay
from tests.support.values import AT
from towerd.bays.model import BayBits
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import Job, Move
from towerd.fsm.turn import Turn
from towerd.places import Place, cabin
from towerd.plc.snapshot import Snapshot

OCCUPIED = int(BayBits.OCCUPIED_A | BayBits.OCCUPIED_B | BayBits.LOCKED)
STOCKED = with_bay(machine(), 2, 3, OCCUPIED)
REPLY = ReplyTo("api", "1")


def move(purpose: Any = "fetch", number: int = 5, **values: Any) -> Move:
    """A move of car-1 from its bay that lin asked for."""
    base = {"vehicle": "car-1", "source": HOME_BAY, "target": None, "by": "lin", "asked_at": AT}
    return Move(number, purpose, **(base | values))


def job_for(purpose: Any = "fetch", number: int = 6, **values: Any) -> Job:
    """The job that works for a move."""
    base: dict[str, Any] = {"state": "running", "order": None, "target": cabin(1)}
    given = base | values
    return Job(
        number,
        given.pop("vehicle", "car-1"),
        HOME_BAY,
        given.pop("target"),
        given.pop("order"),
        given.pop("state"),
        AT,
        purpose=purpose,
        by="lin",
        **given,
    )


def turn(*moves: Move, seen: Snapshot | None = STOCKED, place: Place = HOME_BAY, **rows: Any) -> Turn:
    """A core that knows car-1 at `place` and these moves; `volatile` and other tables by name."""
    volatile = rows.pop("volatile", {})
    cars = rows.pop("vehicles", [vehicle(place=place)])
    tables = tables_of(vehicles=cars, moves={one.id: one for one in moves}, **rows)
    return turn_of(state_of(seen, tables, **volatile))
