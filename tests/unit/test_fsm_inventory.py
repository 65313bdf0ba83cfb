"""Which vehicle is where, by memory and by sensors (plc-if.md 6.2, invariants 4 and 11)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import (
    EMPTY_LOCKED,
    EMPTY_OPEN,
    HOME_BAY,
    MONO_S,
    OCCUPIED_LOCKED,
    OCCUPIED_OPEN,
    config,
    fork_out,
    inner_door_open,
    machine,
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
from tests.support.values import AT
from towerd.bays.model import BayBits
from towerd.faults import COMMAND_FAILED, INVENTORY_DISAGREES, PLACE_UNKNOWN
from towerd.fsm.inventory import FORK, ask_sensors, check_places, is_unknown, mark_unknown, settle_fork, vehicle_at
from towerd.fsm.state import BayRecord, State, Step, StepState
from towerd.fsm.turn import Turn
from towerd.places import CARRIAGE, OUT, UNKNOWN, Place, bay, cabin
from towerd.plc.codes import Args, Code
from towerd.plc.snapshot import Snapshot

LATE_S = config().unseen_s
GET, PUT = Code.FORK_GET, Code.FORK_PUT
TAKEN = with_load(with_bay(machine(), 2, 3, EMPTY_OPEN))
LEFT = with_bay(machine(), 2, 3, OCCUPIED_OPEN)
NEITHER = with_bay(machine(), 2, 3, EMPTY_OPEN)


def settling(code: Code = GET, args: Args = (2, 3, 0, 0)) -> Step:
    return step_row(state="settling", code=code, args=args)


def settled(
    picture: Snapshot | None, step: Step, place: Place = HOME_BAY, mono_s: float = MONO_S, **steps: Step
) -> Turn:
    tables = tables_of(vehicles=[vehicle(place=place)])
    tables = replace(tables, steps={FORK: step, **steps})
    turn = turn_of(state_of(picture, tables, written_mono_s={FORK: MONO_S}), mono_s)
    settle_fork(turn)
    return turn


def place_of(turn: Turn) -> Place:
    return turn.tables.vehicles["car-1"].place


# after a fork command


@pytest.mark.parametrize(
    ("picture", "code", "before", "after"),
    [
        (TAKEN, GET, HOME_BAY, CARRIAGE),
        (LEFT, GET, HOME_BAY, HOME_BAY),
        (LEFT, PUT, CARRIAGE, HOME_BAY),
        (TAKEN, PUT, CARRIAGE, CARRIAGE),
    ],
)
def test_the_sensors_say_where_it_is(picture: Snapshot, code: Code, before: Place, after: Place) -> None:
    turn = settled(picture, settling(code), before)
    assert place_of(turn) == after
    assert FORK not in turn.tables.steps
    assert turn.tables.faults == {}


def test_cabins_are_settled_the_same_way() -> None:
    put = inner_door_open(with_cabin_vehicle(machine()))
    assert place_of(settled(put, settling(PUT, (0, 1, 5, 0)), CARRIAGE)) == cabin(1)
    got = with_load(inner_door_open(machine()))
    assert place_of(settled(got, settling(GET, (0, 1, 5, 0)), cabin(1))) == CARRIAGE


def test_nothing_is_said_before_the_fork_is_in() -> None:
    turn = settled(fork_out(TAKEN), settling(), mono_s=MONO_S + 3600)
    assert (place_of(turn), turn.tables.steps[FORK].state) == (HOME_BAY, "settling")


def test_nor_without_a_picture_nor_while_the_carriage_works() -> None:
    assert settled(None, settling()).tables.steps[FORK] == settling()
    homing = step_row(state="running", code=Code.HOME)
    assert settled(TAKEN, settling(), CARRIAGE=homing).tables.steps[FORK] == settling()
    homed = replace(homing, state="done")
    assert place_of(settled(TAKEN, settling(), CARRIAGE=homed)) == CARRIAGE


def test_sensors_in_doubt_have_a_moment() -> None:
    turn = settled(NEITHER, settling(), mono_s=MONO_S + LATE_S - 0.01)
    assert turn.tables.steps[FORK] == settling()
    assert turn.tables.faults == {}
    later = turn_of(turn.state, MONO_S + LATE_S)
    later.set(snapshot=TAKEN)
    settle_fork(later)
    assert place_of(later) == CARRIAGE


def test_after_a_restart_the_moment_begins_anew_and_then_runs() -> None:
    tables = replace(tables_of(vehicles=[vehicle()]), steps={FORK: settling()})
    turn = turn_of(state_of(NEITHER, tables), MONO_S)
    settle_fork(turn)
    assert FORK in turn.tables.steps
    later = turn_of(turn.state, MONO_S + LATE_S)
    settle_fork(later)
    assert PLACE_UNKNOWN in later.tables.faults


@pytest.mark.parametrize("code", [GET, PUT])
@pytest.mark.parametrize("source", [HOME_BAY, CARRIAGE])
@pytest.mark.parametrize(
    "picture",
    [NEITHER, with_load(LEFT), with_bay(TAKEN, 2, 3, BayBits.OCCUPIED_A), with_load(NEITHER, present_front=False)],
)
def test_in_doubt_place_vehicle_and_carriage_are_unknown_and_a_technician_decides(
    code: Code, source: Place, picture: Snapshot
) -> None:
    turn = settled(picture, settling(code), source, MONO_S + LATE_S)
    assert PLACE_UNKNOWN in turn.tables.faults
    assert is_unknown(turn.tables, HOME_BAY)
    assert is_unknown(turn.tables, CARRIAGE)
    known = turn.tables.vehicles["car-1"]
    assert (known.place, known.condition) == (UNKNOWN, "unknown")
    assert told(turn).count("vehicle_unknown") == 1
    assert FORK not in turn.tables.steps


def test_a_vehicle_nobody_remembers_moves_no_row() -> None:
    turn = settled(TAKEN, settling(), OUT)
    assert place_of(turn) == OUT
    assert FORK not in turn.tables.steps


def test_without_a_fork_command_nothing_is_settled() -> None:
    turn = turn_of(state_of(TAKEN, tables_of(vehicles=[vehicle()])))
    settle_fork(turn)
    assert place_of(turn) == HOME_BAY


@pytest.mark.parametrize("state", ["done", "failed", "aborted", "lost"])
def test_the_sensors_are_asked_from_now_on(state: StepState) -> None:
    turn = turn_of(state_of(machine()), MONO_S + 5)
    ask_sensors(turn, step_row(state=state, code=GET))
    assert turn.tables.steps[FORK].state == "settling"
    assert turn.volatile.written_mono_s[FORK] == MONO_S + 5


# marks


def test_a_place_is_marked_once_and_keeps_its_first_reason() -> None:
    turn = turn_of(state_of(machine(), tables_of(vehicles=[vehicle()])))
    mark_unknown(turn, HOME_BAY, "first")
    mark_unknown(turn, HOME_BAY, "second")
    assert turn.tables.bays["bay:2-3"] == BayRecord(HOME_BAY, True, "first", since_at=AT)
    assert told(turn) == ["vehicle_unknown"]


def test_a_vehicle_that_came_to_a_place_in_doubt_is_in_doubt_too() -> None:
    doubtful = {"bay:2-3": BayRecord(HOME_BAY, True, "first")}
    turn = turn_of(state_of(machine(), tables_of(vehicles=[vehicle()], bays=doubtful)))
    mark_unknown(turn, HOME_BAY, "second")
    assert place_of(turn) == UNKNOWN
    assert turn.tables.bays == doubtful


def test_a_place_known_to_be_good_can_come_into_doubt() -> None:
    turn = turn_of(state_of(machine(), tables_of(bays={"bay:2-3": BayRecord(HOME_BAY)})))
    assert not is_unknown(turn.tables, HOME_BAY)
    mark_unknown(turn, HOME_BAY, "why")
    assert is_unknown(turn.tables, HOME_BAY)
    assert not is_unknown(turn.tables, bay(1, 1))
    assert told(turn) == []


def test_vehicles_are_found_by_place() -> None:
    tables = tables_of(vehicles=[vehicle(), vehicle("car-2", bay(1, 1), 12)])
    assert (vehicle_at(tables, bay(1, 1)) or vehicle()).id == "car-2"
    assert vehicle_at(tables, CARRIAGE) is None


# the whole tower


def checked(picture: Snapshot | None, *vehicles: Any, **tables: Any) -> Turn:
    turn = turn_of(state_of(picture, tables_of(vehicles=vehicles, **tables)))
    check_places(turn)
    return turn


def test_where_memory_and_sensors_agree_nothing_is_said() -> None:
    stored = with_bay(machine(), 2, 3, OCCUPIED_LOCKED)
    assert checked(stored, vehicle()).commands == []
    assert checked(with_load(machine()), vehicle(place=CARRIAGE)).commands == []
    assert checked(machine(), vehicle(place=OUT), vehicle("car-2", UNKNOWN, 12)).commands == []


@pytest.mark.parametrize("word", [EMPTY_LOCKED, EMPTY_LOCKED | BayBits.OCCUPIED_A, EMPTY_LOCKED | BayBits.OCCUPIED_B])
def test_a_vehicle_that_is_not_seen_is_unknown(word: int) -> None:
    turn = checked(with_bay(machine(), 2, 3, word), vehicle())
    assert place_of(turn) == UNKNOWN
    assert is_unknown(turn.tables, HOME_BAY)
    assert list(turn.tables.faults) == [INVENTORY_DISAGREES]


@pytest.mark.parametrize("word", [OCCUPIED_LOCKED, EMPTY_LOCKED | BayBits.OCCUPIED_A])
def test_what_has_no_record_is_unknown(word: int) -> None:
    turn = checked(with_bay(machine(), 3, 4, word))
    assert [record.place for record in turn.tables.bays.values()] == [bay(3, 4)]
    assert is_unknown(turn.tables, bay(3, 4))
    assert turn.tables.faults == {}


@pytest.mark.parametrize("load", [{}, {"present_front": False}])
def test_the_carriage_is_looked_at_too(load: dict[str, bool]) -> None:
    assert is_unknown(checked(with_load(machine(), **load)).tables, CARRIAGE)
    gone = checked(machine(), vehicle(place=CARRIAGE))
    assert place_of(gone) == UNKNOWN


def test_while_a_fork_command_is_in_doubt_or_nothing_is_seen_nobody_judges() -> None:
    turn = turn_of(state_of(machine(), replace(tables_of(vehicles=[vehicle()]), steps={FORK: settling()})))
    check_places(turn)
    assert turn.commands == []
    assert checked(None, vehicle()).commands == []


IN_VAIN = replace(settling(), result=3)
WHAT = "FORK_GET bay:2-3"


def settled_again(before: Turn, step: Step, picture: Snapshot) -> Turn:
    """The next fork command is settled, after what the one before has left."""
    tables = replace(before.tables, steps={FORK: step})
    volatile = replace(before.volatile, snapshot=picture, written_mono_s={FORK: MONO_S})
    turn = turn_of(State(tables, volatile), MONO_S + LATE_S)
    settle_fork(turn)
    return turn


def test_a_fork_that_is_done_in_vain_is_not_asked_for_ever() -> None:
    first = settled(LEFT, IN_VAIN, mono_s=MONO_S + LATE_S)
    assert (first.volatile.refusals, first.tables.faults) == ({WHAT: 1}, {})
    again = settled_again(first, IN_VAIN, LEFT)
    cause = f"{WHAT}: the PLC says done, the sensors say that nothing has moved, 2 times"
    assert again.tables.faults[COMMAND_FAILED].cause == cause
    assert again.volatile.refusals == {WHAT: 0}


def test_what_works_elsewhere_meanwhile_does_not_make_it_go_on_for_ever() -> None:
    first = settled(LEFT, IN_VAIN, mono_s=MONO_S + LATE_S)
    elsewhere = replace(settling(args=(1, 1, 0, 0)), result=3)
    second = settled_again(first, elsewhere, with_load(with_bay(machine(), 1, 1, EMPTY_OPEN)))
    again = settled_again(second, IN_VAIN, LEFT)
    assert COMMAND_FAILED in again.tables.faults


def test_sensors_that_are_read_a_moment_after_the_commands_end_are_waited_for() -> None:
    turn = settled(LEFT, IN_VAIN, mono_s=MONO_S + LATE_S - 0.01)
    assert turn.tables.steps[FORK] == IN_VAIN
    assert turn.volatile.refusals == {}
    turn.set(snapshot=TAKEN)
    settle_fork(turn)
    assert (place_of(turn), turn.volatile.refusals) == (CARRIAGE, {})


def test_a_fork_that_moved_something_starts_the_count_anew() -> None:
    t = settled_again(settled(LEFT, IN_VAIN, mono_s=MONO_S + LATE_S), IN_VAIN, TAKEN)
    assert t.volatile.refusals == {WHAT: 0}


def test_by_hand_nothing_is_counted() -> None:
    by_hand = replace(IN_VAIN, by="lin")
    t = settled_again(settled(LEFT, by_hand, mono_s=MONO_S + LATE_S), by_hand, LEFT)
    assert (t.volatile.refusals, t.tables.faults) == ({}, {})


def test_a_carriage_that_was_emptied_is_known_again_and_a_bay_is_not() -> None:
    doubted = {str(place): BayRecord(place, unknown=True) for place in (CARRIAGE, HOME_BAY)}
    t = turn_of(state_of(machine(), tables_of(bays=doubted)))
    check_places(t)
    assert (is_unknown(t.tables, CARRIAGE), is_unknown(t.tables, HOME_BAY)) == (False, True)
    t = turn_of(state_of(with_load(machine()), tables_of(bays=doubted)))
    check_places(t)
    assert is_unknown(t.tables, CARRIAGE)
