"""6.2: one of before and after, or a technician decides."""

from __future__ import annotations

import pytest

from tests.support.core_kit import (
    EMPTY_LOCKED,
    OCCUPIED_LOCKED,
    machine,
    with_bay,
    with_cabin,
    with_cabin_vehicle,
    with_load,
)
from towerd.bays.model import BayBits
from towerd.cabin.model import CabinSensors
from towerd.jobs.settle import fork_place, settle
from towerd.places import bay, cabin
from towerd.plc.codes import Args, Code
from towerd.plc.snapshot import Snapshot

AT_BAY: Args = (2, 3, 0, 0)
AT_CABIN: Args = (0, 1, 5, 0)


def picture(place: str, carried: str) -> Snapshot:
    shown = machine()
    if carried != "empty":
        shown = with_load(shown, present_rear=carried == "loaded")
    words = {"empty": EMPTY_LOCKED, "occupied": OCCUPIED_LOCKED, "disagree": EMPTY_LOCKED | BayBits.OCCUPIED_B}
    shown = with_bay(shown, 2, 3, words[place])
    if place == "disagree":
        return with_cabin(shown, on=CabinSensors.VEHICLE_REAR)
    return with_cabin_vehicle(shown) if place == "occupied" else shown


@pytest.mark.parametrize("args", [AT_BAY, AT_CABIN])
@pytest.mark.parametrize(
    ("place", "carried", "get", "put"),
    [
        ("occupied", "empty", "before", "after"),
        ("empty", "loaded", "after", "before"),
        ("occupied", "loaded", "unknown", "unknown"),
        ("empty", "empty", "unknown", "unknown"),
        ("disagree", "empty", "unknown", "unknown"),
        ("disagree", "loaded", "unknown", "unknown"),
        ("occupied", "disagree", "unknown", "unknown"),
        ("empty", "disagree", "unknown", "unknown"),
    ],
)
def test_only_a_whole_agreement_settles(args: Args, place: str, carried: str, get: str, put: str) -> None:
    shown = picture(place, carried)
    assert settle(Code.FORK_GET, args, shown) == get
    assert settle(Code.FORK_PUT, args, shown) == put


@pytest.mark.parametrize("code", [Code.LIFT_TO, Code.HOME, Code.BAY_LOCK, Code.NOP])
def test_other_commands_move_no_vehicle(code: Code) -> None:
    with pytest.raises(ValueError, match="moves no vehicle"):
        settle(code, AT_BAY, machine())


def test_floor_0_is_a_cabin() -> None:
    assert fork_place(AT_CABIN) == cabin(1)
    assert fork_place(AT_BAY) == bay(2, 3)


@pytest.mark.parametrize(
    ("override", "word", "front", "rear", "outcome"),
    [
        (1, BayBits.OCCUPIED_A, True, True, "after"),
        (2, BayBits.OCCUPIED_B, True, True, "after"),
        (1, BayBits.OCCUPIED_B, False, False, "before"),
        (4, 0, False, True, "after"),
        (8, 0, True, False, "after"),
        (8, BayBits.OCCUPIED_A | BayBits.OCCUPIED_B, False, True, "before"),
        (4, 0, True, False, "unknown"),
    ],
)
def test_a_sensor_that_was_left_out_leaves_it_to_the_other_of_its_pair(
    override: int, word: int, front: bool, rear: bool, outcome: str
) -> None:
    seen = with_load(with_bay(machine(), 2, 3, word), present_front=front, present_rear=rear)
    assert settle(Code.FORK_GET, (2, 3, 0, override), seen) == outcome


@pytest.mark.parametrize(("override", "outcome"), [(0, "unknown"), (1, "before"), (2, "after")])
def test_in_a_cabin_too(override: int, outcome: str) -> None:
    seen = with_cabin(machine(), on=CabinSensors.VEHICLE_REAR)
    seen = with_load(seen) if override == 2 else seen
    assert settle(Code.FORK_GET, (0, 1, 5, override), seen) == outcome
