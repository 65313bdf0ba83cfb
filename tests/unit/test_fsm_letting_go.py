"""Jobs whose bay may not be used any more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    CABIN_1,
    EMPTY_LOCKED,
    HOME_BAY,
    OCCUPIED_LOCKED,
    config,
    job,
    machine,
    order_in,
    told,
    vehicle,
    with_bay,
    with_cabin,
    with_cabin_vehicle,
    with_load,
)
from tests.support.moves_kit import STOCKED, job_for, move, turn
from towerd.bays.model import BayBits
from towerd.bays.sizes import Size
from towerd.cabin.model import CabinSensors
from towerd.fsm.letting_go import give_back, let_go, waits_for_people
from towerd.fsm.state import BayRecord, Job
from towerd.fsm.turn import Turn
from towerd.places import CARRIAGE, Place, bay
from towerd.plc.snapshot import Snapshot

OTHER = bay(3, 1)
LOADED = with_load(machine())
OUT_OF_SERVICE = with_bay(STOCKED, 2, 3, OCCUPIED_LOCKED | BayBits.DISABLED)
DISABLED = {str(place): BayRecord(place, disabled=True) for place in (HOME_BAY, OTHER)}
IN_CABIN = with_cabin_vehicle(machine(), 1)


def let(t: Turn, work: Job) -> bool:
    assert t.snapshot is not None
    t.put("jobs", work.id, work)
    return let_go(t, t.snapshot, work, t.tables.vehicles["car-1"])


@pytest.mark.parametrize(
    ("seen", "place", "target", "rows", "why"),
    [
        (STOCKED, HOME_BAY, CABIN_1, {}, None),
        (OUT_OF_SERVICE, HOME_BAY, CABIN_1, {}, "bay_out_of_service"),
        (machine(), HOME_BAY, CABIN_1, {}, "place_sensors_disagree"),
        (STOCKED, HOME_BAY, CABIN_1, {"bays": DISABLED}, "bay_disabled"),
        (STOCKED, HOME_BAY, OTHER, {}, None),
        (STOCKED, HOME_BAY, OTHER, {"bays": {str(OTHER): BayRecord(OTHER, disabled=True)}}, "bay_disabled"),
        (LOADED, CARRIAGE, CABIN_1, {}, None),
        (LOADED, CARRIAGE, OTHER, {}, None),
        (LOADED, CARRIAGE, OTHER, {"bays": DISABLED}, "bay_disabled"),
        (LOADED, CARRIAGE, OTHER, {"bays": {str(OTHER): BayRecord(OTHER, unknown=True)}}, "place_sensors_disagree"),
        (with_bay(LOADED, 3, 1, OCCUPIED_LOCKED), CARRIAGE, OTHER, {}, "place_sensors_disagree"),
        (with_bay(LOADED, 3, 1, EMPTY_LOCKED | BayBits.OVERHANG), CARRIAGE, OTHER, {}, "bay_out_of_service"),
        (IN_CABIN, CABIN_1, OTHER, {}, None),
        (with_cabin(IN_CABIN, 1, on=CabinSensors.TOO_FAR_BACK), CABIN_1, OTHER, {}, "vehicle_misplaced"),
        (machine(), CABIN_1, CABIN_1, {}, None),
    ],
)
def test_what_may_not_be_used_any_more(
    seen: Snapshot, place: Place, target: Place, rows: dict[str, Any], why: str | None
) -> None:
    t = turn(seen=seen, place=place, **rows)
    assert let(t, job(source=place, target=target, order=None)) is (why is not None)
    assert t.tables.jobs[1].state == ("running" if why is None else "cancelled")
    assert told(t) == ([] if why is None else ["job_given_back"])
    if why is not None:
        assert t.volatile.doing == why
        assert t.tables.jobs[1].ended_at == t.now


@pytest.mark.parametrize(("place", "seen", "number"), [(HOME_BAY, OUT_OF_SERVICE, None), (CABIN_1, machine(), 1)])
def test_the_cabin_of_an_order_serves_others_while_its_car_cannot_be_fetched(
    place: Place, seen: Snapshot, number: int | None
) -> None:
    t = turn(seen=seen, place=place, orders=[order_in("delivering")])
    assert let(t, job(source=place, target=OTHER))
    assert t.tables.orders["ord-1"].cabin == number


def test_an_order_without_a_cabin_stays_as_it_is() -> None:
    t = turn(seen=OUT_OF_SERVICE, orders=[order_in("identified", cabin=None)])
    before = t.tables.orders
    assert let(t, job())
    assert t.tables.orders is before


@pytest.mark.parametrize(
    ("purpose", "place", "seen", "state", "bound"),
    [
        ("fetch", HOME_BAY, OUT_OF_SERVICE, "asked", None),
        ("move", HOME_BAY, OUT_OF_SERVICE, "asked", None),
        ("move", CARRIAGE, LOADED, "cancelled", 6),
        ("identify", CARRIAGE, LOADED, "cancelled", 6),
        ("put_back", CARRIAGE, LOADED, "asked", None),
    ],
)
def test_what_a_person_wants_waits_but_for_what_holds_the_carriage(
    purpose: Any, place: Place, seen: Snapshot, state: str, bound: int | None
) -> None:
    t = turn(move(purpose, job=6), seen=seen, place=place, bays={str(OTHER): DISABLED[str(OTHER)]})
    assert let(t, job_for(purpose, target=OTHER))
    kept = t.tables.moves[5]
    assert (kept.state, kept.job) == (state, bound)
    assert (kept.why or "").startswith("bay:3-1 cannot be used") is (state == "cancelled")


def test_a_move_that_another_job_serves_is_left_alone() -> None:
    t = turn(move("fetch", job=4), seen=OUT_OF_SERVICE)
    assert let(t, job_for("fetch"))
    assert t.tables.moves[5].job == 4


def test_a_job_given_back_is_over_and_says_why() -> None:
    t = turn()
    give_back(t, job(), "why")
    assert (t.tables.jobs[1].state, t.volatile.doing) == ("cancelled", "why")


@pytest.mark.parametrize(
    ("work", "place", "seen", "waits"),
    [
        (job(order=None), CABIN_1, with_cabin(IN_CABIN, 1, off=CabinSensors.CLEAR_CONFIRMED), True),
        (job(order=None), CABIN_1, IN_CABIN, False),
        (job(order=None, by="lin"), CABIN_1, with_cabin(IN_CABIN, 1, off=CabinSensors.CLEAR_CONFIRMED), False),
        (job(), CABIN_1, with_cabin(IN_CABIN, 1, off=CabinSensors.CLEAR_CONFIRMED), False),
        (job(order=None), HOME_BAY, STOCKED, False),
    ],
)
def test_the_towers_own_wish_waits_for_whoever_looks_into_the_cabin(
    work: Job, place: Place, seen: Snapshot, waits: bool
) -> None:
    assert waits_for_people(work, vehicle(place=place), seen) is waits


@pytest.mark.parametrize(("height_mm", "why"), [(1600, None), (1601, "bay_too_small")])
def test_another_car_than_was_thought_may_be_too_large(height_mm: int, why: str | None) -> None:
    t = turn(seen=LOADED, place=CARRIAGE)
    t.config = config(bay_sizes=(Size(5200, 2000, 1600, 2500),))
    car = t.tables.vehicles["car-1"]
    t.put_vehicle(car, record=replace(car.record, height_mm=height_mm))
    assert let(t, job(source=HOME_BAY, target=OTHER, order=None)) is (why is not None)
    assert t.volatile.doing == (why or "starting")
