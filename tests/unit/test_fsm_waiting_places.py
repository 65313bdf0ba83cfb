"""Why there is no place for a vehicle, and which ones nobody can take away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    config,
    machine,
    order_in,
    vehicle,
    with_bay,
    with_cabin,
    with_cabin_vehicle,
    with_load,
)
from tests.support.intake_kit import row as intake
from tests.support.moves_kit import OCCUPIED, STOCKED, job_for, move, turn
from tests.support.values import AT
from towerd.bays.model import BayBits
from towerd.bays.sizes import Size
from towerd.cabin.model import CabinSensors, DoorState, Gauge
from towerd.fsm.state import BayRecord
from towerd.fsm.waiting_places import bay_words, inspections, lost_words, no_cabin, unknown, waiting_places
from towerd.places import CARRIAGE, UNKNOWN, bay, cabin
from towerd.plc.snapshot import Snapshot
from towerd.view import Waiting

FULL = replace(machine(), bay_words=(OCCUPIED,) * 12)
HERE = with_cabin_vehicle(STOCKED, 1)


def test_a_car_that_the_sites_rule_leaves_to_staff() -> None:
    cars = [vehicle(kept_for=("overdue", "fuel_low")), vehicle("car-2", kept_for=()), vehicle("car-3")]
    (due,) = inspections(turn(vehicles=cars))
    assert (due.code, due.what, due.asks) == ("inspection_due", "car-1", "help")
    assert "came back late, its fuel is low" in due.text
    assert "towerctl stock condition car-1 available" in due.cure


def test_a_bay_that_nothing_is_fetched_from() -> None:
    t = turn(bays={"bay:2-3": BayRecord(bay(2, 3), disabled=True)})
    disabled = bay_words(t, STOCKED, bay(2, 3))
    assert disabled is not None
    assert disabled.cure.startswith("towerctl bay enable 2-3")
    for bit, text in (
        (BayBits.DISABLED, "1-1 is disabled at the PLC's panel"),
        (BayBits.FAULT, "1-1 is faulty"),
        (BayBits.OVERHANG, "reaches out of bay 1-1"),
    ):
        faulty = bay_words(t, with_bay(STOCKED, 1, 1, int(bit)), bay(1, 1))
        assert faulty is not None
        assert faulty.code == "bay_out_of_service"
        assert text in faulty.text
        assert "Manual" in faulty.cure
    assert bay_words(t, STOCKED, bay(1, 1)) is None
    assert bay_words(t, STOCKED, CARRIAGE) is None
    assert "car-1" in lost_words(vehicle(place=UNKNOWN)).cure


@pytest.mark.parametrize(
    ("rows", "seen", "who", "asks"),
    [
        ({"orders": [order_in("ready", cabin=1)]}, STOCKED, "order ", "machine"),
        ({"intakes": {1: intake("waiting")}}, STOCKED, "driven in", "machine"),
        ({"moves": [move("bring", state="arrived", target=cabin(1))]}, HERE, "move 5, by lin", "help"),
        ({"moves": [move(state="ready", target=cabin(1))]}, HERE, "fetched", "machine"),
        ({"place": cabin(1)}, HERE, "car-1", "help"),
        ({}, HERE, "without a record", "help"),
        ({}, with_cabin(STOCKED, 1, outer_door=DoorState.BLOCKED), "outer door", "help"),
        ({}, STOCKED, "another", "machine"),
    ],
)
def test_a_cabin_is_held_by_somebody(rows: dict[str, Any], seen: Snapshot, who: str, asks: str) -> None:
    moves = rows.pop("moves", [])
    words = no_cabin(turn(*moves, seen=seen, **rows), seen, cabin(1))
    assert "cabin 1 is held by" in words.text
    assert who in words.text
    assert "cabin 2" not in words.text
    assert words.asks == asks


def test_all_cabins_but_ones_own() -> None:
    own = order_in("staged", cabin=1)
    words = no_cabin(turn(orders=[own]), STOCKED, None, own.id)
    assert "cabin 1 is held by another, cabin 2" in words.text


def codes(seen: Snapshot, **rows: Any) -> list[str]:
    return [row.code for row in waiting_places(turn(seen=seen, **rows), seen)]


def test_a_car_that_cannot_be_put_away() -> None:
    loaded = with_load(FULL)
    assert codes(loaded, place=CARRIAGE) == ["no_free_bay"]
    assert codes(loaded, place=CARRIAGE, jobs=[job_for()]) == []
    assert codes(with_load(machine()), place=CARRIAGE) == []
    shut = with_cabin(HERE, 1, off=CabinSensors.CLEAR_CONFIRMED)
    assert codes(shut, place=cabin(1)) == ["cabin_not_clear"]
    assert codes(HERE, place=cabin(1)) == []
    assert codes(with_cabin(HERE, 1, outer_door=DoorState.OPEN), place=cabin(1)) == ["outer_door_not_closed"]
    for changes, why in (
        ({"off": CabinSensors.VEHICLE_FRONT}, "place_sensors_disagree"),
        ({"on": CabinSensors.TOO_FAR_LEFT}, "vehicle_misplaced"),
        ({"gauge": Gauge.TOO_WIDE}, "vehicle_too_large"),
    ):
        assert codes(with_cabin(HERE, 1, **changes), place=cabin(1)) == [why], "the fork does not go for it"


def test_a_carriage_that_carries_nobody_knows_what() -> None:
    assert codes(with_load(STOCKED)) == ["carriage_unrecorded"]
    assert codes(with_load(STOCKED), jobs=[job_for()]) == []


def test_a_car_for_which_every_free_bay_is_too_small() -> None:
    t = turn(seen=with_load(machine()), place=CARRIAGE)
    t.config = config(bay_sizes=(Size(4000, 2000, 1600, 2500),))
    assert [row.code for row in waiting_places(t, with_load(machine()))] == ["no_bay_fits"]


def test_places_in_doubt_are_named_with_cause_since_and_cure() -> None:
    records = (BayRecord(bay(2, 2), True, "one sensor", since_at=AT), BayRecord(cabin(1), True), BayRecord(bay(1, 1)))
    in_bay, in_cabin = unknown(turn(bays={str(row.place): row for row in records}, vehicles=[]), [])
    assert (in_bay.code, in_bay.what, in_bay.since_at, in_bay.asks) == ("place_unknown", "bay:2-2", AT, "help")
    assert "one sensor" in in_bay.text
    assert "towerctl bay set 2-2 VEHICLE or empty" in in_bay.cure
    assert in_bay.cure.endswith("towerctl stock take 2-2")
    assert in_cabin.text == "What stands there is unknown: nobody has said"
    assert "towerctl bay set cabin:1" in in_cabin.cure
    assert "stock take" not in in_cabin.cure


def test_a_carriage_in_doubt_is_named_once() -> None:
    t = turn(seen=with_load(STOCKED), bays={"carriage": BayRecord(CARRIAGE, True, "why")}, vehicles=[])
    assert [row.code for row in unknown(t, waiting_places(t, with_load(STOCKED)))] == []
    assert [row.code for row in unknown(t, [])] == ["place_unknown"]


def test_a_vehicle_that_nobody_knows_the_place_of_is_named_once() -> None:
    t = turn(vehicles=[replace(vehicle(place=UNKNOWN), lost_at=AT), vehicle("car-2", place=bay(1, 1))])
    (lost,) = unknown(t, [])
    assert (lost.code, lost.what, lost.since_at, lost.asks) == ("vehicle_unknown", "car-1", AT, "help")
    assert "towerctl bay set PLACE car-1" in lost.cure
    of_its_order = Waiting(lost.code, "order 0815: car-1", f"{lost.text}. If it is not found", lost.cure, "help")
    assert unknown(t, [of_its_order]) == []
    assert unknown(t, [replace(of_its_order, text="Where car-11 stands is unknown")]) == [lost]
