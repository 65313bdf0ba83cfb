"""The site's own rule: which returned car needs nobody to look at it before it is offered again (orders-if.md 5.3). Pure.

It is asked when the car is taken in. What its driver, the clock and the cameras have said then stays as it is; odometer and level
are asked about again with each report since.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from towerd.orders.model import Loan, Vehicle
from towerd.orders.rules import ReleaseRules

RULE: Final = "rule"
"""Who has released it, where no person did."""

WORDS: Final[Mapping[str, str]] = {
    "overdue": "it came back late",
    "damage_told": "its driver told of damage",
    "damage_not_answered": "its driver did not say whether it came to harm",
    "odometer_unknown": "nobody knows how far it was driven",
    "driven_too_far": "it was driven too far",
    "charge_unknown": "nobody knows its charge",
    "charge_low": "its charge is low",
    "fuel_unknown": "nobody knows its fuel",
    "fuel_low": "its fuel is low",
    "photos_missing": "a camera of the cabin has not seen it before and after",
}
"""What speaks against a release, as people read it."""


_BY_ODOMETER: Final = frozenset({"odometer_unknown", "driven_too_far"})
_BY_LEVEL: Final = frozenset({"charge_unknown", "charge_low", "fuel_unknown", "fuel_low"})


def denies_still(
    vehicle: Vehicle, told: Collection[str], loans: Collection[Loan], rules: ReleaseRules
) -> tuple[str, ...] | None:
    """What speaks against releasing a car now that a report has told these values of it (`kept_for`); as before where it says
    nothing new: where the rule was not asked, or staff have spoken since, or the report is of before the car came back.

    What the report does not tell stays as it was: a value that is known from before the drive is none of it.
    """
    kept, at = vehicle.kept_for, vehicle.reported_at
    loan = max((one for one in loans if one.vehicle == vehicle.id), key=lambda one: one.out_since_at, default=None)
    if kept is None or at is None or loan is None or loan.ended_at is None or at < loan.ended_at:
        return kept
    level = "charge_ratio" if vehicle.record.propulsion == "electric" else "fuel_ratio"
    if level in told:
        facts = {level: getattr(vehicle, level)}
        kept = (*(reason for reason in kept if reason not in _BY_LEVEL), *_level(facts, vehicle, rules))
    if "odometer_km" in told and vehicle.odometer_km is not None and loan.odometer_out_km is not None:
        driven_km = vehicle.odometer_km - loan.odometer_out_km
        kept = (*(reason for reason in kept if reason not in _BY_ODOMETER), *_driven(driven_km, rules))
    return kept


def release_denies(facts: Mapping[str, Any], vehicle: Vehicle, rules: ReleaseRules) -> tuple[str, ...]:
    """Everything that speaks against releasing a car by rule; `facts` are those of the loan that has just ended.

    What is not known speaks against it.
    """
    return (
        *(("overdue",) if facts["overdue_s"] > 0 else ()),
        *_damage(facts["damage"]),
        *_driven(facts["driven_km"], rules),
        *_level(facts, vehicle, rules),
        *_photos(facts, rules),
    )


def _damage(told: bool | None) -> tuple[str, ...]:
    if told is None:
        return ("damage_not_answered",)
    return ("damage_told",) if told else ()


def _driven(driven_km: int | None, rules: ReleaseRules) -> tuple[str, ...]:
    if driven_km is None:
        return ("odometer_unknown",)
    return ("driven_too_far",) if driven_km > rules.most_km else ()


def _level(facts: Mapping[str, Any], vehicle: Vehicle, rules: ReleaseRules) -> tuple[str, ...]:
    electric = vehicle.record.propulsion == "electric"
    name, least = ("charge", rules.min_charge_ratio) if electric else ("fuel", rules.min_fuel_ratio)
    level = facts[f"{name}_ratio"]
    if level is None:
        return (f"{name}_unknown",)
    return (f"{name}_low",) if level < least else ()


def _photos(facts: Mapping[str, Any], rules: ReleaseRules) -> tuple[str, ...]:
    missing = facts["no_photos_out"] or facts["no_photos_back"]
    return ("photos_missing",) if rules.photos and missing else ()
