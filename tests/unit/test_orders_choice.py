from __future__ import annotations

from typing import Any

import pytest

from tests.support.orders_kit import book, loan, order, vehicle
from towerd.orders.choice import choose_vehicle, next_number, orderable
from towerd.orders.claim_parts import VehicleById, VehicleByModel
from towerd.orders.model import Vehicle
from towerd.orders.rules import OrderRules
from towerd.places import CARRIAGE, OUT, UNKNOWN

RULES = OrderRules()
BLUE = VehicleByModel(make="Ford", model="Mondeo", colour="blue")


def chosen(*vehicles: Vehicle, ready_s: dict[str, float] | None = None, **tables: Any) -> Any:
    found = choose_vehicle(BLUE, book(*vehicles, **tables), "test_drive", ready_s or {}, RULES)
    return found if isinstance(found, str) else found.id


def test_the_vehicle_that_is_handed_over_soonest_is_chosen() -> None:
    three = (vehicle("v_1"), vehicle("v_2"), vehicle("v_3"))
    assert chosen(*three, ready_s={"v_1": 90.0, "v_3": 20.0}) == "v_3"
    assert chosen(*three) == "v_1"


def test_a_vehicle_that_is_named_is_taken_though_another_is_sooner() -> None:
    known = book(vehicle("v_1"), vehicle("v_2"))
    found = choose_vehicle(VehicleById(id="v_2"), known, "test_drive", {"v_1": 1.0, "v_2": 9.0}, RULES)
    assert isinstance(found, Vehicle)
    assert found.id == "v_2"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"condition": "reserved"}, "vehicle_taken"),
        ({"condition": "out", "place": OUT}, "vehicle_taken"),
        ({"condition": "inspection"}, "vehicle_unavailable"),
        ({"condition": "moving"}, "vehicle_unavailable"),
        ({"condition": "unknown"}, "vehicle_unavailable"),
        ({"condition": "out_of_service", "reasons": ("damage",)}, "vehicle_unavailable"),
        ({"reasons": ("cleaning",)}, "vehicle_unavailable"),
        ({"place": OUT}, "vehicle_unavailable"),
        ({"place": UNKNOWN}, "vehicle_unavailable"),
        ({"offers": {}}, "vehicle_unavailable"),
        ({"propulsion": "electric"}, "vehicle_unavailable"),
        ({"propulsion": "electric", "charge_ratio": 0.49}, "vehicle_unavailable"),
    ],
)
def test_why_a_vehicle_cannot_be_ordered(change: dict[str, Any], reason: str) -> None:
    assert chosen(vehicle(**change)) == reason


@pytest.mark.parametrize("change", [{"place": CARRIAGE}, {"propulsion": "electric", "charge_ratio": 0.5}])
def test_what_can_be_ordered(change: dict[str, Any]) -> None:
    assert chosen(vehicle(**change)) == "v_0042"


def test_an_unknown_charge_counts_as_enough_where_the_site_says_so() -> None:
    rules = OrderRules(unknown_charge_leaves=True)
    found = choose_vehicle(BLUE, book(vehicle(propulsion="electric")), "test_drive", {}, rules)
    assert isinstance(found, Vehicle)


def test_orders_and_loans_bind_their_vehicle_whatever_its_record_says() -> None:
    assert chosen(vehicle(), orders=(order(customer="c_2"),)) == "vehicle_taken"
    assert chosen(vehicle(), loans=(loan(),)) == "vehicle_taken"
    assert chosen(vehicle(), orders=(order(state="failed"),), loans=(loan(state="returned"),)) == "v_0042"
    assert chosen(vehicle("v_1", condition="inspection"), vehicle("v_2", condition="reserved")) == "vehicle_taken"


def test_the_catalogue_shows_what_can_be_ordered() -> None:
    known = book(vehicle("v_2"), vehicle("v_1"), vehicle("v_3", condition="reserved"))
    assert [one.id for one in orderable(known, "test_drive", RULES)] == ["v_1", "v_2"]


def test_numbers_are_met_once_before_any_comes_again() -> None:
    seen, last = set(), 0
    for _ in range(10_000):
        number = next_number(book(), last, 3947)
        assert number is not None
        seen.add(number)
        last = int(number)
    assert len(seen) == 10_000


def test_numbers_of_open_orders_and_loans_are_passed_over() -> None:
    known = book(
        orders=(order(number="0001"), order("o_2", number="0003", state="failed")), loans=(loan(number="0002"),)
    )
    assert next_number(known, 0, 1) == "0003"


@pytest.mark.parametrize("step", [2, 5, 10])
def test_a_step_that_misses_numbers_is_a_mistake(step: int) -> None:
    with pytest.raises(ValueError, match="does not meet every number"):
        next_number(book(), 0, step)


def test_what_the_tower_does_not_have_it_does_not_give() -> None:
    assert chosen() == "no_such_vehicle"
    assert chosen(vehicle(colour="red")) == "no_such_vehicle"
