"""The cars that are being driven in, looked up."""

from __future__ import annotations

from dataclasses import replace

from tests.support.core_kit import CABIN_1, tables_of, vehicle
from tests.support.values import AT
from towerd.fsm.intake_book import bays_spoken_for, intake_in, intake_of, is_taken_in
from towerd.fsm.intake_row import Intake
from towerd.places import CARRIAGE, OUT

ROW = Intake(1, "loan", "ord-1", "car-1", "kiosk", "storing", AT, AT)
ENDED = replace(ROW, state="done")


def test_the_open_row_of_a_cabin_and_of_a_vehicle() -> None:
    tables = tables_of(intakes={1: ROW})
    assert intake_in(tables, 1) is ROW
    assert intake_in(tables, 2) is None
    assert intake_of(tables, "car-1") is ROW
    assert intake_of(tables, "car-2") is None
    assert intake_in(tables_of(intakes={1: ENDED}), 1) is None
    assert intake_of(tables_of(intakes={1: ENDED}), "car-1") is None


def test_whether_a_vehicle_was_accepted() -> None:
    assert is_taken_in(tables_of(intakes={1: ROW}), "car-1")
    assert not is_taken_in(tables_of(intakes={1: replace(ROW, state="closing")}), "car-1")
    assert not is_taken_in(tables_of(), "car-1")


def test_bays_are_counted_once_for_each_car_that_may_need_one() -> None:
    cars = [vehicle("car-1", CABIN_1), vehicle("car-2", CARRIAGE, 2), vehicle("car-3", tag=3), vehicle("car-4", OUT, 4)]
    coming = Intake(2, "loan", "ord-4", "car-4", "kiosk", "waiting", AT, AT)
    assert bays_spoken_for(tables_of(vehicles=cars)) == 2
    assert bays_spoken_for(tables_of(vehicles=cars, intakes={1: ROW, 2: coming})) == 3
    assert bays_spoken_for(tables_of(vehicles=cars, intakes={2: replace(coming, state="expired")})) == 2
