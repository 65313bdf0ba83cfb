"""What a driver reads off the dashboard, and what of it can be (orders-if.md 6.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import vehicle
from tests.support.values import AT
from towerd.orders.model import Loan
from towerd.orders.readings import Reading, implausible, noted, wanted_values

LOAN = Loan("ord-1", "cust-1", "car-1", "out", AT - timedelta(hours=2), AT, "4711")


def reported(seconds_ago: float, **values: Any) -> Any:
    known = {"odometer_km": 1000, "charge_ratio": 0.8, "fuel_ratio": 0.8, **values}
    return vehicle(reported_at=AT - timedelta(seconds=seconds_ago), **known)


@pytest.mark.parametrize(
    ("car", "wanted"),
    [
        (vehicle(), ("odometer_km", "fuel_ratio")),
        (reported(899), ()),
        (reported(899, fuel_ratio=None), ("fuel_ratio",)),
        (reported(900), ("odometer_km", "fuel_ratio")),
    ],
)
def test_what_no_young_report_has_told_is_typed(car: Any, wanted: tuple[str, ...]) -> None:
    assert wanted_values(car, LOAN, AT, 900.0) == wanted
    assert wanted_values(car, None, AT, 900.0) == ()


def test_of_an_electric_car_the_charge_is_asked() -> None:
    car = vehicle()
    car = replace(car, record=replace(car.record, propulsion="electric"))
    assert wanted_values(car, LOAN, AT, 900.0) == ("odometer_km", "charge_ratio")


def test_a_report_from_before_the_drive_tells_nothing_of_it() -> None:
    car, loan = reported(60), replace(LOAN, out_since_at=AT - timedelta(seconds=30))
    assert wanted_values(car, loan, AT, 900.0) == ("odometer_km", "fuel_ratio")


@pytest.mark.parametrize(
    ("reading", "wrong"),
    [
        (Reading(), set()),
        (Reading(1000, 0.0, 1.0), set()),
        (Reading(999), {"odometer_km"}),
        (Reading(1210), set()),
        (Reading(1211), {"odometer_km"}),
        (Reading(1000, 1.01, -0.01), {"charge_ratio", "fuel_ratio"}),
    ],
)
def test_what_cannot_be(reading: Reading, wrong: set[str]) -> None:
    assert implausible(reading, reported(3600), AT) == wrong


@pytest.mark.parametrize(("known_km", "typed_km", "fits"), [(None, 0, True), (5, 4, False), (5, 900_000, True)])
def test_without_a_time_it_only_never_runs_backwards(known_km: int | None, typed_km: int, fits: bool) -> None:
    assert (implausible(Reading(typed_km), vehicle(odometer_km=known_km), AT) == set()) is fits


def test_what_was_read_is_kept_as_a_report_is() -> None:
    car = noted(reported(60), Reading(1100, fuel_ratio=0.5), AT)
    assert (car.odometer_km, car.fuel_ratio, car.charge_ratio, car.reported_at) == (1100, 0.5, 0.8, AT)
    car = noted(reported(60), Reading(fuel_ratio=0.4), AT)
    assert (car.odometer_km, car.fuel_ratio, car.reported_at) == (1000, 0.4, AT - timedelta(seconds=60))


def test_answers_add_up() -> None:
    first, second = Reading(1000, fuel_ratio=0.5), Reading(1001)
    assert second.over(first) == Reading(1001, fuel_ratio=0.5)
    assert first.without(frozenset({"fuel_ratio"})) == Reading(1000)
