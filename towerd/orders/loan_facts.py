"""What is told of a loan that ends, in one event: how late, how far, how full, in what state (orders-if.md 5.2, 5.4). Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from towerd.orders.model import Loan, Vehicle
from towerd.orders.readings import VALUES, Reading
from towerd.units import rfc3339


@dataclass(frozen=True, slots=True)
class Findings:
    """What its driver has said of a car that came back. `doubts`: what was typed and cannot be, or was not typed at all.

    `damage`: the answer to the question for it, None: none was given.
    """

    reading: Reading = field(default_factory=Reading)
    doubts: tuple[str, ...] = ()
    damage: bool | None = None


NOTHING_SAID = Findings()


def values_out(loan: Loan) -> dict[str, Any]:
    """Odometer and levels as they were last known when the car left; null where they were not."""
    return {
        "odometer_out_km": loan.odometer_out_km,
        "charge_out_ratio": loan.charge_out_ratio,
        "fuel_out_ratio": loan.fuel_out_ratio,
    }


def end_facts(loan: Loan, vehicle: Vehicle, found: Findings, now: datetime) -> dict[str, Any]:
    """The facts of a loan that ends now. What neither the driver nor a report has told since the car left is null."""
    record, at = vehicle.record, vehicle.reported_at
    given = found.reading.given()
    reported = at is not None and at > loan.out_since_at
    back: dict[str, Any] = {name: given.get(name, getattr(vehicle, name) if reported else None) for name in VALUES}
    out_km, back_km = loan.odometer_out_km, back["odometer_km"]
    read_at = now if given else at if reported else None
    return {
        "vehicle": record.id,
        "make": record.make,
        "model": record.model,
        "out_s": round((now - loan.out_since_at).total_seconds(), 1),
        "overdue_s": max(0.0, round((now - loan.due_back_at).total_seconds(), 1)),
        **values_out(loan),
        **back,
        "driven_km": None if out_km is None or back_km is None else back_km - out_km,
        "read_by": "driver" if given else "report" if reported else None,
        "read_at": None if read_at is None else rfc3339(read_at),
        "doubts": list(found.doubts),
        "damage": found.damage,
    }
