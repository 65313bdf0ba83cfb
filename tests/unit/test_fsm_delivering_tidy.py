"""What is open without anybody's need closes, and a car that left by half a door is with its customer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    CABIN_1,
    EMPTY_OPEN,
    HOME_BAY,
    fork_out,
    inner_door_open,
    job,
    machine,
    order_in,
    step_row,
    told,
    vehicle,
    with_bay,
    with_cabin,
    with_system,
)
from tests.support.delivering_kit import OPEN, codes, known, turn
from tests.support.values import AT
from towerd.cabin.model import CabinSensors, DoorState
from towerd.fsm.delivering import run_cabins, run_job
from towerd.fsm.state import Move, Step, TagReading
from towerd.lift.registers import HomeAxis
from towerd.places import CARRIAGE, OUT, Place
from towerd.plc.codes import Code
from towerd.plc.snapshot import Interlock, PackmlState, Snapshot, Unit

OPENING = step_row(Unit.CABIN1, "failed", Code.OUTER_DOOR, (1, 5, 0, 0), error=2)


def untidy(picture: Snapshot, bit: Interlock) -> Snapshot:
    return with_system(picture, interlocks=picture.system.interlocks | bit)


@pytest.mark.parametrize(
    ("seen", "want"),
    [
        (untidy(inner_door_open(machine()), Interlock.INNER_DOOR1_NOT_CLOSED), (Unit.CABIN1, Code.INNER_DOOR, 0)),
        (untidy(inner_door_open(machine(), 2), Interlock.INNER_DOOR2_NOT_CLOSED), (Unit.CABIN2, Code.INNER_DOOR, 0)),
        (untidy(with_bay(machine(), 2, 3, EMPTY_OPEN), Interlock.BAYS_NOT_LOCKED), (Unit.BAYS, Code.BAY_LOCK, 2)),
        (fork_out(machine()), (Unit.CARRIAGE, Code.HOME, HomeAxis.FORK)),
    ],
)
def test_without_a_job_nothing_stays_open_towards_the_shaft(seen: Snapshot, want: tuple[Unit, int, int]) -> None:
    t = turn(seen)
    run_job(t)
    assert codes(t) == [want]


def test_what_cannot_be_closed_now_is_told() -> None:
    blocked = with_cabin(inner_door_open(machine()), 1, off=CabinSensors.DOORWAY_CLEAR)
    t = turn(untidy(blocked, Interlock.INNER_DOOR1_NOT_CLOSED))
    run_job(t)
    assert (codes(t), t.volatile.doing) == ([], "doorway1_blocked")


@pytest.mark.parametrize(
    "seen",
    [
        machine(),
        untidy(machine(), Interlock.BAYS_NOT_LOCKED),
        with_system(
            untidy(inner_door_open(machine()), Interlock.INNER_DOOR1_NOT_CLOSED), packml_state=PackmlState.HELD
        ),
    ],
)
def test_nothing_is_closed_that_is_closed_nor_while_nothing_may_move(seen: Snapshot) -> None:
    t = turn(seen)
    run_job(t)
    assert not t.commands


@pytest.mark.parametrize(
    ("state", "place", "closes"),
    [
        ("delivering", HOME_BAY, True),
        ("delivering", CARRIAGE, True),
        ("staged", CABIN_1, False),
        ("ready", CABIN_1, False),
    ],
)
def test_a_door_that_is_open_before_its_order_needs_it_closes(state: str, place: Place, closes: bool) -> None:
    empty = with_cabin(machine(), 1, outer_door=DoorState.OPEN)
    seen = OPEN if place == CABIN_1 else empty
    someone = with_cabin(seen, 1, on=CabinSensors.PERSON_DETECTED)
    for picture, wanted in ((seen, closes), (someone, False)):
        t = turn(picture, place=place, orders=[order_in(state)], steps=[replace(OPENING, code=Code.SIGNAL)])
        run_cabins(t)
        assert ((Unit.CABIN1, Code.OUTER_DOOR, 0) in codes(t)) is wanted or place == CABIN_1


GONE = with_cabin(machine(), 1, outer_door=DoorState.BLOCKED)


@pytest.mark.parametrize("opening", [OPENING, replace(OPENING, state="lost", boot_id=1)], ids=["done", "PLC restarted"])
@pytest.mark.parametrize("state", ["identified", "delivering", "staged"])
def test_a_car_that_left_through_a_door_opened_for_its_customer_is_with_them(state: str, opening: Step) -> None:
    t = turn(GONE, place=CABIN_1, orders=[order_in(state)], steps=[opening])
    run_cabins(t)
    assert t.tables.orders["ord-1"].state == "handed_over"
    assert t.tables.loans["ord-1"].vehicle == "car-1"
    assert t.tables.vehicles["car-1"].place == OUT
    assert "order_ready" in told(t)


@pytest.mark.parametrize(
    ("seen", "steps", "rows"),
    [
        (with_cabin(GONE, 1, outer_door=DoorState.CLOSED), [OPENING], {}),
        (GONE, [replace(OPENING, args=(0, 0, 0, 0))], {}),
        (GONE, [replace(OPENING, by="ada")], {}),
        (GONE, [replace(OPENING, state="rejected")], {}),
        (GONE, [replace(OPENING, state="lost")], {}),
        (GONE, [replace(OPENING, code=Code.INNER_DOOR)], {}),
        (GONE, [], {}),
        (GONE, [OPENING], {"place": HOME_BAY}),
    ],
)
def test_any_other_way_a_car_leaves_a_cabin_hands_nothing_over(
    seen: Snapshot, steps: list[Step], rows: dict[str, Any]
) -> None:
    t = turn(seen, **{"place": CABIN_1, "orders": [order_in("staged")], "steps": steps, **rows})
    run_cabins(t)
    assert t.tables.orders["ord-1"].state == "staged"
    assert not t.tables.loans


def test_the_car_of_the_order_is_known_by_the_books() -> None:
    t = turn(GONE, vehicles=[vehicle("car-2", CABIN_1, 4712)], orders=[order_in("staged")], steps=[OPENING])
    run_cabins(t)
    assert not t.tables.loans


def test_a_door_that_shows_open_before_its_command_shows_done_asks_nobody_again() -> None:
    # doors and mailboxes come in two reads, and the epoch moves with the door
    half = with_cabin(OPEN, 1, occupancy_epoch=6)
    rows = {"place": CABIN_1, "orders": [order_in("staged")], "decisions": known()}
    reading = {"ord-1": TagReading(1, 4711, 5)}
    t = turn(half, **rows, steps=[replace(OPENING, state="running", error=None)], readings=reading)
    run_cabins(t)
    assert (t.volatile.decisions, told(t)) == (known(), [])
    t = turn(half, **rows, steps=[replace(OPENING, state="done", error=None)], readings=reading)
    run_cabins(t)
    assert t.tables.orders["ord-1"].state == "ready"
    assert t.volatile.decisions == known()


def test_a_technicians_fetch_sees_to_its_own_door() -> None:
    empty = with_cabin(machine(), 1, outer_door=DoorState.OPEN)
    fetch = Move(1, "fetch", "car-1", CABIN_1, CABIN_1, "ada", AT, "ready")
    t = turn(empty, place=CABIN_1, moves={1: fetch})
    run_cabins(t)
    assert (Unit.CABIN1, Code.OUTER_DOOR, 0) not in codes(t)


def test_a_job_gives_way_to_another_car_that_is_found_on_the_carriage() -> None:
    other = vehicle("car-2", CARRIAGE, 4712)
    t = turn(machine(), vehicles=[vehicle(), other], jobs=[job()], orders=[order_in("delivering")])
    run_job(t)
    assert (t.tables.jobs[1].state, t.volatile.doing) == ("cancelled", "car-2 is carriage")
    assert codes(t) == []
