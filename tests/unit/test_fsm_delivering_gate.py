"""A door that was opened for one customer stays open for nobody else, and a reading of a tag counts where it was made
(invariant 7).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.core_kit import CABIN_1, machine, order_in, told, with_cabin, writes
from tests.support.delivering_kit import ARRIVED, OPEN, codes, known, turn
from towerd.cabin.model import CabinSensors, DoorState, Signal
from towerd.fsm.delivering import run_cabins
from towerd.fsm.state import TagReading
from towerd.plc.codes import Code
from towerd.plc.snapshot import Snapshot, Unit

READY = with_cabin(OPEN, 1, signal=int(Signal.DRIVE_FORWARD))


def test_while_the_car_stands_in_the_open_cabin_nothing_happens() -> None:
    t = turn(READY, place=CABIN_1, orders=[order_in("ready")], decisions=known(299.0))
    run_cabins(t)
    assert not t.commands


@pytest.mark.parametrize("decisions", [{}, known(300.0)], ids=["restarted", "aged out"])
def test_a_car_that_nobody_takes_does_not_stay_behind_an_open_door(decisions: Any) -> None:
    t = turn(READY, place=CABIN_1, orders=[order_in("ready")], decisions=decisions)
    run_cabins(t)
    assert codes(t) == [(Unit.CABIN1, Code.OUTER_DOOR, 0)]
    assert t.tables.orders["ord-1"].state == "ready", "the car may still leave until the door is closed"


@pytest.mark.parametrize(
    ("on", "off", "door"),
    [
        (CabinSensors.PERSON_DETECTED, CabinSensors(0), DoorState.OPEN),
        (CabinSensors.MOTION_DETECTED, CabinSensors(0), DoorState.OPEN),
        (CabinSensors(0), CabinSensors.LIGHT_CURTAIN_CLEAR, DoorState.OPEN),
        (CabinSensors(0), CabinSensors(0), DoorState.CLOSING),
    ],
)
def test_the_door_is_never_closed_on_somebody(on: CabinSensors, off: CabinSensors, door: DoorState) -> None:
    t = turn(with_cabin(READY, 1, on=on, off=off, outer_door=door), place=CABIN_1, orders=[order_in("ready")])
    run_cabins(t)
    assert not codes(t)
    if door is DoorState.OPEN:
        assert "identify again" in t.volatile.doing


@pytest.mark.parametrize("decisions", [{}, known()], ids=["unknown", "identified while it closed"])
def test_a_car_behind_the_closed_door_waits_for_its_customer_again(decisions: Any) -> None:
    t = turn(ARRIVED, place=CABIN_1, orders=[order_in("ready")], decisions=decisions)
    run_cabins(t)
    assert t.tables.orders["ord-1"].state == "staged"
    assert told(t) == ["order_staged"]
    run_cabins(t)
    assert codes(t) == ([(Unit.CABIN1, Code.OUTER_DOOR, 1)] if decisions else [])


def test_a_door_that_shows_a_fault_is_asked_again() -> None:
    t = turn(
        with_cabin(ARRIVED, 1, outer_door=DoorState.FAULT),
        place=CABIN_1,
        orders=[order_in("staged")],
        decisions=known(),
        readings={"ord-1": TagReading(1, 4711, 5)},
    )
    run_cabins(t)
    assert codes(t) == [(Unit.CABIN1, Code.OUTER_DOOR, 1)]


def test_a_reading_counts_for_the_occupancy_that_it_was_made_in() -> None:
    t = turn(ARRIVED, place=CABIN_1, orders=[order_in("staged")])
    run_cabins(t)
    assert t.volatile.readings == {"ord-1": TagReading(1, 4711, 5)}
    assert t.volatile.doing == "the customer is not identified"
    t.set(decisions=known(), snapshot=with_cabin(ARRIVED, 1, occupancy_epoch=6))
    run_cabins(t)
    assert not codes(t), "whoever was identified was so for what stood there before"
    assert t.volatile.doing == "the cabin was entered or left since the tag was read"
    assert not t.volatile.decisions
    assert told(t) == ["cabin_changed"]
    t.set(decisions=known())
    run_cabins(t)
    assert t.volatile.readings == {"ord-1": TagReading(1, 4711, 6)}
    assert writes(t)[-1].args == (1, 6, 0, 0)


@pytest.mark.parametrize("changes", [{"inner_door": DoorState.OPEN}, {"tag": 0}, {"tag": 4712}])
def test_nothing_is_read_through_an_open_inner_door_or_of_another_car(changes: dict[str, Any]) -> None:
    t = turn(with_cabin(ARRIVED, 1, **changes), place=CABIN_1, orders=[order_in("staged")], decisions=known())
    run_cabins(t)
    assert not t.volatile.readings
    assert not codes(t)


@pytest.mark.parametrize(
    ("seen", "closes"),
    [
        (OPEN, True),
        (with_cabin(machine(), 1, outer_door=DoorState.BLOCKED), True),
        (with_cabin(machine(), 1, outer_door=DoorState.FAULT), True),
        (with_cabin(OPEN, 1, on=CabinSensors.PERSON_DETECTED), False),
        (with_cabin(OPEN, 1, outer_door=DoorState.OPENING), False),
        (ARRIVED, False),
    ],
)
def test_no_door_stays_open_for_nobody(seen: Snapshot, closes: bool) -> None:
    t = turn(seen, orders=[order_in("failed")])
    run_cabins(t)
    assert codes(t) == ([(Unit.CABIN1, Code.OUTER_DOOR, 0)] if closes else [])
