"""Cabins in which car-1 waits for the customer of ord-1, and what a turn asked for there."""

from __future__ import annotations

from typing import Any

from tests.support.core_kit import (
    HOME_BAY,
    MONO_S,
    machine,
    state_of,
    tables_of,
    turn_of,
    vehicle,
    with_cabin,
    with_cabin_vehicle,
    writes,
)
from towerd.cabin.model import DoorState
from towerd.fsm.state import IdentityDecision
from towerd.fsm.turn import Turn
from towerd.places import Place
from towerd.plc.codes import Code
from towerd.plc.snapshot import Snapshot, Unit

ARRIVED = with_cabin_vehicle(machine())
OPEN = with_cabin(ARRIVED, 1, outer_door=DoorState.OPEN)


def known(age_s: float = 0.0) -> dict[str, Any]:
    return {"ord-1": IdentityDecision("ord-1", "face", MONO_S - age_s, "challenge", 0.8)}


def turn(seen: Snapshot | None, *, place: Place = HOME_BAY, **rows: Any) -> Turn:
    volatile = {
        name: rows.pop(name)
        for name in ("decisions", "readings", "reconciled_session", "retry_after_mono_s")
        if name in rows
    }
    tables = tables_of(**{"vehicles": [vehicle(place=place, condition="moving")], **rows})
    return turn_of(state_of(seen, tables, **volatile))


def codes(t: Turn) -> list[tuple[Unit, int, int]]:
    return [(write.unit, write.code, write.args[0]) for write in writes(t) if write.code != Code.SIGNAL]
