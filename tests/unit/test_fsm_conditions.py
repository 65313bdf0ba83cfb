"""Out of service, to be looked at, free again: wherever the vehicle is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.core_kit import (
    CABIN_1,
    HOME_BAY,
    answers,
    asked,
    config,
    machine,
    order_in,
    state_of,
    tables_of,
    turn_of,
    vehicle,
)
from tests.support.orders_kit import claims
from towerd.fsm.commands import AppendOutbox
from towerd.fsm.conditions import condition_set, release_by_rule, set_condition
from towerd.fsm.events import OrderRequested
from towerd.fsm.manual_events import ConditionSet
from towerd.fsm.orders import order_requested
from towerd.fsm.reply import ReplyTo
from towerd.fsm.turn import Turn
from towerd.orders.model import Vehicle
from towerd.orders.rules import OrderRules, ReleaseRules
from towerd.places import CARRIAGE, OUT, UNKNOWN, Place

API = ReplyTo("api", "1")


def turn(car: Vehicle, *orders: Any) -> Turn:
    return turn_of(state_of(machine(), tables_of(vehicles=[car], orders=orders)))


def put(t: Turn, condition: Any, *reasons: str) -> Vehicle:
    set_condition(t, t.tables.vehicles["car-1"], condition, reasons, by="dealer_3", note="seen")
    return t.tables.vehicles["car-1"]


@pytest.mark.parametrize("place", [HOME_BAY, CARRIAGE])
def test_what_stands_in_the_tower_is_so_at_once(place: Place) -> None:
    t = turn(vehicle(place=place))
    car = put(t, "out_of_service", "damage")
    assert (car.condition, car.rests_as, car.reasons) == ("out_of_service", "out_of_service", ("damage",))
    car = put(t, "inspection")
    assert (car.condition, car.rests_as, car.reasons) == ("inspection", "inspection", ())
    car = put(t, "available")
    assert (car.condition, car.rests_as, car.reasons) == ("available", "available", ())
    told = [one.body["data"] for one in asked(t, AppendOutbox)]
    assert told[0] == {
        "vehicle": "car-1",
        "condition": "out_of_service",
        "reasons": ["damage"],
        "by": "dealer_3",
        "note": "seen",
    }


@pytest.mark.parametrize(("place", "condition"), [(OUT, "out"), (UNKNOWN, "unknown")])
def test_elsewhere_it_is_so_once_it_is_known_to_stand_here(place: Place, condition: Any) -> None:
    car = put(turn(vehicle(place=place, condition=condition)), "out_of_service", "recalled")
    assert (car.condition, car.rests_as) == (condition, "out_of_service")


@pytest.mark.parametrize(
    ("by_rule", "place", "kept_for", "condition"),
    [
        (True, HOME_BAY, (), "available"),
        (True, CARRIAGE, (), "available"),
        (True, CABIN_1, (), "inspection"),
        (True, HOME_BAY, ("overdue",), "inspection"),
        (True, HOME_BAY, None, "inspection"),
        (False, HOME_BAY, (), "inspection"),
    ],
)
def test_a_car_with_nothing_against_it_is_released_once_it_has_left_the_cabin(
    by_rule: bool, place: Place, kept_for: Any, condition: str
) -> None:
    t = turn(vehicle(place=CABIN_1, condition="inspection", rests_as="inspection", kept_for=kept_for))
    t.config = config(rules=OrderRules(release=ReleaseRules(by_rule=by_rule)))
    release_by_rule(t)
    assert t.tables.vehicles["car-1"].condition == "inspection", "nothing has changed"
    t.put_vehicle(t.tables.vehicles["car-1"], place=place)
    release_by_rule(t)
    assert t.tables.vehicles["car-1"].condition == condition
    said = [one.body["data"]["by"] for one in asked(t, AppendOutbox) if one.body["type"] == "vehicle_condition"]
    assert said == (["rule"] if condition == "available" else [])


def test_who_has_spoken_of_it_has_the_last_word_over_the_sites_rule() -> None:
    assert put(turn(vehicle(kept_for=("overdue",))), "inspection").kept_for is None


def test_what_the_tower_has_against_it_stays() -> None:
    t = turn(vehicle(place=OUT, condition="out", reasons=("damage", "fetched")))
    assert put(t, "available").reasons == ("fetched",)


def test_an_orders_car_that_is_released_is_the_orders() -> None:
    assert put(turn(vehicle(), order_in("accepted")), "available").condition == "reserved"


def say(t: Turn, vehicle_id: str, condition: Any, *reasons: str) -> Any:
    condition_set(t, ConditionSet(vehicle_id, condition, reasons, "looked at it", "ada", API))
    return answers(t)[-1]


def test_a_technician_says_it_on_the_spot() -> None:
    t = turn(vehicle(condition="inspection", rests_as="inspection"))
    told = say(t, "car-1", "available")
    assert (told.ok, told.result) == (True, {"vehicle": "car-1", "condition": "available", "rests_as": "available"})
    assert asked(t, AppendOutbox)[0].body["data"]["by"] == "ada"


@pytest.mark.parametrize(
    ("vehicle_id", "condition", "reason"),
    [("car-9", "available", "no_such_vehicle"), ("car-1", "out_of_service", "malformed")],
)
def test_and_is_refused_with_what_is_wrong(vehicle_id: str, condition: Any, reason: str) -> None:
    t = turn(vehicle())
    before = t.tables
    told = say(t, vehicle_id, condition)
    assert (told.ok, told.reasons) == (False, (reason,))
    assert told.result["text"]
    assert t.tables is before


def test_a_token_says_it_and_is_answered() -> None:
    t = turn_of(state_of(machine(), tables_of(vehicles=[vehicle()]), clock_sure=True))
    now_s = int(t.now.timestamp())
    raw = claims("condition", vehicle={"id": "car-1"}, iat=now_s, exp=now_s + 3600)
    order_requested(t, OrderRequested("condition", raw, "sha", API, expires_at=t.now))
    assert t.tables.vehicles["car-1"].condition == "out_of_service"
    assert answers(t)[-1].result == {"order": None, "state": "out_of_service"}
