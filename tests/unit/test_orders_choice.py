from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.orders_kit import NOW, book, loan, order, vehicle
from towerd.orders.book import OrderBook
from towerd.orders.calendar import calendar_of
from towerd.orders.choice import Wanted, choose_vehicle, next_number, orderable, vehicles_meant
from towerd.orders.claim_parts import VehicleById, VehicleByModel
from towerd.orders.model import Slot, Vehicle
from towerd.orders.rules import OrderRules
from towerd.places import CARRIAGE, OUT, UNKNOWN

RULES = OrderRules()
BLUE = VehicleByModel(make="Ford", model="Mondeo", colour="blue")


WALK_IN = Wanted("test_drive", Slot(NOW, NOW + timedelta(minutes=30)))
FREE_AGAIN_S = 3 * 86400.0 + 1800.0 + RULES.turnaround_s


def later(hours: float, kind: str = "test_drive") -> Wanted:
    """A slot of half an hour that the customer has chosen."""
    from_at = NOW + timedelta(hours=hours)
    return Wanted(kind, Slot(from_at, from_at + timedelta(minutes=30)), named=True)


def choose(
    wish: Any, known: OrderBook, rules: OrderRules, wanted: Wanted = WALK_IN, ready_s: Any = None
) -> Vehicle | str:
    meant = vehicles_meant(wish, known.vehicles.values())
    return choose_vehicle(wanted, meant, calendar_of(known, meant, rules, NOW), ready_s or {}, rules)


def chosen(*vehicles: Vehicle, wanted: Wanted = WALK_IN, ready_s: dict[str, float] | None = None, **tables: Any) -> Any:
    found = choose(BLUE, book(*vehicles, **tables), RULES, wanted, ready_s or {})
    return found if isinstance(found, str) else found.id


def test_the_vehicle_that_is_handed_over_soonest_is_chosen() -> None:
    three = (vehicle("v_1"), vehicle("v_2"), vehicle("v_3"))
    assert chosen(*three, ready_s={"v_1": 90.0, "v_3": 20.0}) == "v_3"
    assert chosen(*three) == "v_1"


def test_a_vehicle_that_is_named_is_taken_though_another_is_sooner() -> None:
    known = book(vehicle("v_1"), vehicle("v_2"))
    found = choose(VehicleById(id="v_2"), known, RULES, ready_s={"v_1": 1.0, "v_2": 9.0})
    assert isinstance(found, Vehicle)
    assert found.id == "v_2"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"condition": "out", "place": OUT}, "vehicle_taken"),
        ({"condition": "inspection"}, "vehicle_unavailable"),
        ({"condition": "moving", "rests_as": "inspection"}, "vehicle_unavailable"),
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


@pytest.mark.parametrize(
    "change",
    [{"place": CARRIAGE}, {"condition": "moving", "place": CARRIAGE}, {"propulsion": "electric", "charge_ratio": 0.5}],
)
def test_what_can_be_ordered(change: dict[str, Any]) -> None:
    assert chosen(vehicle(**change)) == "v_0042"


def test_an_unknown_charge_counts_as_enough_where_the_site_says_so() -> None:
    rules = OrderRules(unknown_charge_leaves=True)
    found = choose(BLUE, book(vehicle(propulsion="electric")), rules)
    assert isinstance(found, Vehicle)


def test_orders_and_loans_bind_their_vehicle_whatever_its_record_says() -> None:
    assert chosen(vehicle(), orders=(order(customer="c_2"),)) == "vehicle_taken"
    assert chosen(vehicle(), loans=(loan(),)) == "vehicle_taken"
    assert chosen(vehicle(), orders=(order(state="failed"),), loans=(loan(state="returned"),)) == "v_0042"
    other = order(vehicle="v_2")
    assert chosen(vehicle("v_1", condition="inspection"), vehicle("v_2"), orders=(other,)) == "vehicle_taken"


def promised(hours: float, order_id: str = "o_1", **changes: Any) -> Any:
    return order(order_id, slot=later(hours).slot, **changes)


def test_another_order_that_fits_before_or_after_gets_the_same_car() -> None:
    week = (promised(7 * 24),)
    after_h = 7 * 24 + FREE_AGAIN_S / 3600
    assert chosen(vehicle(), orders=week) == "v_0042"
    assert chosen(vehicle(), wanted=later(after_h), orders=week) == "v_0042"
    assert chosen(vehicle(), wanted=later(after_h - 0.01), orders=week) == "slot_conflict"
    assert chosen(vehicle(), wanted=later(7 * 24 - 1), orders=week) == "slot_conflict"
    assert (
        chosen(vehicle("v_1"), vehicle("v_2"), wanted=later(7 * 24), orders=(promised(7 * 24, vehicle="v_1"),)) == "v_2"
    )
    assert chosen(vehicle(), orders=(promised(24),)) == "vehicle_taken", "now or never"


