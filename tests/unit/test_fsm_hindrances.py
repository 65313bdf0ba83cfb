"""What stands against a command by hand, and what to do first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.core_kit import (
    between_stations,
    fork_out,
    inner_door_open,
    machine,
    standing_at,
    unhomed,
    with_bay,
    with_cabin,
    with_cabin_vehicle,
    with_load,
    with_safety,
    with_system,
)
from towerd.bays.model import BayBits
from towerd.cabin.model import CabinSensors, DoorState
from towerd.fsm.hindrances import hindrances, jog_hindrances
from towerd.places import bay, cabin
from towerd.plc.codes import Args, Code
from towerd.plc.snapshot import KeySwitch, Safety, Snapshot

LOCKED, BOTH, DISABLED = int(BayBits.LOCKED), int(BayBits.OCCUPIED_A | BayBits.OCCUPIED_B), int(BayBits.DISABLED)
BASE = with_system(machine(), key_switch=KeySwitch.MANUAL)
AT_BAY = standing_at(BASE, bay(2, 3))
AT_CABIN = standing_at(BASE, cabin(1))
OPENED = with_bay(AT_BAY, 2, 3, 0)
IN_SHAFT = with_safety(AT_BAY, off=Safety.SHAFT_CLEAR | Safety.GATES_CLOSED)
INNER = inner_door_open(AT_CABIN)
HALF_LOADED = with_load(AT_BAY, present_rear=False)
SHAFT = ["somebody or something is in the shaft", "a maintenance gate is open"]
FORK = "the fork is not centred"


def said(seen: Snapshot, code: Code, args: Args, unit: str = "CARRIAGE") -> list[str]:
    return [one.text for one in hindrances(seen, unit, code, args)]


@pytest.mark.parametrize(
    ("seen", "args", "wanted"),
    [
        (AT_BAY, (1, 1, 0, 0), []),
        (IN_SHAFT, (1, 1, 0, 0), SHAFT),
        (fork_out(AT_BAY), (1, 1, 0, 0), [FORK]),
        (inner_door_open(AT_BAY, 2), (1, 1, 0, 0), ["the inner door of cabin 2 is not closed"]),
        (with_bay(OPENED, 1, 4, 0), (1, 1, 0, 0), ["bay 1-4 is not locked", "bay 2-3 is not locked"]),
        (OPENED, (1, 1, 0, 16), []),
        (with_bay(AT_BAY, 2, 3, DISABLED | BOTH), (1, 1, 0, 0), []),
        (with_load(AT_BAY), (1, 1, 0, 0), []),
        (with_load(AT_BAY, centred=False), (1, 1, 0, 0), ["the vehicle on the carriage is not centred"]),
        (HALF_LOADED, (1, 1, 0, 0), ["the two sensors of the carriage disagree"]),
        (HALF_LOADED, (1, 1, 0, 4), []),
        (HALF_LOADED, (1, 1, 0, 8), []),
    ],
)
def test_lift_and_turntable(seen: Snapshot, args: Args, wanted: list[str]) -> None:
    assert said(seen, Code.LIFT_TO, args) == wanted


def test_in_auto_a_disabled_bay_is_left_out_while_empty() -> None:
    auto = with_system(AT_BAY, key_switch=KeySwitch.AUTO)
    assert said(with_bay(auto, 1, 1, DISABLED), Code.LIFT_TO, (2, 2, 0, 0)) == []
    assert said(with_bay(auto, 1, 1, DISABLED | BOTH), Code.LIFT_TO, (2, 2, 0, 0)) == ["bay 1-1 is not locked"]
    assert "bay 1-1 is disabled, faulty or overhung" in said(
        with_bay(auto, 1, 1, DISABLED), Code.FORK_GET, (1, 1, 0, 0)
    )


@pytest.mark.parametrize(
    ("seen", "code", "args", "wanted"),
    [
        (with_bay(AT_BAY, 2, 3, BOTH), Code.FORK_GET, (2, 3, 0, 0), []),
        (with_bay(AT_BAY, 2, 3, BOTH | LOCKED), Code.FORK_GET, (2, 3, 0, 0), ["bay 2-3 is locked"]),
        (with_bay(AT_BAY, 2, 3, BOTH | LOCKED), Code.FORK_GET, (2, 3, 0, 16), []),
        (OPENED, Code.FORK_GET, (2, 3, 0, 0), ["bay 2-3 is empty"]),
        (with_bay(AT_BAY, 2, 3, 1), Code.FORK_GET, (2, 3, 0, 0), ["the two sensors of bay 2-3 disagree"]),
        (with_bay(AT_BAY, 2, 3, 1), Code.FORK_GET, (2, 3, 0, 2), []),
        (with_load(OPENED), Code.FORK_PUT, (2, 3, 0, 0), []),
        (OPENED, Code.FORK_PUT, (2, 3, 0, 0), ["the carriage is empty"]),
        (
            with_bay(AT_BAY, 1, 1, BOTH),
            Code.FORK_GET,
            (1, 1, 0, 0),
            ["the carriage stands at 2-3, not at 1-1"],
        ),
        (
            with_bay(between_stations(BASE), 1, 1, BOTH),
            Code.FORK_GET,
            (1, 1, 0, 0),
            ["the carriage stands between stations, not at 1-1"],
        ),
        (with_cabin_vehicle(INNER), Code.FORK_GET, (0, 1, 0, 0), []),
        (
            with_cabin(AT_CABIN, outer_door=DoorState.OPEN, off=CabinSensors.CLEAR_CONFIRMED),
            Code.FORK_GET,
            (0, 1, 0, 0),
            [
                "cabin 1 is empty",
                "the outer door of cabin 1 is not closed",
                "cabin 1 is not confirmed clear",
                "the inner door of cabin 1 is not open",
            ],
        ),
        (AT_BAY, Code.BAY_UNLOCK, (2, 3, 0, 0), []),
        (AT_BAY, Code.BAY_UNLOCK, (1, 1, 0, 0), ["the carriage stands at 2-3, not at 1-1"]),
        (AT_CABIN, Code.BAY_UNLOCK, (1, 1, 0, 0), ["the carriage stands at cabin:1, not at 1-1"]),
        (fork_out(AT_BAY), Code.BAY_LOCK, (2, 3, 0, 0), [FORK]),
        (fork_out(OPENED), Code.HOME, (9, 0, 0, 0), [FORK, "bay 2-3 is not locked"]),
        (OPENED, Code.HOME, (2, 0, 0, 0), []),
        (fork_out(AT_CABIN), Code.HOME, (2, 0, 0, 0), []),
        (
            fork_out(with_cabin(INNER, off=CabinSensors.CLEAR_CONFIRMED)),
            Code.HOME,
            (2, 0, 0, 0),
            ["cabin 1 is not confirmed clear"],
        ),
        (AT_BAY, Code.NOP, (0, 0, 0, 0), []),
    ],
)
def test_fork_locks_and_homing(seen: Snapshot, code: Code, args: Args, wanted: list[str]) -> None:
    assert said(seen, code, args) == wanted


@pytest.mark.parametrize(
    ("seen", "code", "opens", "wanted"),
    [
        (AT_CABIN, Code.INNER_DOOR, 1, []),
        (AT_BAY, Code.INNER_DOOR, 1, ["the carriage stands at 2-3, not at cabin:1"]),
        (fork_out(AT_CABIN), Code.INNER_DOOR, 0, [FORK]),
        (
            with_cabin(AT_CABIN, off=CabinSensors.DOORWAY_CLEAR),
            Code.INNER_DOOR,
            0,
            ["something stands in the inner doorway of cabin 1"],
        ),
        (with_cabin(AT_CABIN, on=CabinSensors.DOORWAY_CLEAR), Code.INNER_DOOR, 0, []),
        (AT_CABIN, Code.OUTER_DOOR, 1, []),
        (INNER, Code.OUTER_DOOR, 1, ["the inner door of cabin 1 is not closed"]),
        (AT_CABIN, Code.OUTER_DOOR, 0, []),
        (
            with_cabin(AT_CABIN, on=CabinSensors.PERSON_DETECTED, off=CabinSensors.LIGHT_CURTAIN_CLEAR),
            Code.OUTER_DOOR,
            0,
            ["the light curtain of cabin 1 is not clear", "a person is in cabin 1"],
        ),
    ],
)
def test_doors(seen: Snapshot, code: Code, opens: int, wanted: list[str]) -> None:
    assert said(seen, code, (opens, 0, 0, 0), "CABIN1") == wanted


def test_a_door_is_that_of_the_mailbox() -> None:
    assert said(inner_door_open(AT_CABIN, 2), Code.OUTER_DOOR, (1, 0, 0, 0), "CABIN2") == [
        "the inner door of cabin 2 is not closed"
    ]


def test_what_to_do_is_in_the_order_in_which_to_do_it() -> None:
    found = hindrances(with_bay(AT_BAY, 1, 1, BOTH | LOCKED), "CARRIAGE", Code.FORK_GET, (1, 1, 0, 0))
    assert [one.cure for one in found] == ["towerctl goto 1-1.", "towerctl lock open 1-1."]


@pytest.mark.parametrize(
    ("seen", "axis", "direction", "wanted"),
    [
        (AT_BAY, 0, 1, []),
        (unhomed(AT_BAY), 1, -1, []),
        (OPENED, 0, 1, ["bay 2-3 is not locked"]),
        (OPENED, 2, 1, []),
        (AT_BAY, 2, 1, ["bay 2-3 is locked"]),
        (AT_BAY, 2, -1, []),
        (IN_SHAFT, 2, -1, SHAFT),
        (unhomed(OPENED, "fork"), 2, 1, ["an axis is not homed"]),
        (between_stations(BASE), 2, 1, ["the carriage stands between stations"]),
        (INNER, 2, 1, []),
        (AT_CABIN, 2, 1, ["the inner door of cabin 1 is not open"]),
        (
            fork_out(with_cabin(INNER, outer_door=DoorState.OPEN)),
            2,
            1,
            ["the outer door of cabin 1 is not closed"],
        ),
    ],
)
def test_jog(seen: Snapshot, axis: int, direction: int, wanted: list[str]) -> None:
    assert [one.text for one in jog_hindrances(seen, axis, direction)] == wanted


def test_a_tower_with_one_cabin() -> None:
    one = replace(AT_CABIN, cabins=AT_CABIN.cabins[:1])
    assert said(one, Code.LIFT_TO, (1, 1, 0, 0)) == []
