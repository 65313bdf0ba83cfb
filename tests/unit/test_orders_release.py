"""Which returned car the site's own rule releases, and what speaks against it (orders-if.md 5.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import vehicle
from towerd.orders.release import WORDS, release_denies
from towerd.orders.rules import ReleaseRules

GOOD = {
    "overdue_s": 0.0,
    "damage": False,
    "driven_km": 500,
    "charge_ratio": None,
    "fuel_ratio": 0.25,
    "no_photos_out": None,
    "no_photos_back": None,
}


@pytest.mark.parametrize(
    ("changes", "against"),
    [
        ({}, ()),
        ({"overdue_s": 0.1}, ("overdue",)),
        ({"damage": True}, ("damage_told",)),
        ({"damage": None}, ("damage_not_answered",)),
        ({"driven_km": 501}, ("driven_too_far",)),
        ({"driven_km": None}, ("odometer_unknown",)),
        ({"fuel_ratio": 0.24}, ("fuel_low",)),
        ({"no_photos_out": "no_camera"}, ("photos_missing",)),
        ({"no_photos_back": "camera 1: camera_black"}, ("photos_missing",)),
        ({"fuel_ratio": None, "damage": True}, ("damage_told", "fuel_unknown")),
    ],
)
def test_all_that_speaks_against_a_release(changes: dict[str, Any], against: tuple[str, ...]) -> None:
    assert release_denies(GOOD | changes, vehicle(), ReleaseRules()) == against
    assert set(against) <= set(WORDS)


def test_a_site_without_cameras_may_do_without_photos() -> None:
    assert release_denies(GOOD | {"no_photos_back": "no_camera"}, vehicle(), ReleaseRules(photos=False)) == ()


@pytest.mark.parametrize(("charge", "against"), [(0.5, ()), (0.49, ("charge_low",)), (None, ("charge_unknown",))])
def test_an_electric_car_is_judged_by_its_charge(charge: float | None, against: tuple[str, ...]) -> None:
    car = vehicle()
    car = replace(car, record=replace(car.record, propulsion="electric"))
    assert release_denies(GOOD | {"charge_ratio": charge, "fuel_ratio": None}, car, ReleaseRules()) == against
    assert set(against) <= set(WORDS)