def test_a_car_that_is_out_is_promised_for_when_it_is_back_and_looked_at() -> None:
    out = vehicle(condition="out", place=OUT)
    back_h = 3 * 24 + RULES.turnaround_s / 3600
    assert chosen(out, wanted=later(back_h), loans=(loan(),)) == "v_0042"
    assert chosen(out, wanted=later(back_h - 0.01), loans=(loan(),)) == "slot_conflict"
    assert chosen(out, wanted=later(24 * 20), loans=(loan(state="overdue"),)) == "vehicle_taken"
    assert chosen(out, wanted=later(24 * 20)) == "vehicle_taken", "nobody knows when it is back"
    broken = vehicle(condition="out", place=OUT, rests_as="out_of_service", reasons=("damage",))
    assert chosen(broken, wanted=later(back_h), loans=(loan(),)) == "vehicle_unavailable"
    electric = vehicle(condition="out", place=OUT, propulsion="electric", charge_ratio=0.1)
    assert chosen(electric, wanted=later(back_h), loans=(loan(),)) == "v_0042", "it may be charged when it is back"


def test_a_car_that_is_looked_at_is_promised_for_later_than_that_takes() -> None:
    looked_at = vehicle(condition="inspection", rests_as="inspection")
    assert chosen(looked_at, wanted=later(2)) == "v_0042"
    assert chosen(looked_at, wanted=later(1.9)) == "slot_conflict"


def test_what_is_collected_is_nobodys_later() -> None:
    sold = (promised(48, kind="collect"),)
    assert chosen(vehicle(), wanted=later(24 * 9), orders=sold) == "vehicle_taken"
    assert chosen(vehicle(), wanted=later(24), orders=sold) == "slot_conflict", "a drive would not be over"
    assert chosen(vehicle(), wanted=later(1, "collect"), orders=(promised(24 * 9),)) == "slot_conflict"
    assert (
        chosen(vehicle(), wanted=later(24 * 9 + FREE_AGAIN_S / 3600, "collect"), orders=(promised(24 * 9),)) == "v_0042"
    )


def test_a_slot_that_has_begun_asks_for_the_car_from_now_on() -> None:
    assert chosen(vehicle(), wanted=later(-0.2), loans=(loan(state="returned"),)) == "v_0042"


def offered(*vehicles: Vehicle, now: datetime = NOW, **tables: Any) -> list[tuple[str, Any]]:
    found = orderable(book(*vehicles, **tables), RULES, now)
    return [(one.vehicle.id, one.from_at and (one.from_at - NOW).total_seconds() / 3600) for one in found]


def test_the_catalogue_shows_what_can_be_ordered_now() -> None:
    known = (vehicle("v_2"), vehicle("v_1"), vehicle("v_3", offers={}), vehicle("v_4", reasons=("damage",)))
    assert offered(*known) == [("v_1", None), ("v_2", None)]


@pytest.mark.parametrize(
    ("car", "tables", "hours"),
    [
        ({"condition": "out", "place": OUT}, {"loans": (loan(),)}, 74.0),
        ({"condition": "inspection", "rests_as": "inspection"}, {}, 2.0),
        ({}, {"orders": (promised(1),)}, 1 + FREE_AGAIN_S / 3600),
        ({}, {"orders": (promised(0), promised(75, "o_2"))}, 75 + FREE_AGAIN_S / 3600),
        ({}, {"orders": (promised(7 * 24),)}, None),
        ({}, {"orders": (promised(-0.1 - FREE_AGAIN_S / 3600, state="staged"),)}, 74.0),
    ],
    ids=["out", "inspection", "booked", "no room between", "room before", "late"],
)
def test_and_from_when_what_is_not_free_now(car: Any, tables: Any, hours: float | None) -> None:
    assert offered(vehicle(**car), **tables) == [("v_0042", hours)]


@pytest.mark.parametrize(
    ("car", "tables"),
    [
        ({"condition": "out", "place": OUT}, {"loans": (loan(state="overdue"),)}),
        ({"condition": "out", "place": OUT}, {}),
        ({}, {"orders": (promised(1, kind="collect"),)}),
        ({}, {"orders": tuple(promised(77 * n, f"o_{n}") for n in range(10))}),
        ({"condition": "unknown", "place": UNKNOWN}, {}),
    ],
    ids=["overdue", "fetched", "sold", "booked for a month", "lost"],
)
def test_what_nobody_can_have_in_the_next_days_is_not_shown(car: Any, tables: Any) -> None:
    assert not offered(vehicle(**car), **tables)


def test_from_when_is_a_full_quarter_of_an_hour_that_does_not_move_with_every_look() -> None:
    looked_at = vehicle(condition="inspection", rests_as="inspection")
    shown = {orderable(book(looked_at), RULES, NOW + timedelta(minutes=n))[0].from_at for n in range(1, 15)}
    assert shown == {datetime(2026, 11, 21, 11, 45, tzinfo=UTC)}
    # a gap that the full quarter would overrun is none
    end_h = 2.1 + FREE_AGAIN_S / 3600
    assert offered(looked_at, now=NOW + timedelta(minutes=1), orders=(promised(end_h),)) == [
        ("v_0042", -(-(end_h + FREE_AGAIN_S / 3600) // 0.25) * 0.25)
    ]


def test_what_goes_back_can_be_ordered_and_what_somebody_keeps_cannot() -> None:
    back = vehicle(condition="moving", place=CARRIAGE)
    assert offered(back) == [("v_0042", None)]
    kept = replace(book(back), kept=frozenset({"v_0042"}))
    assert not orderable(kept, RULES, NOW)
    assert choose(BLUE, kept, RULES) == "vehicle_unavailable"


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
