"""What people leave undone at a cabin is counted, and paged after a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    BOTH_IN_CABIN,
    CABIN_1,
    MONO_S,
    fork_out,
    inner_door_open,
    job,
    later,
    machine,
    order_in,
    state_of,
    step_row,
    tables_of,
    turn_of,
    vehicle,
    with_cabin,
)
from tests.support.values import AT
from towerd.cabin.model import CabinSensors, DoorState
from towerd.faults import CABIN_UNATTENDED
from towerd.fsm.intake_row import Owing
from towerd.fsm.owing import note_owed, pleas, unconfirmed
from towerd.fsm.state import Fault, IdentityDecision, Move, Step
from towerd.fsm.turn import Turn
from towerd.places import bay
from towerd.plc.snapshot import Capability, Snapshot

BUTTON = Owing(1, "button", AT)
FAULT = {CABIN_UNATTENDED: Fault(CABIN_UNATTENDED, AT, "")}
CONFIRMED = CabinSensors.CLEAR_CONFIRMED


def turn(seen: Snapshot | None = None, later_s: float = 0.0, **rows: Any) -> Turn:
    return turn_of(state_of(seen or machine(), tables_of(**rows)), MONO_S + later_s)


def test_it_is_counted_until_it_is_over() -> None:
    t = turn()
    assert note_owed(t, 1, "button") == 0.0
    assert t.tables.owing == {1: Owing(1, "button", t.now)}
    before = t.tables
    assert note_owed(t, 1, "button") == 0.0
    assert t.tables is before
    t = turn(later_s=40, owing={1: BUTTON})
    assert note_owed(t, 1, None) == 40.0
    assert not t.tables.owing
    assert t.tables.meta.button_lost_s == 40.0


def test_only_the_button_costs_time() -> None:
    t = turn(later_s=40, owing={1: replace(BUTTON, what="answer")})
    assert note_owed(t, 1, "button") == 0.0
    assert t.tables.owing[1] == Owing(1, "button", t.now)
    assert t.tables.meta.button_lost_s == 0.0


def test_people_are_paged_once_until_it_is_done() -> None:
    page_s = turn().config.intake.page_s
    t = turn(later_s=page_s - 1, owing={1: BUTTON})
    note_owed(t, 1, "button")
    assert not t.tables.faults
    t = turn(later_s=page_s, owing={1: BUTTON})
    note_owed(t, 1, "button")
    assert t.tables.owing[1].paged
    assert t.tables.faults[CABIN_UNATTENDED].cause.startswith("Please look into cabin 1")
    commands = len(t.commands)
    note_owed(t, 1, "button")
    assert len(t.commands) == commands
    note_owed(t, 1, None)
    assert not t.tables.faults


def test_the_page_of_one_cabin_stands_while_another_owes() -> None:
    paged = replace(BUTTON, paged=True)
    t = turn(owing={1: paged, 2: replace(paged, cabin=2)}, faults=FAULT)
    note_owed(t, 1, None)
    assert t.tables.faults == FAULT
    note_owed(t, 2, None)
    assert not t.tables.faults


def test_who_comes_is_asked_about_every_cabin() -> None:
    rows = {2: replace(BUTTON, cabin=2), 1: replace(BUTTON, what="answer")}
    first, second = pleas(tables_of(owing=rows))
    assert "cabin 1" in first
    assert "cabin 2" in second


# cabins that nobody drives into


LEFT = with_cabin(machine(), 1, on=BOTH_IN_CABIN, off=CONFIRMED)
CAR = {"vehicles": [vehicle(place=CABIN_1)]}
FETCH = Move(1, "fetch", "car-1", bay(2, 3), CABIN_1, "lin", AT)


@pytest.mark.parametrize(
    ("seen", "rows", "owed"),
    [
        (LEFT, CAR, "button"),
        (with_cabin(LEFT, 1, on=CONFIRMED), CAR, None),
        (with_cabin(LEFT, 1, on=CabinSensors.PERSON_DETECTED), CAR, None),
        (with_cabin(LEFT, 1, outer_door=DoorState.OPEN), CAR, None),
        (LEFT, {}, None),
        (LEFT, {**CAR, "orders": [order_in("identified")]}, None),
        (LEFT, {**CAR, "orders": [order_in("staged", arrived_at=AT)]}, "button"),
        (LEFT, {**CAR, "moves": {1: FETCH}}, None),
    ],
    ids=["forgotten", "confirmed", "person", "open", "nobody's", "a customer's", "gone again", "a technician's"],
)
def test_a_car_that_is_to_be_put_back(seen: Snapshot, rows: dict[str, Any], owed: str | None) -> None:
    assert unconfirmed(turn(seen, **rows), seen.cabin(1)) == owed


OPEN = with_cabin(machine(), 1, outer_door=DoorState.OPEN)
SOMEBODY = with_cabin(OPEN, 1, on=CabinSensors.PERSON_DETECTED)
SEEN_OFF = order_in("handed_over", since_at=AT)
GONE = replace(FETCH, state="left", since_at=AT)


@pytest.mark.parametrize(
    ("seen", "rows", "owed"),
    [
        (SOMEBODY, {"orders": [SEEN_OFF]}, "doorway"),
        (with_cabin(OPEN, 1, on=BOTH_IN_CABIN), {"orders": [SEEN_OFF]}, "doorway"),
        (OPEN, {"orders": [SEEN_OFF]}, None),
        (SOMEBODY, {"orders": [order_in("handed_over", since_at=AT + timedelta(seconds=1))]}, None),
        (SOMEBODY, {"orders": [replace(SEEN_OFF, cabin=2)]}, None),
        (SOMEBODY, {"moves": {1: GONE}}, "doorway"),
        (SOMEBODY, {"moves": {1: replace(GONE, state="ready")}}, None),
        (with_cabin(SOMEBODY, 1, on=BOTH_IN_CABIN), {**CAR, "orders": [order_in("ready", since_at=AT)]}, "doorway"),
        (with_cabin(OPEN, 1, on=BOTH_IN_CABIN), {**CAR, "orders": [order_in("ready", since_at=AT)]}, None),
    ],
)
def test_a_door_that_cannot_close_is_somebodys_to_free(seen: Snapshot, rows: dict[str, Any], owed: str | None) -> None:
    t = turn(seen, **rows)
    t = later(t, MONO_S + 30)
    assert unconfirmed(t, seen.cabin(1)) == owed


def test_who_is_known_to_be_there_may_take_the_time_to_board() -> None:
    seen = with_cabin(SOMEBODY, 1, on=BOTH_IN_CABIN)
    t = turn(seen, **CAR, orders=[order_in("ready", since_at=AT - timedelta(hours=1))])
    t.set(decisions={"ord-1": IdentityDecision("ord-1", "code", MONO_S, "not_checked", None)})
    assert unconfirmed(t, seen.cabin(1)) is None


FORK_IN = fork_out(inner_door_open(with_cabin(machine(), 1, off=CONFIRMED)))


@pytest.mark.parametrize(
    ("seen", "steps", "owed"),
    [
        (FORK_IN, [], "button"),
        (FORK_IN, [step_row(state="running")], None),
        (with_cabin(FORK_IN, 1, on=CONFIRMED), [], None),
        (with_cabin(FORK_IN, 1, inner_door=DoorState.CLOSED), [], None),
    ],
    ids=["stands", "at work", "confirmed", "elsewhere"],
)
def test_a_cabin_that_the_fork_stands_in(seen: Snapshot, steps: list[Step], owed: str | None) -> None:
    assert unconfirmed(turn(seen, steps=steps), seen.cabin(1)) == owed


def unrated() -> Snapshot:
    seen = with_cabin(machine(), 1, off=CONFIRMED)
    capabilities = seen.identity.capabilities & ~Capability.RATED_PERSON_DETECTION
    return replace(seen, identity=replace(seen.identity, capabilities=capabilities))


@pytest.mark.parametrize(
    ("rows", "owed"),
    [
        ({"orders": [order_in("delivering")]}, "button"),
        ({"jobs": [job()]}, "button"),
        ({"jobs": [job(state="done", ended_at=AT + timedelta(seconds=1))]}, None),
        ({"orders": [order_in("completed")]}, None),
        ({}, None),
    ],
)
def test_an_empty_cabin_that_a_car_is_to_come_into(rows: dict[str, Any], owed: str | None) -> None:
    seen = unrated()
    assert unconfirmed(turn(seen, **rows), seen.cabin(1)) == owed
    rated = replace(seen, identity=replace(seen.identity, capabilities=Capability.RATED_PERSON_DETECTION))
    assert unconfirmed(turn(rated, **rows), rated.cabin(1)) is None
    t = turn_of(state_of(None, tables_of(**rows)))
    assert unconfirmed(t, seen.cabin(1)) is None
