"""Which returned car the site's own rule releases, and what speaks against it (orders-if.md 5.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import vehicle
from tests.support.orders_kit import NOW, loan
from towerd.orders.release import WORDS, denies_still, release_denies
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


BOTH = ("odometer_km", "fuel_ratio")


@pytest.mark.parametrize(
    ("kept", "told", "values", "still"),
    [
        (("fuel_unknown",), BOTH, {}, ()),
        (("fuel_low", "driven_too_far"), BOTH, {}, ()),
        (
            ("overdue", "damage_told", "photos_missing", "fuel_low"),
            BOTH,
            {},
            ("overdue", "damage_told", "photos_missing"),
        ),
        ((), BOTH, {"fuel_ratio": 0.2, "odometer_km": 1700}, ("fuel_low", "driven_too_far")),
        (("odometer_unknown", "fuel_unknown"), ("fuel_ratio",), {}, ("odometer_unknown",)),
        (("odometer_unknown", "fuel_unknown"), ("odometer_km", "charge_ratio"), {}, ("fuel_unknown",)),
        (("fuel_unknown",), BOTH, {"reported_at": NOW - timedelta(seconds=1)}, ("fuel_unknown",)),
        (("fuel_unknown",), BOTH, {"reported_at": None}, ("fuel_unknown",)),
        (None, BOTH, {}, None),
    ],
)
def test_a_report_since_is_asked_about_what_it_tells(kept: Any, told: Any, values: dict[str, Any], still: Any) -> None:
    known = {"odometer_km": 1300, "fuel_ratio": 0.5, "reported_at": NOW, "kept_for": kept}
    car = replace(vehicle(), **(known | values))
    before = loan("o_1", vehicle=car.id, ended_at=NOW - timedelta(days=9), out_since_at=NOW - timedelta(days=10))
    last = loan("o_2", vehicle=car.id, ended_at=NOW, out_since_at=NOW - timedelta(days=1), odometer_out_km=1000)
    assert denies_still(car, told, (last, before), ReleaseRules()) == still
    assert denies_still(car, told, (), ReleaseRules()) == kept


def test_what_was_never_known_of_its_odometer_is_not_known_by_a_report() -> None:
    car = replace(vehicle(), odometer_km=1300, reported_at=NOW, kept_for=("odometer_unknown",))
    unread = loan("o_1", vehicle=car.id, ended_at=NOW, odometer_out_km=None)
    assert denies_still(car, ("odometer_km",), (unread,), ReleaseRules()) == ("odometer_unknown",)
    out = replace(unread, ended_at=None, odometer_out_km=1000)
    assert denies_still(car, ("odometer_km",), (out,), ReleaseRules()) == ("odometer_unknown",)


@pytest.mark.parametrize(("charge", "still"), [(0.5, ()), (0.4, ("charge_low",))])
def test_an_electric_car_is_charged_in_its_bay(charge: float, still: tuple[str, ...]) -> None:
    car = replace(vehicle(), charge_ratio=charge, reported_at=NOW, kept_for=("charge_low",))
    car = replace(car, record=replace(car.record, propulsion="electric"))
    back = loan("o_1", vehicle=car.id, ended_at=NOW)
    assert denies_still(car, ("charge_ratio",), (back,), ReleaseRules()) == still
