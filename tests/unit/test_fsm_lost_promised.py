"""An order whose vehicle is kept here, late, or gone gets another, or an end before its customer may come (orders-if.md 5.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import MONO_S, config, machine, order_in, state_of, tables_of, told, turn_of, vehicle
from tests.support.values import AT
from towerd.fsm.lost import settle_gone, settle_promised, settle_unfit
from towerd.fsm.turn import Turn
from towerd.orders.model import Loan, Slot, Vehicle
from towerd.places import OUT, bay, cabin

ELECTRIC = replace(vehicle().record, propulsion="electric")
HOUR = timedelta(hours=1)
SLOT = Slot(AT + 24 * HOUR, AT + 25 * HOUR)
CALL_S = 24 * 3600 - config().early_s - 60
OUT_NOW: dict[str, Any] = {"place": OUT, "condition": "out"}


def another() -> Vehicle:
    return replace(vehicle("car-2", bay(1, 1), 4712), record=replace(vehicle().record, id="car-2", tag=4712))


def promised(
    car: dict[str, Any], *others: Vehicle, at_s: float = 0, order: dict[str, Any] | None = None, **rows: Any
) -> Turn:
    """An hour is promised tomorrow with car-1, and it is settled `at_s` from now."""
    orders = [order_in("accepted", **{"cabin": None, "slot": SLOT, **(order or {})}), *rows.pop("more", [])]
    cars = [replace(vehicle(condition="reserved"), **car), *others]
    t = turn_of(state_of(machine(), tables_of(vehicles=cars, orders=orders, **rows)), MONO_S + at_s)
    settle_promised(t)
    return t


def lent(due_h: float, state: Any = "out") -> dict[str, Any]:
    return {"ord-0": Loan("ord-0", "c", "car-1", state, AT - 48 * HOUR, AT + due_h * HOUR, "4711")}


def outcome(t: Turn) -> tuple[str, str | None]:
    order = t.tables.orders["ord-1"]
    return order.state, order.vehicle


@pytest.mark.parametrize(
    ("car", "rows"),
    [
        ({}, {}),
        (OUT_NOW, {"loans": lent(22)}),
        (OUT_NOW, {"loans": lent(-3, "overdue")}),
        ({"condition": "inspection", "rests_as": "inspection"}, {}),
        ({"place": OUT, "condition": "out", "reasons": ("fetched",)}, {}),
        (
            {"place": OUT, "condition": "out", "rests_as": "out_of_service", "reasons": ("cleaning",)},
            {"loans": lent(1)},
        ),
    ],
    ids=["here", "due in time", "overdue", "looked at", "fetched", "to be cleaned"],
)
def test_while_a_promised_car_may_still_be_there_in_time_nothing_is_told(car: Any, rows: Any) -> None:
    t = promised(car, another(), **rows)
    assert (outcome(t), told(t)) == (("accepted", "car-1"), [])


@pytest.mark.parametrize(
    ("car", "rows", "at_s"),
    [
        (OUT_NOW, {"loans": lent(22.1)}, 0),
        (OUT_NOW, {"loans": lent(-3, "overdue")}, 22.1 * 3600),
        (OUT_NOW | {"reasons": ("fetched",)}, {}, 22.1 * 3600),
        ({"condition": "out_of_service", "rests_as": "out_of_service", "reasons": ("cleaning",)}, {}, 0),
        ({"record": ELECTRIC, "charge_ratio": 0.1}, {}, 0),
        (
            {"condition": "moving", "place": cabin(1)},
            {"more": [order_in("staged", "ord-2", slot=Slot(AT - 72 * HOUR, AT - 71 * HOUR))]},
            0,
        ),
    ],
    ids=[
        "due too late",
        "overdue for too long",
        "fetched",
        "to be cleaned",
        "not charged",
        "another's customer was late",
    ],
)
def test_one_that_looks_too_late_is_replaced_at_once_and_else_waited_for_until_the_customer_may_come(
    car: Any, rows: Any, at_s: float
) -> None:
    t = promised(car, another(), at_s=at_s, **rows)
    assert (outcome(t), told(t)) == (("accepted", "car-2"), ["order_vehicle_replaced"])
    waits = promised(car, at_s=at_s, **rows)
    assert (outcome(waits), told(waits)) == (("accepted", "car-1"), [])
    assert outcome(promised(car, at_s=CALL_S - 1, **rows)) == ("accepted", "car-1")
    ends = promised(car, at_s=CALL_S, **rows)
    assert (ends.tables.orders["ord-1"].reason, told(ends)) == ("vehicle_unavailable", ["order_failed"])


def test_one_that_is_still_looked_at_when_the_customer_may_come_is_replaced() -> None:
    looked_at: dict[str, Any] = {"condition": "inspection", "rests_as": "inspection"}
    assert outcome(promised(looked_at, another(), at_s=CALL_S - 1)) == ("accepted", "car-1")
    assert outcome(promised(looked_at, another(), at_s=CALL_S)) == ("accepted", "car-2")
    assert outcome(promised(looked_at, at_s=CALL_S)) == ("failed", "car-1")
    busy = order_in("accepted", "ord-2", vehicle="car-2", slot=SLOT)
    assert outcome(promised(looked_at, another(), at_s=CALL_S, more=[busy])) == ("failed", "car-1")


@pytest.mark.parametrize("reason", ["damage", "service_due", "recalled"])
@pytest.mark.parametrize("place", [OUT, bay(2, 3)])
def test_nobody_waits_for_a_car_that_is_broken(reason: str, place: Any) -> None:
    broken = {"place": place, "condition": "out_of_service", "rests_as": "out_of_service", "reasons": (reason,)}
    assert outcome(promised(broken, another())) == ("accepted", "car-2")
    assert outcome(promised(broken)) == ("failed", "car-1")


def test_a_dealer_takes_a_car_whatever_is_wrong_with_it_once_it_is_back() -> None:
    taken = {"kind": "stock_out"}
    broken: dict[str, Any] = {"condition": "out_of_service", "rests_as": "out_of_service", "reasons": ("damage",)}
    assert outcome(promised(broken, another(), at_s=CALL_S, order=taken)) == ("accepted", "car-1")
    assert outcome(promised(OUT_NOW, another(), at_s=23 * 3600, order=taken, loans=lent(-3))) == ("accepted", "car-1")
    assert outcome(promised(OUT_NOW, another(), at_s=CALL_S, order=taken, loans=lent(-3))) == ("failed", "car-1")


def test_an_order_without_a_slot_is_for_now() -> None:
    assert outcome(promised(OUT_NOW, another(), order={"slot": None, "accepted_at": AT}, loans=lent(1))) == (
        "accepted",
        "car-2",
    )
    soon = {"slot": None, "accepted_at": AT + HOUR}
    assert outcome(promised(OUT_NOW, another(), order=soon, loans=lent(3))) == ("accepted", "car-1")


def test_two_later_orders_of_a_lost_car_are_replaced_by_their_slots() -> None:
    later = order_in("accepted", "ord-0", cabin=None, slot=Slot(AT + 30 * HOUR, AT + 31 * HOUR))
    broken: dict[str, Any] = {"condition": "out_of_service", "rests_as": "out_of_service", "reasons": ("damage",)}
    t = promised(broken, another(), more=[later])
    assert (outcome(t), t.tables.orders["ord-0"].state) == (("accepted", "car-2"), "failed")


def test_a_vehicle_that_is_gone_takes_no_order_with_it_that_another_could_serve() -> None:
    orders = [
        order_in("handed_over", "ord-0"),
        order_in("accepted", cabin=None, slot=SLOT),
        order_in("accepted", "ord-2", kind="stock_in", slot=SLOT),
    ]
    t = turn_of(state_of(machine(), tables_of(vehicles=[vehicle(**OUT_NOW), another()], orders=orders)))
    settle_gone(t, t.tables.vehicles["car-1"])
    assert [(one.state, one.vehicle) for one in t.tables.orders.values()] == [
        ("handed_over", "car-1"),
        ("accepted", "car-2"),
        ("accepted", "car-1"),
    ]


def test_what_is_broken_is_settled_at_once_and_what_is_late_within_a_minute() -> None:
    broken: dict[str, Any] = {"condition": "out_of_service", "rests_as": "out_of_service", "reasons": ("damage",)}
    for car, rows, at_once in ((OUT_NOW, {"loans": lent(23)}, False), (broken, {}, True)):
        orders = [order_in("accepted", cabin=None, slot=SLOT)]
        t = turn_of(state_of(machine(), tables_of(vehicles=[vehicle(), another()], orders=orders, **rows)))
        settle_unfit(t)
        assert told(t) == []
        t.put_vehicle(t.tables.vehicles["car-1"], **car)
        settle_unfit(t)
        assert told(t) == ["order_vehicle_replaced"] * at_once
        settle_promised(t)
        assert told(t) == ["order_vehicle_replaced"]
