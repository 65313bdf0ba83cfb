"""What a driver reads off the dashboard where telematics do not tell it: odometer, charge or fuel (orders-if.md 6.4). Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from towerd.orders.model import Loan, Vehicle

Value = Literal["odometer_km", "charge_ratio", "fuel_ratio"]

VALUES: Final[tuple[Value, ...]] = ("odometer_km", "charge_ratio", "fuel_ratio")
MOST_KM_H: Final = 200.0
"""No car has driven faster than this ever since its odometer was last known: a digit too many was typed."""
_SPARE_KM: Final = 10.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What was typed; None: not. `odometer_km` whole kilometres, ratios 0 to 1."""

    odometer_km: int | None = None
    charge_ratio: float | None = None
    fuel_ratio: float | None = None

    def given(self) -> dict[str, Any]:
        """What was typed, by name."""
        return {name: value for name in VALUES if (value := getattr(self, name)) is not None}

    def over(self, before: Reading) -> Reading:
        """The values of this one, and where it has none those that were typed before."""
        return replace(before, **self.given())

    def without(self, names: frozenset[Value]) -> Reading:
        """What is left without these."""
        return Reading(**{name: value for name, value in self.given().items() if name not in names})


def wanted_values(vehicle: Vehicle, loan: Loan | None, now: datetime, age_s: float) -> tuple[Value, ...]:
    """Which values whoever brings the car of `loan` back has to type: those that no report of this drive has told that is
    younger than `age_s`. None where there is no loan.
    """
    if loan is None:
        return ()
    at = vehicle.reported_at
    told = at is not None and at > loan.out_since_at and (now - at).total_seconds() < age_s
    level: Value = "charge_ratio" if vehicle.record.propulsion == "electric" else "fuel_ratio"
    names: tuple[Value, ...] = ("odometer_km", level)
    return tuple(name for name in names if not told or getattr(vehicle, name) is None)


def implausible(reading: Reading, vehicle: Vehicle, now: datetime) -> frozenset[Value]:
    """What was typed and cannot be: an odometer that ran backwards or too fast, a level outside 0 to 1."""
    levels: tuple[Value, ...] = ("charge_ratio", "fuel_ratio")
    wrong = {name for name in levels if not 0 <= (getattr(reading, name) or 0) <= 1}
    if reading.odometer_km is not None and not _odometer_fits(reading.odometer_km, vehicle, now):
        wrong.add("odometer_km")
    return frozenset(wrong)


def _odometer_fits(typed_km: int, vehicle: Vehicle, now: datetime) -> bool:
    known_km, at = vehicle.odometer_km or 0, vehicle.reported_at
    if vehicle.odometer_km is None or at is None:
        return typed_km >= known_km
    hours = (now - at).total_seconds() / 3600
    return known_km <= typed_km <= known_km + _SPARE_KM + MOST_KM_H * hours


def noted(vehicle: Vehicle, reading: Reading, at: datetime) -> Vehicle:
    """The vehicle with what was read of it at `at`, kept as a report keeps it; what was not typed stays as it is known, and
    without an odometer it is as old as it was.
    """
    since_at = at if reading.odometer_km is not None else vehicle.reported_at
    return replace(vehicle, reported_at=since_at, **reading.given())
