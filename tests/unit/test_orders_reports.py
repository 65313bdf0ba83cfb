"""What telematics or staff report of a vehicle (orders-if.md 3 `report`)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.orders_kit import NOW, book, circumstances, claims, loan, request, vehicle
from towerd.errors import Refusal
from towerd.orders.book import VehicleReported
from towerd.orders.lifecycle import decide_request
from towerd.orders.model import Vehicle
from towerd.orders.rules import OrderRules

REPORTED_AT = NOW - timedelta(minutes=2)


def decide(*cars: Vehicle, loans: Any = (), **changes: Any) -> Any:
    raw = claims("report", **changes)
    known = book(*cars, loans=loans)
    return decide_request(request(raw, face="none", code_mac=None), known, OrderRules(), circumstances())


def reported(car: Vehicle, **changes: Any) -> Vehicle:
    outcome = decide(car, **changes)
    assert isinstance(outcome, VehicleReported)
    assert outcome.result == {"order": None, "state": car.condition}
    return outcome.vehicle


def test_nobody_speaks_of_a_car_that_is_not_here() -> None:
    outcome = decide()
    assert isinstance(outcome, Refusal)
    assert outcome.reasons == ("no_such_vehicle",)


def test_a_report_is_kept_as_of_its_time_and_what_it_does_not_say_stays() -> None:
    car = reported(vehicle(fuel_ratio=0.3))
    assert (car.odometer_km, car.charge_ratio, car.fuel_ratio, car.reported_at) == (1204, 0.82, 0.3, REPORTED_AT)


@pytest.mark.parametrize(("known_at", "taken"), [(NOW - timedelta(hours=1), True), (REPORTED_AT, True), (NOW, False)])
def test_an_older_report_changes_nothing(known_at: Any, taken: bool) -> None:
    car = reported(vehicle(odometer_km=9, reported_at=known_at))
    assert (car.odometer_km, car.reported_at) == ((1204, REPORTED_AT) if taken else (9, NOW))


def test_a_car_that_waits_for_its_release_is_judged_by_it_again() -> None:
    assert reported(vehicle(kept_for=("odometer_unknown",))).kept_for == ("odometer_unknown",), (
        "of no drive that is known"
    )
    back = loan("o_1", state="returned", ended_at=REPORTED_AT, odometer_out_km=1200)
    outcome = decide(vehicle(kept_for=("odometer_unknown",)), loans=(back,))
    assert outcome.vehicle.kept_for == ()


def test_a_report_from_the_future_silences_no_later_one() -> None:
    assert reported(vehicle(), at="2026-11-22T09:28:00Z").reported_at == NOW
