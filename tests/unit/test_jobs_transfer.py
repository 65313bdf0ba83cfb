"""What comes next for a vehicle, situation by situation (plc-if.md 5). The property test covers their combinations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.core_kit import (
    CLEAR,
    EMPTY_LOCKED,
    EMPTY_OPEN,
    OCCUPIED_LOCKED,
    OCCUPIED_OPEN,
    TAG,
    between_stations,
    fork_out,
    inner_door_open,
    machine,
    standing_at,
    unhomed,
    with_axis,
    with_bay,
    with_cabin,
    with_cabin_vehicle,
    with_load,
    with_safety,
)
from towerd.bays.model import BayBits
from towerd.cabin.model import CabinSensors, DoorState, Gauge
from towerd.faults import WRONG_VEHICLE
from towerd.jobs.model import Act, Arrived, Halt, Next, Wait
from towerd.jobs.transfer import (
    HOMING_S,
    Transfer,
    bring_fork_in,
    close_up,
    content_of,
    minimum_s,
    next_action,
    stands_at,
)
from towerd.lift.kinematics import Kinematics
from towerd.lift.model import Load, PlcOpenState
from towerd.places import CARRIAGE, Place, bay, cabin
from towerd.plc.codes import Code
from towerd.plc.snapshot import Capability, Safety, Snapshot, Unit

KINEMATICS = Kinematics(positions=4)
BAY, CABIN = bay(2, 3), cabin(1)
CLEAR_CONFIRMED = CabinSensors.CLEAR_CONFIRMED


def following(picture: Snapshot, place: Place, target: Place, tag: int = TAG) -> Next:
    return next_action(picture, Transfer(tag, place, target), KINEMATICS)


def act(picture: Snapshot, place: Place, target: Place) -> tuple[Unit, int, tuple[int, int, int, int]]:
    answer = following(picture, place, target)
    assert isinstance(answer, Act), answer
    return answer.unit, answer.command.code, answer.command.args


def why(picture: Snapshot, place: Place, target: Place) -> str:
    answer = following(picture, place, target)
    assert isinstance(answer, Wait), answer
    return answer.why


def stored() -> Snapshot:
    """The vehicle in its bay, the carriage at cabin 1."""
    return with_bay(machine(), 2, 3, OCCUPIED_LOCKED)


def at_bay(word: int = OCCUPIED_LOCKED) -> Snapshot:
    return with_bay(standing_at(machine(), BAY), 2, 3, word)


def at_cabin() -> Snapshot:
    """The vehicle on the carriage, at cabin 1 whose inner door is open."""
    return inner_door_open(with_load(machine()))


def test_a_whole_retrieval_command_by_command() -> None:
    assert act(stored(), BAY, CABIN) == (Unit.CARRIAGE, Code.LIFT_TO, (2, 3, 0, 0))
    assert act(at_bay(), BAY, CABIN) == (Unit.BAYS, Code.BAY_UNLOCK, (2, 3, 0, 0))
    assert act(at_bay(OCCUPIED_OPEN), BAY, CABIN) == (Unit.CARRIAGE, Code.FORK_GET, (2, 3, 0, 0))
    taken = with_load(at_bay(EMPTY_OPEN))
    assert act(taken, CARRIAGE, CABIN) == (Unit.BAYS, Code.BAY_LOCK, (2, 3, 0, 0))
    locked = with_load(at_bay(EMPTY_LOCKED))
    assert act(locked, CARRIAGE, CABIN) == (Unit.CARRIAGE, Code.LIFT_TO, (0, 1, 0, 0))
    there = with_load(machine())
    assert act(there, CARRIAGE, CABIN) == (Unit.CABIN1, Code.INNER_DOOR, (1, 5, 0, 0))
    assert act(at_cabin(), CARRIAGE, CABIN) == (Unit.CARRIAGE, Code.FORK_PUT, (0, 1, 5, 0))
    put = with_cabin_vehicle(inner_door_open(machine()))
    assert act(put, CABIN, CABIN) == (Unit.CABIN1, Code.INNER_DOOR, (0, 0, 0, 0))
    assert following(with_cabin_vehicle(machine()), CABIN, CABIN) == Arrived()


def test_a_vehicle_goes_back_the_same_way() -> None:
    waiting = with_cabin_vehicle(machine())
    assert act(waiting, CABIN, BAY) == (Unit.CABIN1, Code.INNER_DOOR, (1, 5, 0, 0))
    assert act(inner_door_open(waiting), CABIN, BAY) == (Unit.CARRIAGE, Code.FORK_GET, (0, 1, 5, 0))
    assert act(with_load(at_bay(EMPTY_OPEN)), CARRIAGE, BAY) == (Unit.CARRIAGE, Code.FORK_PUT, (2, 3, 0, 0))


def test_whatever_was_left_open_elsewhere_is_closed_first() -> None:
    assert act(with_bay(stored(), 3, 4, EMPTY_OPEN), BAY, CABIN) == (Unit.BAYS, Code.BAY_LOCK, (3, 4, 0, 0))
    assert act(inner_door_open(stored(), 2), BAY, CABIN) == (Unit.CABIN2, Code.INNER_DOOR, (0, 0, 0, 0))


def test_the_station_is_closed_up_too_while_the_carriage_is_not_there() -> None:
    away = between_stations(with_bay(stored(), 2, 3, OCCUPIED_OPEN))
    assert act(away, BAY, CABIN) == (Unit.BAYS, Code.BAY_LOCK, (2, 3, 0, 0))


@pytest.mark.parametrize("bit", [BayBits.FAULT, BayBits.OVERHANG])
def test_a_faulty_bay_that_is_empty_and_open_is_locked_before_the_lift_moves(bit: BayBits) -> None:
    # the PLC leaves out only bays that are disabled and empty
    assert act(with_bay(stored(), 3, 4, bit), BAY, CABIN) == (Unit.BAYS, Code.BAY_LOCK, (3, 4, 0, 0))


def test_a_disabled_bay_is_left_out_only_when_empty() -> None:
    assert act(with_bay(stored(), 3, 4, BayBits.DISABLED), BAY, CABIN)[1] == Code.LIFT_TO
    occupied = BayBits.DISABLED | BayBits.OCCUPIED_A | BayBits.OCCUPIED_B
    assert act(with_bay(stored(), 3, 4, occupied), BAY, CABIN) == (Unit.BAYS, Code.BAY_LOCK, (3, 4, 0, 0))


def test_the_fork_comes_in_before_anything_else() -> None:
    assert act(fork_out(with_bay(stored(), 3, 4, EMPTY_OPEN)), BAY, CABIN) == (Unit.CARRIAGE, Code.HOME, (2, 0, 0, 0))
    assert act(fork_out(with_bay(stored(), 3, 4, EMPTY_OPEN)), BAY, BAY) == (Unit.CARRIAGE, Code.HOME, (2, 0, 0, 0))
    slowly = bring_fork_in(fork_out(machine()), KINEMATICS)
    assert isinstance(slowly, Act)
    assert slowly.minimum_s == HOMING_S


def test_the_fork_in_a_cabin_moves_only_while_nobody_can_be_there() -> None:
    out = fork_out(at_cabin())
    assert why(with_cabin(out, off=CLEAR_CONFIRMED), CARRIAGE, CABIN) == "cabin1_not_clear"
    assert why(with_cabin(out, on=CabinSensors.PERSON_DETECTED), CARRIAGE, CABIN) == "cabin1_not_clear"
    assert why(with_cabin(out, outer_door=DoorState.OPEN), CARRIAGE, CABIN) == "outer_door1_not_closed"
    assert act(out, CARRIAGE, CABIN) == (Unit.CARRIAGE, Code.HOME, (2, 0, 0, 0))
    # a cabin whose inner door is closed has no fork in it
    assert act(with_cabin(out, 2, off=CLEAR_CONFIRMED), CARRIAGE, CABIN)[1] == Code.HOME


@pytest.mark.parametrize(
    ("off", "reason"), [(Safety.SHAFT_CLEAR, "shaft_not_clear"), (Safety.GATES_CLOSED, "gate_open")]
)
def test_nothing_moves_in_a_shaft_that_is_not_clear(off: Safety, reason: str) -> None:
    for picture, place in (
        (stored(), BAY),
        (fork_out(stored()), BAY),
        (unhomed(stored()), BAY),
        (at_bay(OCCUPIED_OPEN), BAY),
        (with_load(machine()), CARRIAGE),
        (at_cabin(), CARRIAGE),
    ):
        assert why(with_safety(picture, off=off), place, CABIN) == reason


@pytest.mark.parametrize("axis", ["lift", "turntable", "fork"])
def test_an_axis_without_a_reference_is_homed_first(axis: str) -> None:
    answer = following(unhomed(stored(), axis), BAY, CABIN)
    assert isinstance(answer, Act)
    assert (answer.command.code, answer.command.args) == (Code.HOME, (9, 0, 0, 0))
    assert answer.minimum_s == HOMING_S
    assert act(inner_door_open(unhomed(stored(), axis)), BAY, CABIN)[1] == Code.INNER_DOOR


def test_arrived_asks_no_homing() -> None:
    assert following(unhomed(with_cabin_vehicle(machine())), CABIN, CABIN) == Arrived()


@pytest.mark.parametrize("bit", [BayBits.FAULT, BayBits.DISABLED, BayBits.OVERHANG])
@pytest.mark.parametrize("word", [OCCUPIED_LOCKED, OCCUPIED_OPEN])
def test_a_bay_out_of_service_is_not_touched(bit: BayBits, word: int) -> None:
    assert why(at_bay(word | bit), BAY, CABIN) == "bay_out_of_service"


@pytest.mark.parametrize("bit", [BayBits.FAULT, BayBits.DISABLED, BayBits.OVERHANG])
@pytest.mark.parametrize("word", [EMPTY_LOCKED, EMPTY_OPEN])
def test_nothing_is_left_in_a_bay_out_of_service(bit: BayBits, word: int) -> None:
    assert why(with_load(at_bay(word | bit)), CARRIAGE, BAY) == "bay_out_of_service"


@pytest.mark.parametrize("picture", [machine(), inner_door_open(machine())])
def test_the_inner_door_and_the_fork_ask_a_closed_street_and_a_clear_cabin(picture: Snapshot) -> None:
    loaded = with_load(picture)
    for door in set(DoorState) - {DoorState.CLOSED}:
        assert why(with_cabin(loaded, outer_door=door), CARRIAGE, CABIN) == "outer_door1_not_closed"
    for sensors in (
        CLEAR & ~CLEAR_CONFIRMED,
        CLEAR | CabinSensors.PERSON_DETECTED,
        CLEAR | CabinSensors.MOTION_DETECTED,
    ):
        assert why(with_cabin(loaded, sensors=sensors), CARRIAGE, CABIN) == "cabin1_not_clear"


def test_a_door_on_its_way_is_waited_for_and_one_that_stopped_half_way_is_opened_again() -> None:
    loaded = with_load(machine())
    assert why(with_cabin(loaded, inner_door=DoorState.OPENING), CARRIAGE, CABIN) == "inner_door1_opening"
    for door in (DoorState.CLOSING, DoorState.BLOCKED, DoorState.FAULT):
        assert act(with_cabin(loaded, inner_door=door), CARRIAGE, CABIN) == (Unit.CABIN1, Code.INNER_DOOR, (1, 5, 0, 0))


def test_the_epoch_is_that_of_the_same_picture() -> None:
    moved = with_cabin(with_load(machine()), occupancy_epoch=77)
    assert act(moved, CARRIAGE, CABIN)[2] == (1, 77, 0, 0)
    assert act(inner_door_open(moved), CARRIAGE, CABIN)[2] == (0, 1, 77, 0)


def test_closing_waits_for_the_doorway_and_for_a_door_already_closing() -> None:
    open_2 = inner_door_open(stored(), 2)
    assert why(with_cabin(open_2, 2, off=CabinSensors.DOORWAY_CLEAR), BAY, CABIN) == "doorway2_blocked"
    assert why(with_cabin(open_2, 2, inner_door=DoorState.CLOSING), BAY, CABIN) == "inner_door2_closing"
    assert close_up(with_cabin(open_2, 2, inner_door=DoorState.BLOCKED), KINEMATICS) is not None


def test_nothing_is_opened_for_a_place_that_shows_something_else() -> None:
    assert why(at_bay(EMPTY_LOCKED), BAY, CABIN) == "place_sensors_disagree"
    assert why(at_bay(EMPTY_LOCKED | BayBits.OCCUPIED_A), BAY, CABIN) == "place_sensors_disagree"
    assert why(with_load(at_bay()), BAY, CABIN) == "place_sensors_disagree"
    assert why(with_load(at_bay()), CARRIAGE, BAY) == "place_sensors_disagree"
    assert why(machine(), CARRIAGE, CABIN) == "place_sensors_disagree"
    assert why(with_cabin_vehicle(with_load(machine())), CARRIAGE, CABIN) == "place_sensors_disagree"
    assert why(machine(), CABIN, BAY) == "place_sensors_disagree"


def test_a_vehicle_that_is_not_centred_or_half_seen_goes_nowhere() -> None:
    away = between_stations(machine())
    assert why(with_load(away, centred=False), CARRIAGE, CABIN) == "vehicle_misplaced"
    assert why(with_load(away, present_rear=False), CARRIAGE, CABIN) == "vehicle_misplaced"
    assert why(with_load(machine(), centred=False), CARRIAGE, CABIN) == "vehicle_misplaced"
    empty = replace(away, load=Load(False, False, False, False, 0, 0))
    assert act(with_bay(empty, 2, 3, OCCUPIED_LOCKED), BAY, CABIN)[1] == Code.LIFT_TO


@pytest.mark.parametrize("bit", [8, 7, 6, 5])
def test_a_vehicle_out_of_position_in_the_cabin_is_not_taken(bit: int) -> None:
    picture = with_cabin(with_cabin_vehicle(machine()), on=CabinSensors(1 << bit))
    assert why(picture, CABIN, BAY) == "vehicle_misplaced"


@pytest.mark.parametrize("gauge", [Gauge.TOO_LONG, Gauge.TOO_WIDE, Gauge.TOO_HIGH])
def test_a_vehicle_larger_than_allowed_is_not_taken(gauge: Gauge) -> None:
    picture = with_cabin(with_cabin_vehicle(machine()), gauge=Gauge.VALID | gauge)
    assert why(picture, CABIN, BAY) == "vehicle_too_large"


def test_another_vehicle_on_the_carriage_halts_before_it_goes_anywhere() -> None:
    for picture in (with_load(machine(), tag=815), with_load(fork_out(machine()), tag=815)):
        answer = following(picture, CARRIAGE, CABIN)
        assert isinstance(answer, Halt)
        assert answer.fault == WRONG_VEHICLE
        assert "815" in answer.cause


def test_another_vehicle_in_the_cabin_is_not_taken() -> None:
    answer = following(with_cabin_vehicle(machine(), tag=815), CABIN, BAY)
    assert isinstance(answer, Halt)
    assert answer.fault == WRONG_VEHICLE


def test_a_tag_that_is_not_read_says_nothing() -> None:
    assert act(with_load(machine(), tag=0), CARRIAGE, CABIN)[1] == Code.INNER_DOOR
    assert act(with_cabin_vehicle(machine(), tag=0), CABIN, BAY)[1] == Code.INNER_DOOR


def test_a_carriage_without_a_reader_or_without_a_vehicle_tells_no_tag() -> None:
    picture = with_load(machine(), tag=815)
    blind = replace(picture.identity, capabilities=Capability.WEIGH_CELL)
    assert act(replace(picture, identity=blind), CARRIAGE, CABIN)[1] == Code.INNER_DOOR
    half = with_load(machine(), tag=815, present_front=False)
    assert why(half, CARRIAGE, CABIN) == "place_sensors_disagree"


def test_the_carriage_stands_at_a_station_only_when_both_axes_stand_still_there() -> None:
    here = standing_at(machine(), BAY)
    assert stands_at(here, BAY)
    assert not stands_at(here, bay(2, 4))
    assert not stands_at(here, bay(3, 3))
    for axis in ("lift", "turntable"):
        assert not stands_at(with_axis(here, axis, plcopen_state=PlcOpenState.DISCRETE_MOTION), BAY)


@pytest.mark.parametrize("place", ["out", "unknown"])
def test_what_is_nowhere_cannot_be_fetched(place: str) -> None:
    with pytest.raises(ValueError, match="no station"):
        following(machine(), Place(place), CABIN)  # type: ignore[arg-type]


def test_the_least_time_of_a_transfer_counts_both_ways_both_forks_and_both_doors() -> None:
    start = (0.0, 0.0)
    there_s = KINEMATICS.travel_s(0.0, 0.0, (2, 3))
    back_s = KINEMATICS.travel_s(KINEMATICS.height_mm(2), KINEMATICS.angle_deg(2, 3), (0, 1))
    assert minimum_s(BAY, CABIN, start, KINEMATICS) == pytest.approx(there_s + back_s + 2 * 9.0 + 2 * 1.0 + 2 * 4.0)
    fast = replace(KINEMATICS, speed_up=10.0)
    assert minimum_s(BAY, CABIN, start, fast) == pytest.approx(minimum_s(BAY, CABIN, start, KINEMATICS) / 10.0)


def test_the_carriage_needs_no_fetching_and_no_bringing_and_who_is_there_no_time() -> None:
    start = (0.0, 0.0)
    onto_s = KINEMATICS.travel_s(0.0, 0.0, (2, 3)) + 9.0 + 2 * 1.0
    assert minimum_s(BAY, CARRIAGE, start, KINEMATICS) == pytest.approx(onto_s)
    off_s = KINEMATICS.travel_s(0.0, 0.0, (0, 1)) + 9.0 + 2 * 4.0
    assert minimum_s(CARRIAGE, CABIN, start, KINEMATICS) == pytest.approx(off_s)
    assert minimum_s(CABIN, CABIN, start, KINEMATICS) == 0.0


def test_a_car_whose_tag_nobody_knows_is_not_compared() -> None:
    seen = standing_at(with_load(machine(), tag=815), BAY)
    assert isinstance(next_action(seen, Transfer(TAG, CARRIAGE, CABIN), KINEMATICS), Halt)
    assert isinstance(next_action(seen, Transfer(0, CARRIAGE, CABIN), KINEMATICS), Act)


def test_what_the_sensors_of_each_kind_of_place_say_together() -> None:
    half = with_load(machine(), present_front=False)
    assert [content_of(one, CARRIAGE) for one in (machine(), with_load(machine()), half)] == [
        "empty",
        "occupied",
        "disagree",
    ]
    assert [content_of(machine(), place) for place in (bay(1, 1), cabin(1))] == ["empty", "empty"]
    with pytest.raises(IndexError, match="no bay 9-1"):
        content_of(machine(), bay(9, 1))
