"""Why the carriage does not come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    HOME_BAY,
    fork_out,
    inner_door_open,
    order_in,
    step_row,
    vehicle,
    with_bay,
    with_cabin,
    with_cabin_vehicle,
    with_load,
    with_system,
)
from tests.support.moves_kit import STOCKED, job_for, turn
from towerd.bays.model import BayBits
from towerd.cabin.model import CabinSensors, DoorState
from towerd.fsm.inventory import FORK
from towerd.fsm.waiting_carriage import carriage_words, job_words, unrecorded
from towerd.fsm.waiting_words import Words
from towerd.orders.model import Vehicle
from towerd.places import CARRIAGE, OUT, bay, cabin
from towerd.plc.codes import Code
from towerd.plc.snapshot import PackmlState, Snapshot

OTHER = vehicle("car-2", CARRIAGE, 4712)
HERE = with_cabin_vehicle(STOCKED, 1)
NOT_CLEAR = CabinSensors.CLEAR_CONFIRMED
SETTLING = {FORK: replace(step_row(state="settling", code=Code.FORK_GET))}
FORK_IN_CABIN = fork_out(inner_door_open(with_cabin(STOCKED, 1, off=NOT_CLEAR)))
HELD = job_for("deliver", vehicle="car-2", state="held")
WORKS = job_for("deliver", vehicle="car-2")
NO_PLACE = Words("no_free_bay", "There is no free bay", "Free one.")


def words(
    seen: Snapshot = STOCKED, place: Any = HOME_BAY, other: Vehicle | None = None, of: Words | None = None, **rows: Any
) -> Words:
    steps = rows.pop("steps", {})
    cars = [vehicle(place=place), *([other] if other else [])]
    t = turn(seen=seen, vehicles=cars, **rows)
    for key, row in steps.items():
        t.put("steps", key, row)
    return carriage_words(t, seen, cars[0], lambda carried: of if carried.id == "car-2" else None)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "carriage_awaited"),
        ({"seen": with_system(STOCKED, packml_state=PackmlState.HELD)}, "machine_stopped"),
        ({"seen": HERE, "place": cabin(1)}, "carriage_awaited"),
        ({"seen": with_cabin(HERE, 1, off=NOT_CLEAR), "place": cabin(1)}, "cabin_not_clear"),
        ({"seen": with_cabin(HERE, 1, outer_door=DoorState.BLOCKED), "place": cabin(1)}, "outer_door_not_closed"),
        ({"seen": with_bay(STOCKED, 2, 3, int(BayBits.OCCUPIED_A)), "place": HOME_BAY}, "place_sensors_disagree"),
        ({"seen": FORK_IN_CABIN, "steps": SETTLING}, "cabin_not_clear"),
        ({"seen": fork_out(STOCKED), "steps": SETTLING}, "carriage_awaited"),
        ({"steps": SETTLING}, "carriage_awaited"),
        ({"seen": with_load(STOCKED)}, "carriage_unrecorded"),
        ({"seen": with_load(STOCKED), "other": OTHER, "of": NO_PLACE}, "no_free_bay"),
        ({"seen": with_load(STOCKED), "other": OTHER}, "carriage_awaited"),
        ({"seen": with_load(STOCKED), "place": CARRIAGE}, "carriage_awaited"),
        ({"other": replace(OTHER, place=bay(1, 1)), "jobs": [HELD]}, "job_held"),
        ({"other": replace(OTHER, place=OUT), "jobs": [WORKS]}, "carriage_awaited"),
    ],
)
def test_what_does_not_pass_by_itself_is_named(given: dict[str, Any], code: str) -> None:
    assert words(**given).code == code


def test_a_cure_is_told_with_the_car_that_it_is_about() -> None:
    unknown = words(with_load(STOCKED))
    assert unknown.cure.startswith("Look which car it is: towerctl bay set carriage")
    assert "towerctl put-back carriage" in unknown.cure
    assert unknown.asks == "help"
    held = words(other=replace(OTHER, place=bay(1, 1)), jobs=[HELD])
    assert (held.text, held.cure) == (
        "The carriage is with car-2: A technician holds job 6",
        "towerctl job resume 6",
    )
    stopped = words(with_system(STOCKED, packml_state=PackmlState.HELD))
    assert stopped.text == "Nothing moves: The machine is held"
    assert "towerctl packml unhold" in stopped.cure


def test_an_ordered_car_that_stands_in_a_cabin_is_not_to_be_fetched() -> None:
    given = {"seen": with_cabin(HERE, 1, off=NOT_CLEAR), "place": cabin(1)}
    assert words(**given, orders=[order_in("identified", cabin=None)]).code == "carriage_awaited"


def test_the_carriage_is_no_riddle_while_a_fork_command_is_to_be_settled() -> None:
    seen = with_load(STOCKED)
    t = turn(seen=seen)
    assert unrecorded(t, seen) is not None
    t.put("steps", FORK, SETTLING[FORK])
    assert unrecorded(t, seen) is None


def test_a_job_whose_fork_is_out_says_what_keeps_the_fork_from_coming_in() -> None:
    for seen, code in ((FORK_IN_CABIN, "cabin_not_clear"), (fork_out(STOCKED), None)):
        t = turn(seen=seen)
        t.put("steps", FORK, SETTLING[FORK])
        found = job_words(t, seen, job_for())
        assert (found and found.code) == code


def test_a_job_says_nothing_while_an_obstacle_does() -> None:
    held = with_system(STOCKED, packml_state=PackmlState.HELD)
    t = turn(seen=held)
    assert job_words(t, held, job_for()) is None
