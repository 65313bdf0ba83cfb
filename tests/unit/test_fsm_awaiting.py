"""Orders for a car that still has to arrive (orders-if.md 4.4 `wait_until`, 5.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import asked, machine, order_in, state_of, tables_of, told, turn_of, vehicle
from tests.support.moves_kit import move
from tests.support.orders_kit import loan
from tests.support.values import AT
from towerd.fsm.awaiting import bind_now, bind_waiting, watch_waiting_stock
from towerd.fsm.commands import AppendOutbox
from towerd.fsm.state import BayRecord
from towerd.fsm.turn import Turn
from towerd.orders.model import Order, Slot, Vehicle
from towerd.orders.taking import at_json
from towerd.places import OUT

MODEL = {"make": "Kestrel", "model": "Three", "colour": "red"}
HOUR = timedelta(hours=1)
CAR = vehicle()


def waits(order_id: str = "ord-1", **values: Any) -> Order:
    given = {"vehicle": None, "cabin": None, "wish": MODEL, "wait_until_at": AT + 24 * HOUR, "slot": None}
    return order_in("awaiting_stock", order_id, **{**given, **values})


def turn(*orders: Order, cars: tuple[Vehicle, ...] = (), **values: Any) -> Turn:
    t = turn_of(state_of(machine(), tables_of(vehicles=[], orders=list(orders))), **values)
    for car in cars:
        t.put("vehicles", car.id, car)
    return t


@pytest.mark.parametrize("wish", [MODEL, {"id": "car-1"}])
def test_the_first_car_that_fits_is_theirs(wish: dict[str, str]) -> None:
    t = turn(waits(wish=wish), cars=(CAR,))
    bind_waiting(t)
    order = t.tables.orders["ord-1"]
    assert (order.state, order.vehicle) == ("accepted", "car-1")
    assert t.tables.vehicles["car-1"].condition == "reserved"
    assert told(t) == ["order_bound"]
    assert asked(t, AppendOutbox)[0].body["data"] == {**t.car("car-1"), "from": None, "until": None}


def test_who_has_waited_longest_gets_it() -> None:
    t = turn(waits(accepted_at=AT), waits("ord-2", accepted_at=AT - HOUR), cars=(CAR,))
    bind_waiting(t)
    assert (t.tables.orders["ord-1"].state, t.tables.orders["ord-2"].state) == ("awaiting_stock", "accepted")


@pytest.mark.parametrize(
    "car",
    [replace(CAR, condition="inspection"), replace(CAR, record=replace(CAR.record, colour="blue"))],
    ids=["inspection", "colour"],
)
def test_no_other_is(car: Vehicle) -> None:
    t = turn(waits(), cars=(car,))
    bind_waiting(t)
    assert told(t) == []


def test_a_bought_car_is_one_that_is_for_sale() -> None:
    sold = replace(CAR, record=replace(CAR.record, offers={"purchase": {"price": 1, "currency": "EUR"}}))
    for car, state in ((CAR, "awaiting_stock"), (sold, "accepted")):
        t = turn(waits(kind="collect"), cars=(car,))
        bind_waiting(t)
        assert t.tables.orders["ord-1"].state == state


def test_nobody_asks_where_no_car_changed() -> None:
    t = turn_of(state_of(machine(), tables_of(vehicles=[CAR], orders=[waits()])))
    bind_waiting(t)
    assert told(t) == []


def test_a_car_that_another_order_has_left_is_free_at_that_time() -> None:
    later = Slot(AT + 20 * HOUR, AT + 21 * HOUR)
    rows = [waits(slot=later), order_in("accepted", "ord-2", cabin=None, slot=later)]
    t = turn_of(state_of(machine(), tables_of(vehicles=[CAR], orders=rows)))
    t.put("orders", "ord-2", replace(rows[1], code_only=True))
    bind_waiting(t)
    assert t.tables.orders["ord-1"].vehicle is None
    t.put("orders", "ord-2", replace(rows[1], state="cancelled", ended_at=t.now))
    bind_waiting(t)
    assert t.tables.orders["ord-1"].vehicle == "car-1"


def test_a_car_that_a_technician_does_not_want_any_more_is_free() -> None:
    state = state_of(machine(), tables_of(vehicles=[CAR], orders=[waits()], moves={5: move()}))
    t = turn_of(state)
    bind_now(t)
    assert t.tables.orders["ord-1"].vehicle is None, "it is being fetched"
    t.put("moves", 5, replace(move(), state="cancelled"))
    bind_waiting(t)
    assert t.tables.orders["ord-1"].vehicle == "car-1"


def test_a_car_whose_bay_may_be_used_again_is_free() -> None:
    shut = BayRecord(CAR.place, disabled=True)
    state = state_of(machine(), tables_of(vehicles=[CAR], orders=[waits()], bays={str(CAR.place): shut}))
    t = turn_of(state)
    bind_now(t)
    assert t.tables.orders["ord-1"].vehicle is None, "its bay is disabled"
    t.put("bays", str(CAR.place), replace(shut, disabled=False))
    bind_waiting(t)
    assert t.tables.orders["ord-1"].vehicle == "car-1"


def test_a_car_that_is_lent_no_more_is_free_at_that_time() -> None:
    later = Slot(AT + 20 * HOUR, AT + 21 * HOUR)
    out = replace(CAR, place=OUT, condition="out")
    lent = loan("ord-9", vehicle="car-1", due_back_at=AT + 30 * HOUR)
    t = turn_of(state_of(machine(), tables_of(vehicles=[out], orders=[waits(slot=later)], loans={"ord-9": lent})))
    bind_now(t)
    assert t.tables.orders["ord-1"].vehicle is None, "it is out then"
    t.put("loans", "ord-9", replace(lent, due_back_at=AT + HOUR))
    bind_waiting(t)
    assert t.tables.orders["ord-1"].vehicle == "car-1"


@pytest.mark.parametrize(("until", "moved"), [(HOUR, False), (-HOUR, True)])
def test_a_slot_that_is_over_is_made_anew(until: timedelta, moved: bool) -> None:
    slot = Slot(AT - 2 * HOUR, AT + until)
    t = turn(waits(slot=slot), cars=(CAR,))
    bind_waiting(t)
    assert t.tables.orders["ord-1"].slot == (Slot(AT.replace(microsecond=0), AT + 24 * HOUR) if moved else slot)


def test_one_who_waits_for_ever_keeps_the_slot() -> None:
    slot = Slot(AT - 2 * HOUR, AT - HOUR)
    t = turn(waits(slot=slot, wait_until_at=None), cars=(CAR,))
    bind_waiting(t)
    watch_waiting_stock(turn(waits(wait_until_at=None)))
    assert t.tables.orders["ord-1"].slot == slot


@pytest.mark.parametrize(("begins", "kinds"), [(-HOUR, ["order_awaiting_stock"]), (HOUR, [])])
def test_that_it_is_late_is_told_once(begins: timedelta, kinds: list[str]) -> None:
    t = turn(waits(slot=Slot(AT + begins, AT + 2 * HOUR)))
    watch_waiting_stock(t)
    watch_waiting_stock(t)
    assert told(t) == kinds
    if kinds:
        data = asked(t, AppendOutbox)[0].body["data"]
        assert data == {"wait_until": at_json(AT + 24 * HOUR), "late": True}


def test_late_without_a_limit() -> None:
    t = turn(waits(slot=Slot(AT - HOUR, AT + HOUR), wait_until_at=None))
    watch_waiting_stock(t)
    assert asked(t, AppendOutbox)[0].body["data"] == {"wait_until": None, "late": True}


def test_the_order_ends_when_nobody_waits_any_more() -> None:
    t = turn(waits(wait_until_at=AT - HOUR))
    watch_waiting_stock(t)
    order = t.tables.orders["ord-1"]
    assert (order.state, order.reason, order.ended_at) == ("expired", "wait_until_passed", t.now)
    assert told(t) == ["order_expired"]
