"""The self-test's questions to the view."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.values import AT
from tests.support.views import view
from towerd.checks import Check, machine_checks
from towerd.view import AlarmView, BayView, CabinView, DeviceView, LiftView, View

FULL = BayView("3-4", "good", True, "car-1", True, False, False, None)
CABIN = CabinView(1, "good", "closed", "closed", None, False, True, "red", None, 0, False)
WELL = view(obstacles=(), alarms=(), bays=(FULL,), cabins=(CABIN,), face_available=True, bus_connected=True)


def found(shown: View, area: str) -> list[Check]:
    return [check for check in machine_checks(shown) if check.area == area]


def the(shown: View, area: str) -> tuple[bool | None, str]:
    [check] = found(shown, area)
    return check.passed, check.text


def test_a_tower_that_is_well_passes_all() -> None:
    assert {check.passed for check in machine_checks(WELL)} == {True}
    assert {check.area for check in machine_checks(WELL)} == {
        "plc",
        "motion",
        "carriage",
        "bays",
        "cabins",
        "face",
        "broker",
    }


def test_a_lost_plc_leaves_the_rest_unasked() -> None:
    lost = view(
        plc_good=False,
        plc_reason="no answer",
        bays=(replace(FULL, quality="unknown"),),
        cabins=(replace(CABIN, quality="unknown"),),
        lift=LiftView("unknown", None, None, None, None, None, None, None),
    )
    assert the(lost, "plc") == (False, "no answer")
    assert [check.passed for area in ("bays", "cabins", "carriage") for check in found(lost, area)] == [None] * 3


def test_every_obstacle_fails_with_its_cure() -> None:
    [check] = found(view(), "motion")
    assert (check.name, check.passed, check.cure) == ("PLC-024", False, "Look what is in the door")


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"quality": "unknown", "occupied": False, "vehicle": None}, "what stands in it is unknown"),
        ({"fault": True}, "the PLC reports a fault of this bay"),
        ({"disabled": True}, "the bay is disabled"),
        ({"occupied": None}, "its two sensors disagree"),
        ({"vehicle": None}, "occupied, but no vehicle is recorded there"),
        ({"occupied": False}, "car-1 is recorded there, but it is empty"),
        ({"locked": False}, "not locked"),
    ],
)
def test_what_can_be_wrong_with_a_bay(changed: dict[str, Any], text: str) -> None:
    shown = replace(WELL, bays=(replace(FULL, **changed), replace(FULL, place="3-5")))
    assert the(shown, "bays") == (False, text)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"occupied": None}, "its two vehicle sensors disagree"),
        ({"outer_door": "blocked"}, "its outer door is blocked"),
        ({"inner_door": "fault"}, "its inner door is fault"),
        ({"inner_door": "open", "outer_door": "opening"}, "both of its doors are not closed"),
    ],
)
def test_what_can_be_wrong_with_a_cabin(changed: dict[str, Any], text: str) -> None:
    assert the(replace(WELL, cabins=(replace(CABIN, **changed),)), "cabins") == (False, text)
    assert found(replace(WELL, cabins=(replace(CABIN, inner_door="open"),)), "cabins")[0].passed


@pytest.mark.parametrize(
    ("changed", "want"),
    [
        ({"loaded": None}, (False, "its two load sensors disagree")),
        ({"loaded": True}, (False, "sensors and inventory disagree about what it carries")),
        ({"loaded": True, "vehicle": "car-1"}, (True, "car-1")),
        ({}, (True, "empty")),
    ],
)
def test_what_the_carriage_carries(changed: dict[str, Any], want: tuple[bool, str]) -> None:
    position, load = found(replace(WELL, lift=replace(WELL.lift, **changed)), "carriage")
    assert (load.passed, load.text) == want
    assert position.passed


def test_a_moving_carriage_says_so() -> None:
    assert found(replace(WELL, lift=replace(WELL.lift, velocity_mm_s=300)), "carriage")[0].text.startswith("moving")


def test_alarms_face_broker_and_services_are_told() -> None:
    due = DeviceView("lift", "lift", 9, 9, 8, None, None, "now", AT, 0, None, None, None, 0.0)
    shown = replace(
        WELL,
        alarms=(AlarmView("PLC-037", "CABINET_HOT", "low", "unacked_active", AT, "Too warm", "Clean the filter."),),
        devices=(due, replace(due, device="fork", due="no")),
        face_available=False,
        face_reason="no camera",
        bus_connected=False,
    )
    failed = [(check.area, check.name, check.text) for check in machine_checks(shown) if check.passed is False]
    assert failed == [
        ("alarms", "PLC-037", "Too warm"),
        ("face", "opencv", "no camera"),
        ("broker", "connection", "not connected"),
        ("upkeep", "lift", "9 cycles since the last service, due now"),
    ]
