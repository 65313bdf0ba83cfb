from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.core_kit import machine, with_cabin
from towerd.cabin.model import Cabin, CabinSensors, DoorState

S = CabinSensors


def _cabin(sensors: CabinSensors) -> Cabin:
    return with_cabin(machine(), sensors=sensors).cabin(1)


@pytest.mark.parametrize(
    ("sensors", "content"),
    [
        (S(0), "empty"),
        (S.VEHICLE_FRONT, "disagree"),
        (S.VEHICLE_REAR | S.CLEAR_CONFIRMED, "disagree"),
        (S.VEHICLE_FRONT | S.VEHICLE_REAR, "occupied"),
    ],
)
def test_content_asks_both_sensors(sensors: CabinSensors, content: str) -> None:
    assert _cabin(sensors).content == content


@pytest.mark.parametrize(
    ("sensors", "clear"),
    [
        (S.CLEAR_CONFIRMED, True),
        (S.CLEAR_CONFIRMED | S.VEHICLE_FRONT | S.VEHICLE_REAR, True),
        (S(0), False),
        (S.CLEAR_CONFIRMED | S.PERSON_DETECTED, False),
        (S.CLEAR_CONFIRMED | S.MOTION_DETECTED, False),
    ],
)
def test_clear_is_a_confirmation_with_nobody_in_there(sensors: CabinSensors, clear: bool) -> None:
    assert _cabin(sensors).clear is clear


@pytest.mark.parametrize(
    "disturbing", [S.PERSON_DETECTED, S.MOTION_DETECTED, S.VEHICLE_FRONT, S.VEHICLE_REAR, S.LIGHT_CURTAIN_CLEAR]
)
def test_deserted_needs_an_empty_cabin_and_a_clear_curtain(disturbing: CabinSensors) -> None:
    assert _cabin(S.LIGHT_CURTAIN_CLEAR).deserted
    assert not _cabin(S.LIGHT_CURTAIN_CLEAR ^ disturbing).deserted


@pytest.mark.parametrize("disturbing", [S.PERSON_DETECTED, S.MOTION_DETECTED, S.LIGHT_CURTAIN_CLEAR])
def test_nobody_leaves_the_vehicle_out_of_the_question(disturbing: CabinSensors) -> None:
    vehicle = S.LIGHT_CURTAIN_CLEAR | S.VEHICLE_FRONT | S.VEHICLE_REAR
    assert _cabin(vehicle).nobody
    assert not _cabin(vehicle ^ disturbing).nobody


def test_the_fork_enters_what_is_shut_and_clear() -> None:
    shut = _cabin(S.CLEAR_CONFIRMED)
    assert shut.fork_may_enter
    assert not replace(shut, outer_door=DoorState.BLOCKED).fork_may_enter
    assert not _cabin(S.CLEAR_CONFIRMED | S.PERSON_DETECTED).fork_may_enter
