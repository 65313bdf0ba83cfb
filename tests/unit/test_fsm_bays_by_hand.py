"""What technicians say of places."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    HOME_BAY,
    MONO_S,
    OCCUPIED_LOCKED,
    answers,
    job,
    machine,
    order_in,
    state_of,
    step_row,
    tables_of,
    told,
    turn_of,
    vehicle,
    with_bay,
    with_load,
    with_system,
)
from towerd.bays.model import BayBits
from towerd.fsm.bays_by_hand import bay_service_changed, place_set
from towerd.fsm.inventory import FORK, check_places
from towerd.fsm.manual_events import BayServiceChanged, PlaceSet
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import BayRecord, Lease, Tables
from towerd.fsm.turn import Turn
from towerd.places import CARRIAGE, OUT, UNKNOWN, Place, bay, cabin
from towerd.plc.codes import Code
from towerd.plc.snapshot import Alarms, KeySwitch, Snapshot

API = ReplyTo("api", "1")
FULL = with_bay(machine(), 2, 3, OCCUPIED_LOCKED)
ONE_SENSOR = with_bay(machine(), 2, 3, int(BayBits.OCCUPIED_A | BayBits.LOCKED))


def turn(seen: Snapshot | None = FULL, tables: Tables | None = None, **volatile: Any) -> Turn:
    return turn_of(
        state_of(seen, tables or tables_of(vehicles=[vehicle(place=UNKNOWN, condition="unknown")]), **volatile)
    )


def put(t: Turn, place: Place = HOME_BAY, vehicle_id: str | None = "car-1", *, override: bool = False) -> Any:
    place_set(t, PlaceSet(place, vehicle_id, "looked", "ada", API, override))
    return answers(t)[-1]


@pytest.mark.parametrize(("state", "condition"), [("accepted", "reserved"), ("completed", "available")])
def test_an_unknown_place_is_known_again(state: str, condition: str) -> None:
    tables = tables_of(
        vehicles=[vehicle(place=UNKNOWN, condition="unknown")],
        orders=[order_in(state)],
        bays={"bay:2-3": BayRecord(HOME_BAY, unknown=True, disabled=True)},
    )
    t = turn(tables=tables, places_checked=True)
    assert put(t).ok
    found = t.tables.vehicles["car-1"]
    assert (found.place, found.condition) == (HOME_BAY, condition)
    assert t.tables.bays == {"bay:2-3": BayRecord(HOME_BAY, disabled=True)}
    assert not t.volatile.places_checked
    assert told(t)[-1] == "manual_intervention"


def test_whoever_stood_there_by_the_books_is_unknown_then() -> None:
    t = turn(tables=tables_of(vehicles=[vehicle(), vehicle("car-2", bay(1, 1), 4712)]))
    assert put(t, vehicle_id="car-2").result["before"] == "car-1"
    assert t.tables.vehicles["car-1"].place == UNKNOWN
    assert t.tables.vehicles["car-2"].place == HOME_BAY


def test_an_empty_place_forgets_its_vehicle() -> None:
    t = turn(machine(), tables_of(vehicles=[vehicle()]))
    assert put(t, vehicle_id=None).ok
    assert t.tables.vehicles["car-1"].place == UNKNOWN
    assert put(t, CARRIAGE, None).ok
    assert put(t, cabin(1), None).ok


def test_a_word_against_the_sensors_stands_as_long_as_they_show_the_same() -> None:
    t = turn(ONE_SENSOR)
    assert put(t).reasons == ("sensors_disagree",)
    assert put(t, override=True).ok
    assert t.tables.bays["bay:2-3"].accepted == "disagree"
    check_places(t)
    assert t.tables.vehicles["car-1"].place == HOME_BAY
    t.set(snapshot=FULL)
    check_places(t)
    assert "bay:2-3" not in t.tables.bays, "they are believed again"
    t.set(snapshot=ONE_SENSOR)
    check_places(t)
    assert t.tables.vehicles["car-1"].place == UNKNOWN


def test_a_car_that_is_out_is_back_by_more_than_its_name() -> None:
    t = turn(tables=tables_of(vehicles=[vehicle(place=OUT, condition="out")]))
    assert put(t).reasons == ("car_is_out",)
    assert t.tables.vehicles["car-1"].place == OUT
    assert put(t, override=True).ok
    assert t.tables.vehicles["car-1"].place == HOME_BAY


def test_a_car_that_nobody_finds_may_be_outside() -> None:
    t = turn()
    assert put(t, OUT).ok
    assert (t.tables.vehicles["car-1"].place, t.tables.bays) == (OUT, {})


@pytest.mark.parametrize(
    ("seen", "volatile", "place", "vehicle_id", "reason"),
    [
        (None, {}, HOME_BAY, "car-1", "plc_lost"),
        (FULL, {"lease": Lease("bob", MONO_S + 9)}, HOME_BAY, "car-1", "lease_held"),
        (FULL, {}, bay(9, 9), "car-1", "no_place"),
        (FULL, {}, cabin(2), "car-1", "sensors_disagree"),
        (FULL, {}, UNKNOWN, "car-1", "no_place"),
        (FULL, {}, OUT, None, "no_such_vehicle"),
        (FULL, {}, HOME_BAY, "car-9", "no_such_vehicle"),
        (FULL, {}, HOME_BAY, None, "sensors_disagree"),
    ],
)
def test_what_cannot_be_is_refused(
    seen: Snapshot | None, volatile: dict[str, Any], place: Place, vehicle_id: str | None, reason: str
) -> None:
    t = turn(seen, **volatile)
    before = t.tables
    assert put(t, place, vehicle_id).reasons == (reason,)
    assert t.tables is before


@pytest.mark.parametrize(
    "row",
    [step_row(state="running"), replace(step_row(state="settling", code=Code.FORK_GET), unit=FORK)],  # type: ignore[arg-type]
)
def test_not_while_the_carriage_works(row: Any) -> None:
    assert put(turn(tables=tables_of(vehicles=[vehicle()], steps=[row]))).reasons == ("moving",)


@pytest.mark.parametrize(
    ("seen", "state", "reason"),
    [
        (FULL, "running", "job_runs"),
        (FULL, "held", None),
        (with_system(FULL, key_switch=KeySwitch.MANUAL), "running", None),
    ],
)
def test_a_job_that_may_go_on_by_itself_is_held_first(seen: Snapshot, state: str, reason: str | None) -> None:
    t = turn(seen, tables_of(vehicles=[vehicle(place=UNKNOWN)], jobs=[job(state=state)]))
    given = put(t)
    assert given.reasons == (() if reason is None else (reason,))
    if reason:
        assert "job hold 1" in given.result["cure"]
        assert t.tables.vehicles["car-1"].place == UNKNOWN


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (with_load(machine()), "carriage_loaded"),
        (with_load(machine(), present_rear=False), None),
        (replace(with_load(machine()), alarms=Alarms(frozenset({16}), frozenset(), None, 0)), None),
    ],
    ids=["both see a car", "one sees it", "they are known to fail"],
)
def test_no_word_empties_a_carriage_whose_sensors_both_see_a_car(seen: Snapshot, reason: str | None) -> None:
    t = turn(seen, tables_of(vehicles=[vehicle(place=CARRIAGE)]))
    assert put(t, CARRIAGE, None, override=True).reasons == (() if reason is None else (reason,))
    assert (t.tables.vehicles["car-1"].place == CARRIAGE) is (reason is not None)


def service(t: Turn, disabled: bool, place: Place = HOME_BAY) -> Any:
    bay_service_changed(t, BayServiceChanged(place, disabled, "repair", "ada", API))
    return answers(t)[-1]


def test_a_bay_is_taken_out_of_the_planners_hands_and_given_back() -> None:
    t = turn()
    assert service(t, True).ok
    assert t.tables.bays["bay:2-3"] == BayRecord(HOME_BAY, disabled=True, reason="repair")
    assert service(t, False).ok
    assert not t.tables.bays
    t.put("bays", "bay:2-3", BayRecord(HOME_BAY, unknown=True, reason="why"))
    assert service(t, False).ok
    assert t.tables.bays["bay:2-3"].unknown


def test_only_a_bay_can_be_disabled() -> None:
    assert service(turn(), True, CARRIAGE).reasons == ("no_place",)
