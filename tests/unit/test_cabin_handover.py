"""Invariant 7: identity opens doors, presence does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.core_kit import CLEAR, TAG, machine, with_cabin, with_cabin_vehicle
from towerd.cabin.handover import Gate, fetch_denies, gate_denies, stage, wanted_signal
from towerd.cabin.model import Cabin, CabinSensors, DoorState, Signal

READY = with_cabin_vehicle(machine()).cabin(1)
GATE = Gate(tag=TAG, read_tag=TAG, read_epoch=5, identified=True)


def test_it_opens_for_the_right_car_and_the_right_person() -> None:
    assert gate_denies(READY, GATE) is None


@pytest.mark.parametrize(
    ("shown", "gate", "why"),
    [
        (READY, replace(GATE, identified=False), "not identified"),
        (READY, replace(GATE, read_epoch=4), "entered or left"),
        (replace(READY, occupancy_epoch=6), GATE, "entered or left"),
        (READY, replace(GATE, read_tag=0), "not read"),
        (READY, replace(GATE, read_tag=815), "not read"),
        (replace(READY, tag=0), GATE, "not read"),
        (replace(READY, tag=0), replace(GATE, tag=0, read_tag=0), "not read"),
        (replace(READY, sensors=CLEAR), GATE, "no vehicle"),
        (replace(READY, sensors=CLEAR | CabinSensors.VEHICLE_FRONT), GATE, "no vehicle"),
    ],
)
def test_each_condition_alone_keeps_it_shut(shown: Cabin, gate: Gate, why: str) -> None:
    denied = gate_denies(shown, gate)
    assert denied is not None
    assert why in denied.why
    assert not denied.wrong_vehicle


@pytest.mark.parametrize("door", sorted(set(DoorState) - {DoorState.CLOSED}))
def test_the_shaft_is_shut_before_the_street_opens(door: DoorState) -> None:
    denied = gate_denies(replace(READY, inner_door=door), GATE)
    assert denied is not None
    assert "inner door" in denied.why


def test_another_car_is_told_apart_from_one_that_cannot_be_read() -> None:
    denied = gate_denies(replace(READY, tag=815), GATE)
    assert denied is not None
    assert denied.wrong_vehicle
    assert "815" in denied.why


@given(
    st.builds(
        Gate,
        st.sampled_from([0, TAG, 815]),
        st.sampled_from([0, TAG, 815]),
        st.integers(4, 6),
        st.booleans(),
    ),
    st.sampled_from([0, TAG, 815]),
    st.integers(0, 0x1FFF),
    st.sampled_from(DoorState),
)
def test_whatever_opens_meets_every_condition(gate: Gate, tag: int, sensors: int, inner: DoorState) -> None:
    shown = replace(READY, tag=tag, sensors=CabinSensors(sensors), inner_door=inner)
    if gate_denies(shown, gate) is None:
        assert gate.identified
        assert 0 != gate.tag == gate.read_tag == shown.tag
        assert gate.read_epoch == shown.occupancy_epoch
        assert shown.content == "occupied"
        assert shown.inner_door is DoorState.CLOSED


def test_stages_by_the_cabin_alone() -> None:
    assert stage(READY) == "waiting"
    assert stage(replace(READY, outer_door=DoorState.OPEN)) == "open"
    assert stage(replace(READY, sensors=CLEAR, tag=0, outer_door=DoorState.OPEN)) == "left"
    # half in the doorway, or its tag still read: it has not left
    half = replace(READY, sensors=CLEAR | CabinSensors.VEHICLE_FRONT, tag=0, outer_door=DoorState.OPEN)
    assert stage(half) == "open"
    assert stage(replace(READY, sensors=CLEAR, outer_door=DoorState.OPEN)) == "open"


@pytest.mark.parametrize("door", sorted(DoorState))
@pytest.mark.parametrize("handing_over", [True, False])
@pytest.mark.parametrize("left", [True, False])
def test_the_sign_says_drive_only_where_one_may(door: DoorState, handing_over: bool, left: bool) -> None:
    shown = with_cabin(machine(), outer_door=door, on=CabinSensors.PERSON_DETECTED).cabin(1)
    sign = wanted_signal(shown, handing_over=handing_over, left=left)
    if left and door is not DoorState.CLOSED:
        assert sign is Signal.LEAVE_CABIN
    elif handing_over and door is DoorState.OPEN:
        assert sign is Signal.DRIVE_FORWARD
    else:
        assert sign is Signal.RED


def test_a_cabin_left_by_car_and_people_is_red() -> None:
    shown = with_cabin(machine(), outer_door=DoorState.OPEN).cabin(1)
    assert wanted_signal(shown, handing_over=False, left=True) is Signal.RED


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        (READY, None),
        (replace(READY, tag=0), None),
        (replace(READY, sensors=CLEAR), "no vehicle"),
        (replace(READY, inner_door=DoorState.CLOSING), "inner door"),
    ],
)
def test_a_fetched_car_asks_for_no_tag_but_for_a_shut_inner_door(shown: Cabin, why: str | None) -> None:
    denied = fetch_denies(shown)
    assert (denied is None) is (why is None)
    assert denied is None or (why is not None and why in denied.why)
