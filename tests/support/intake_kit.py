"""A car that is out and is driven into cabin 1: rows and pictures for tests of the core."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.support.core_kit import TAG, machine, state_of, tables_of, turn_of, vehicle, with_cabin, with_cabin_vehicle
from tests.support.values import AT
from towerd.cabin.model import DoorState, Gauge
from towerd.fsm.intake_row import Intake
from towerd.fsm.turn import Turn
from towerd.orders.model import Loan
from towerd.places import OUT
from towerd.plc.snapshot import Snapshot

LOAN = Loan("ord-1", "cust-1", "car-1", "out", AT - timedelta(hours=1), AT + timedelta(days=3), "4711")
EPOCH = 5


def row(state: str = "opening", **values: Any) -> Intake:
    """The car of ord-1's loan, expected in cabin 1."""
    base = Intake(1, "loan", "ord-1", "car-1", "kiosk", "opening", AT, AT)
    return replace(base, **{"state": state, **values})


def open_cabin(seen: Snapshot | None = None) -> Snapshot:
    """Cabin 1 empty, its outer door open."""
    return with_cabin(seen or machine(), 1, outer_door=DoorState.OPEN)


def with_car(seen: Snapshot | None = None, tag: int = TAG, **values: Any) -> Snapshot:
    """The expected car in position in cabin 1, measured, nobody there, confirmed; the outer door open unless told."""
    measured = {"mass_kg": 1400, "length_mm": 4300, "gauge": Gauge.VALID, "outer_door": DoorState.OPEN}
    return with_cabin(with_cabin_vehicle(seen or machine(), 1, tag), 1, **{**measured, **values})


def coming(seen: Snapshot | None, intake: Intake | None = None, **rows: Any) -> Turn:
    """A turn of a tower whose car-1 is out on loan, with this row of driving in."""
    volatile = {
        name: rows.pop(name) for name in ("code_allowed_mono_s", "failed_codes_in_row", "cabin_asked") if name in rows
    }
    mono_s = rows.pop("mono_s", 1000.0)
    given = {"vehicles": [vehicle(place=OUT, condition="out")], "loans": {"ord-1": LOAN}}
    intakes = {intake.cabin: intake} if intake is not None else {}
    return turn_of(state_of(seen, tables_of(**{**given, "intakes": intakes, **rows}), **volatile), mono_s)
