"""A fetched car is given to the technician who asked for it by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    CABIN_1,
    EMPTY_LOCKED,
    MONO_S,
    later,
    order_in,
    step_row,
    told,
    with_bay,
    with_cabin,
    with_cabin_vehicle,
    writes,
)
from tests.support.moves_kit import STOCKED, job_for, move, turn
from tests.support.values import AT
from towerd.cabin.model import CabinSensors, DoorState
from towerd.fsm.fetching import run_fetches, taken_by_fetch
from towerd.fsm.turn import Turn
from towerd.places import OUT, Place, bay, cabin
from towerd.plc.codes import Code
from towerd.plc.snapshot import Snapshot, Unit

EMPTIED = with_bay(STOCKED, 2, 3, EMPTY_LOCKED)
HERE = with_cabin_vehicle(EMPTIED, 1)
OPEN = with_cabin(HERE, 1, outer_door=DoorState.OPEN)
GONE = with_cabin(EMPTIED, 1, outer_door=DoorState.OPEN)
OPENED = step_row(Unit.CABIN1, "done", Code.OUTER_DOOR, (1, 5, 0, 0))


def run(*moves: Any, seen: Snapshot | None = HERE, place: Place = CABIN_1, **rows: Any) -> Turn:
    now = rows.pop("now", AT)
    t = later(turn(*moves, seen=seen, place=place, **rows), MONO_S, now)
    run_fetches(t)
    return t


def doors(t: Turn) -> list[tuple[Unit, int, int]]:
    return [(write.unit, write.code, write.args[0]) for write in writes(t)]


TO_OPEN = [(Unit.CABIN1, Code.OUTER_DOOR, 1)]
TO_CLOSE = [(Unit.CABIN1, Code.OUTER_DOOR, 0)]


@pytest.mark.parametrize("target", [None, cabin(1)])
def test_the_door_opens_for_what_was_seen_in_the_cabin(target: Any) -> None:
    t = run(move(target=target))
    assert doors(t) == TO_OPEN
    assert writes(t)[0].args[1] == HERE.cabin(1).occupancy_epoch


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (EMPTIED, "no vehicle in the cabin"),
        (with_cabin(HERE, 1, inner_door=DoorState.OPEN), "the inner door is not closed"),
    ],
)
def test_the_door_stays_shut_until_the_cabin_is_safe(seen: Snapshot, why: str) -> None:
    t = run(move(), seen=seen)
    assert not writes(t)
    assert t.volatile.doing == why


@pytest.mark.parametrize(
    "changes",
    [
        {"seen": None},
        {"volatile": {"reconciled_session": 99}},
        {"place": bay(2, 3)},
        {"seen": with_cabin(HERE, 1, outer_door=DoorState.OPENING)},
    ],
)
def test_nothing_is_opened_before_its_time(changes: dict[str, Any]) -> None:
    assert not writes(run(move(), **changes))


def test_nothing_is_opened_while_its_job_works_nor_without_a_move() -> None:
    assert not writes(run(move(job=6), jobs=[job_for()]))
    assert not writes(run())
    assert not writes(run(move("bring", state="arrived", target=cabin(1))))


def test_a_car_that_turned_out_to_be_an_orders_stays_in() -> None:
    t = run(move(), orders=[order_in("accepted")])
    assert not writes(t)
    assert "wanted by order" in t.volatile.doing


def test_with_a_reason_the_order_gives_way() -> None:
    t = run(move(reason="police"), orders=[order_in("accepted")])
    assert t.tables.orders["ord-1"].state == "failed"
    assert doors(t) == TO_OPEN


def test_an_order_whose_door_is_open_gives_way_to_nobody() -> None:
    t = run(move(reason="police"), orders=[order_in("ready")])
    assert not writes(t)
    assert not taken_by_fetch(t, "car-1", "police")
    assert taken_by_fetch(t, "car-9", "police")


def test_an_order_whose_door_opens_is_not_ended_by_a_fetch() -> None:
    opening = step_row(Unit.CABIN1, "running", Code.OUTER_DOOR, (1, 5, 0, 0))
    t = run(move(), orders=[order_in("delivering")], steps=[opening])
    assert not taken_by_fetch(t, "car-1", "police")
    assert t.tables.orders["ord-1"].state == "delivering"


TOO_LATE = AT + timedelta(seconds=900)
STALE = "asked for more than 15 min ago: ask again, and be there"


@pytest.mark.parametrize("seen", [HERE, STOCKED], ids=["in the cabin", "in its bay"])
def test_a_word_that_is_old_opens_no_door(seen: Snapshot) -> None:
    place = CABIN_1 if seen is HERE else bay(2, 3)
    young = run(move(), seen=seen, place=place, now=TOO_LATE - timedelta(seconds=1))
    assert young.tables.moves[5].open
    t = run(move(), seen=seen, place=place, now=TOO_LATE)
    assert not writes(t)
    assert (t.tables.moves[5].state, t.tables.moves[5].why) == ("cancelled", STALE)
    assert told(t) == ["move_cancelled"]


def test_an_old_word_keeps_its_job_and_the_door_that_opens_already() -> None:
    opening = step_row(Unit.CABIN1, "running", Code.OUTER_DOOR, (1, 5, 0, 0))
    for t in (run(move(), now=TOO_LATE, steps=[opening]), run(move(job=6), now=TOO_LATE, jobs=[job_for()])):
        assert not writes(t)
        assert t.tables.moves[5].state == "asked"
    t = run(move(), seen=OPEN, steps=[OPENED], now=TOO_LATE)
    assert t.tables.moves[5].state == "ready"


def test_the_open_door_is_told() -> None:
    t = run(move(), seen=OPEN, steps=[OPENED])
    assert (t.tables.moves[5].state, t.tables.moves[5].target) == ("ready", cabin(1))
    assert told(t) == ["fetch_ready"]


def test_while_the_car_stands_in_the_open_door_nothing_happens() -> None:
    t = run(move(state="ready", target=cabin(1)), seen=OPEN, steps=[OPENED])
    assert not t.commands


def test_a_car_that_has_left_is_out_without_a_loan() -> None:
    t = run(move(state="ready", target=cabin(1)), seen=GONE)
    car = t.tables.vehicles["car-1"]
    assert (car.place, car.condition, car.reasons) == (OUT, "out", ("fetched",))
    assert t.tables.moves[5].state == "left"
    assert not t.tables.loans
    assert told(t) == ["vehicle_fetched"]


def test_the_door_closes_once_the_cabin_is_deserted() -> None:
    left = move(state="left", target=cabin(1))
    somebody = with_cabin(GONE, 1, on=CabinSensors.PERSON_DETECTED)
    assert not writes(run(left, seen=somebody, place=OUT))
    assert not writes(run(left, seen=with_cabin(GONE, 1, outer_door=DoorState.CLOSING), place=OUT))
    assert doors(run(left, seen=GONE, place=OUT)) == TO_CLOSE


def test_with_the_door_shut_on_an_empty_cabin_it_is_done() -> None:
    left = move(state="left", target=cabin(1))
    inside = with_cabin(EMPTIED, 1, on=CabinSensors.PERSON_DETECTED)
    assert run(left, seen=inside, place=OUT).tables.moves[5].state == "left"
    assert run(left, seen=EMPTIED, place=OUT).tables.moves[5].state == "done"


def test_nobody_comes_and_the_door_shuts_again() -> None:
    waiting = move(state="ready", target=cabin(1), since_at=AT)
    late = AT + timedelta(seconds=301)
    assert not writes(run(waiting, seen=OPEN)), "there is time to come"
    assert doors(run(waiting, seen=OPEN, now=late)) == TO_CLOSE
    inside = with_cabin(OPEN, 1, on=CabinSensors.PERSON_DETECTED)
    assert not writes(run(waiting, seen=inside, now=late))
    assert not writes(run(waiting, seen=with_cabin(OPEN, 1, outer_door=DoorState.CLOSING), now=late))
    shut = run(waiting, seen=HERE, now=late)
    assert (shut.tables.moves[5].state, shut.tables.moves[5].why) == ("cancelled", "nobody came for it")


def test_a_car_that_is_fetched_to_another_cabin_is_not_given_out_here() -> None:
    assert not writes(run(move(target=cabin(2))))
