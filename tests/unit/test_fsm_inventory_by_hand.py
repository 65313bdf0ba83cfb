"""What people have said of a place, and what the sensors say against it (plc-if.md 5.11, 6.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import (
    CABIN_1,
    EMPTY_LOCKED,
    EMPTY_OPEN,
    HOME_BAY,
    MONO_S,
    OCCUPIED_LOCKED,
    OCCUPIED_OPEN,
    machine,
    order_in,
    state_of,
    step_row,
    tables_of,
    told,
    turn_of,
    vehicle,
    with_bay,
    with_cabin_vehicle,
    with_load,
)
from tests.support.moves_kit import move
from tests.support.values import AT
from towerd.bays.model import BayBits
from towerd.faults import INVENTORY_DISAGREES, PLACE_UNKNOWN
from towerd.fsm.inventory import (
    FORK,
    accept_reading,
    check_places,
    forget_unknown,
    is_disabled,
    is_unknown,
    note_all_orders,
    rest_condition,
    settle_fork,
)
from towerd.fsm.state import BayRecord, PlaceBefore
from towerd.fsm.turn import Turn
from towerd.jobs.transfer import content_of
from towerd.orders.model import Slot
from towerd.places import CARRIAGE, UNKNOWN, bay
from towerd.plc.codes import Args, Code
from towerd.plc.snapshot import Snapshot

OCCUPIED = with_bay(machine(), 2, 3, OCCUPIED_LOCKED)
KEY = str(HOME_BAY)
ACCEPTED = {KEY: BayRecord(HOME_BAY, reason="seen by a technician", accepted="occupied")}


def turn(seen: Snapshot | None, **rows: Any) -> Turn:
    return turn_of(state_of(seen, tables_of(**rows)))


def fork(seen: Snapshot, args: Args = (2, 3, 0, 0), by: str | None = None, age_s: float = 0.0, **rows: Any) -> Turn:
    """A FORK_GET from the home bay has ended, and the fork is in."""
    step = step_row(state="settling", code=Code.FORK_GET, args=args, by=by, result=3)
    tables = replace(tables_of(vehicles=[vehicle()], **rows), steps={FORK: step})
    made = turn_of(state_of(seen, tables, written_mono_s={FORK: MONO_S - age_s}))
    settle_fork(made)
    return made


# what is known of a place


@pytest.mark.parametrize(
    ("record", "unknown", "disabled"),
    [
        (None, False, False),
        (BayRecord(HOME_BAY, unknown=True), True, False),
        (BayRecord(HOME_BAY, disabled=True), False, True),
    ],
)
def test_a_bay_in_doubt_and_a_disabled_one_are_two_things(record: Any, unknown: bool, disabled: bool) -> None:
    tables = tables_of(bays={KEY: record} if record else {})
    assert (is_unknown(tables, HOME_BAY), is_disabled(tables, HOME_BAY)) == (unknown, disabled)


@pytest.mark.parametrize("disabled", [True, False])
def test_a_place_that_is_known_again_stays_disabled(disabled: bool) -> None:
    t = turn(machine(), bays={KEY: BayRecord(HOME_BAY, True, "why", disabled=disabled)})
    forget_unknown(t, HOME_BAY)
    assert t.tables.bays == ({KEY: BayRecord(HOME_BAY, reason="why", disabled=True)} if disabled else {})


def test_of_a_place_nobody_doubted_there_is_nothing_to_forget() -> None:
    t = turn(machine())
    forget_unknown(t, HOME_BAY)
    assert t.tables.bays == {}


@pytest.mark.parametrize(("order", "condition"), [("accepted", "reserved"), ("completed", "available")])
def test_a_vehicle_at_rest_is_its_open_orders_or_anybodys(order: str, condition: str) -> None:
    t = turn_of(state_of(machine(), tables_of(vehicles=[vehicle()], orders=[order_in(order)])))
    assert rest_condition(t, "car-1") == condition


def test_a_car_that_is_to_be_looked_at_is_so_wherever_it_is_found() -> None:
    car = vehicle(condition="unknown", rests_as="inspection")
    assert rest_condition(turn_of(state_of(machine(), tables_of(vehicles=[car]))), "car-1") == "inspection"
    assert rest_condition(turn_of(state_of(machine(), tables_of(vehicles=[vehicle()]))), "car-1") == "available"
    assert rest_condition(turn_of(state_of(machine())), "car-9") == "available"


def test_a_vehicle_is_its_next_orders_once_no_drive_could_end_before() -> None:
    # half an hour for a customer to come, three days, two hours to look at it
    for hours, condition in ((74.4, "reserved"), (74.5, "available")):
        slot = Slot(AT + timedelta(hours=hours), AT + timedelta(hours=hours + 1))
        for kind in ("test_drive", "collect"):
            rows = tables_of(vehicles=[vehicle()], orders=[order_in("accepted", kind=kind, cabin=None, slot=slot)])
            assert rest_condition(turn_of(state_of(machine(), rows)), "car-1") == condition
    announced = order_in("accepted", kind="stock_in", slot=Slot(AT + timedelta(days=9), AT + timedelta(days=10)))
    rows = tables_of(vehicles=[vehicle()], orders=[announced])
    assert rest_condition(turn_of(state_of(machine(), rows)), "car-1") == "reserved"


def test_that_time_comes_by_itself() -> None:
    slot = Slot(AT + timedelta(days=9), AT + timedelta(days=10))
    rows = tables_of(
        vehicles=[vehicle(), vehicle("car-2", bay(1, 1), 12, condition="moving")],
        orders=[
            order_in("accepted", cabin=None, slot=slot),
            order_in("accepted", "ord-2", vehicle="car-2"),
            order_in("completed", "ord-3", vehicle="car-1"),
            order_in("accepted", "ord-4", vehicle="car-9"),
        ],
    )
    for days, condition in ((5, "available"), (6, "reserved")):
        t = turn_of(state_of(machine(), rows), at=AT + timedelta(days=days))
        note_all_orders(t)
        assert [one.condition for one in t.tables.vehicles.values()] == [condition, "moving"]
        before = t.tables
        note_all_orders(t)
        assert t.tables is before


def test_the_sensors_of_every_kind_of_place_speak_one_language() -> None:
    assert [content_of(OCCUPIED, HOME_BAY), content_of(machine(), HOME_BAY)] == ["occupied", "empty"]
    assert [content_of(with_load(machine()), CARRIAGE), content_of(machine(), CARRIAGE)] == ["occupied", "empty"]
    assert content_of(with_load(machine(), present_front=False), CARRIAGE) == "disagree"
    assert content_of(with_cabin_vehicle(machine()), CABIN_1) == "occupied"


@pytest.mark.parametrize(
    ("seen", "occupied", "accepted"),
    [(OCCUPIED, False, "occupied"), (OCCUPIED, True, None), (machine(), True, "empty"), (None, True, None)],
)
def test_a_word_is_kept_only_where_it_stands_against_the_sensors(seen: Any, occupied: bool, accepted: Any) -> None:
    t = turn(seen)
    accept_reading(t, HOME_BAY, occupied=occupied)
    record = t.tables.bays.get(KEY)
    assert (record.accepted if record else None) == accepted


@pytest.mark.parametrize(
    ("word", "kept"), [(OCCUPIED_LOCKED, True), (EMPTY_LOCKED, False), (EMPTY_LOCKED | BayBits.OCCUPIED_A, False)]
)
def test_a_word_counts_as_long_as_the_sensors_show_just_that(word: int, kept: bool) -> None:
    t = turn(with_bay(machine(), 2, 3, word), bays=ACCEPTED)
    check_places(t)
    assert (t.tables.bays.get(KEY) == ACCEPTED[KEY]) is kept
    assert is_unknown(t.tables, HOME_BAY) is (word not in (OCCUPIED_LOCKED, EMPTY_LOCKED))


# fork commands by hand


@pytest.mark.parametrize(
    ("word", "place"), [(EMPTY_OPEN, CARRIAGE), (OCCUPIED_OPEN, HOME_BAY)], ids=["it has moved", "it has not"]
)
def test_a_fork_command_by_hand_is_told_with_what_came_of_it(word: int, place: Any) -> None:
    seen = with_bay(with_load(machine()) if place == CARRIAGE else machine(), 2, 3, word)
    t = fork(seen, by="lin", age_s=1.0)
    assert t.tables.vehicles["car-1"].place == place
    assert told(t) == ["manual_intervention"]


def test_a_fork_command_by_hand_in_doubt_is_told_and_leaves_the_place_unknown() -> None:
    t = fork(with_bay(machine(), 2, 3, EMPTY_OPEN), by="lin", age_s=60.0)
    assert "manual_intervention" in told(t)
    assert PLACE_UNKNOWN in t.tables.faults
    assert t.tables.vehicles["car-1"].place == UNKNOWN


@pytest.mark.parametrize(("by", "noted"), [(None, True), ("lin", False)])
def test_a_move_of_a_job_is_no_change_by_hand(by: str | None, noted: bool) -> None:
    before = {
        KEY: PlaceBefore(HOME_BAY, "car-1", "occupied"),
        str(CARRIAGE): PlaceBefore(CARRIAGE, None, "empty"),
    }
    t = fork(with_load(with_bay(machine(), 2, 3, EMPTY_OPEN)), by=by, before=before)
    assert t.tables.vehicles["car-1"].place == CARRIAGE
    assert (t.tables.before[str(CARRIAGE)].vehicle == "car-1") is noted


def test_a_sensor_that_was_left_out_goes_on_showing_what_it_shows() -> None:
    t = fork(with_load(with_bay(machine(), 2, 3, BayBits.OCCUPIED_B)), args=(2, 3, 0, 2), by="lin")
    assert t.tables.vehicles["car-1"].place == CARRIAGE
    assert t.tables.bays == {KEY: BayRecord(HOME_BAY, reason="seen by a technician", accepted="disagree")}


# cabins


@pytest.mark.parametrize(("rows", "unknown"), [({}, True), ({"state": "ready"}, False), ({"state": "asked"}, True)])
def test_a_car_leaves_a_cabin_by_its_hand_over_or_by_a_fetch_only(rows: Any, unknown: bool) -> None:
    moves = {5: move("fetch", source=CABIN_1, target=CABIN_1, **rows)} if rows else {}
    t = turn(machine(), vehicles=[vehicle(place=CABIN_1)], moves=moves)
    check_places(t)
    assert (INVENTORY_DISAGREES in t.tables.faults) is unknown
    assert (t.tables.vehicles["car-1"].place == UNKNOWN) is unknown


def test_a_car_that_is_handed_over_may_leave() -> None:
    t = turn(machine(), vehicles=[vehicle(place=CABIN_1)], orders=[order_in("ready")])
    check_places(t)
    assert t.tables.vehicles["car-1"].place == CABIN_1
