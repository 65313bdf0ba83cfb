"""How far a car that is driven in has come, by the cabin alone (orders-if.md 6.4, plc-if.md 5.8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import BOTH_IN_CABIN, CLEAR, TAG, machine
from towerd.cabin.intake import (
    IntakeRules,
    IntakeState,
    Progress,
    Seen,
    Wanted,
    intake_sign,
    look,
    owes,
    wants_closed,
    wants_open,
)
from towerd.cabin.model import Cabin, CabinSensors, DoorState, Gauge, Signal

RULES = IntakeRules()
WANTED = Wanted(TAG, 1400, 4300)
ASKED = Progress("waiting", 1.0, False)
SECURED = Progress("securing", 1.0, True)
PERSON = CabinSensors.PERSON_DETECTED
CURTAIN = CabinSensors.LIGHT_CURTAIN_CLEAR


def cabin(**changes: Any) -> Cabin:
    """The expected car in position with the outer door open, nobody there, confirmed clear."""
    base = replace(
        machine().cabin(1),
        outer_door=DoorState.OPEN,
        sensors=CLEAR | BOTH_IN_CABIN,
        tag=TAG,
        mass_kg=1400,
        length_mm=4300,
        gauge=Gauge.VALID,
    )
    return replace(base, **changes)


def empty(**changes: Any) -> Cabin:
    return cabin(**{"sensors": CLEAR, "tag": 0, "mass_kg": 0, "length_mm": 0, "gauge": Gauge(0), **changes})


@pytest.mark.parametrize(("door", "state"), [(DoorState.CLOSED, "opening"), (DoorState.OPEN, "waiting")])
def test_without_a_car_the_door_opens_and_waits(door: DoorState, state: str) -> None:
    assert look(empty(outer_door=door), WANTED, ASKED, RULES) == Seen(state)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("for_s", "sensors", "state"),
    [
        (299.0, CLEAR, "waiting"),
        (300.0, CLEAR, "turned_away"),
        (300.0, CLEAR | PERSON, "waiting"),
        (600.0, CLEAR | PERSON, "turned_away"),
    ],
)
def test_a_car_that_does_not_come_is_expected_no_more(for_s: float, sensors: CabinSensors, state: str) -> None:
    seen = look(empty(sensors=sensors), WANTED, Progress("waiting", for_s, False), RULES)
    assert seen == (Seen("turned_away", ("expired",)) if state == "turned_away" else Seen("waiting"))


def test_a_car_that_has_left_again_is_waited_for_anew() -> None:
    assert look(empty(), WANTED, Progress("clearing", 999.0, True), RULES) == Seen("waiting")


@pytest.mark.parametrize(
    ("sensors", "reasons", "sign"),
    [
        (BOTH_IN_CABIN | CabinSensors.TOO_FAR_FORWARD, ("too_far_forward",), Signal.DRIVE_BACK),
        (BOTH_IN_CABIN | CabinSensors.TOO_FAR_BACK, ("too_far_back",), Signal.DRIVE_FORWARD),
        (BOTH_IN_CABIN | CabinSensors.TOO_FAR_LEFT, ("too_far_left",), Signal.DRIVE_BACK),
        (
            BOTH_IN_CABIN | CabinSensors.TOO_FAR_RIGHT | CabinSensors.TOO_FAR_BACK,
            ("too_far_back", "too_far_right"),
            Signal.DRIVE_FORWARD,
        ),
        (CabinSensors.VEHICLE_FRONT, ("too_far_forward",), Signal.DRIVE_BACK),
        (CabinSensors.VEHICLE_REAR, ("too_far_back",), Signal.DRIVE_FORWARD),
    ],
)
def test_the_position_is_corrected(sensors: CabinSensors, reasons: tuple[str, ...], sign: Signal) -> None:
    shown = cabin(sensors=CLEAR | sensors)
    assert look(shown, WANTED, SECURED, RULES) == Seen("positioning", reasons)
    assert intake_sign(shown, "positioning", reasons) == sign


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"tag": 0}, ("tag_not_read",)),
        ({"gauge": Gauge(0)}, ("not_measured",)),
        ({"length_mm": 0}, ("not_measured",)),
        ({"mass_kg": 0, "tag": 0}, ("tag_not_read", "not_measured")),
    ],
)
def test_what_cannot_be_read_is_waited_for_and_then_turned_away(
    changes: dict[str, Any], reasons: tuple[str, ...]
) -> None:
    shown = cabin(**changes)
    assert look(shown, WANTED, Progress("waiting", 999.0, False), RULES) == Seen("reading", reasons)
    assert look(shown, WANTED, Progress("reading", 9.9, False), RULES) == Seen("reading", reasons)
    assert look(shown, WANTED, Progress("reading", 10.0, False), RULES) == Seen("turned_away", reasons)


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"gauge": Gauge.VALID | Gauge.TOO_LONG | Gauge.TOO_HEAVY}, ("too_long", "too_heavy")),
        ({"gauge": Gauge.VALID | Gauge.TOO_WIDE}, ("too_wide",)),
        ({"gauge": Gauge.VALID | Gauge.TOO_HIGH}, ("too_high",)),
        ({"tag": TAG + 1}, ("wrong_tag",)),
        ({"length_mm": 4501}, ("wrong_length",)),
        ({"length_mm": 4099, "tag": TAG + 1}, ("wrong_tag", "wrong_length")),
    ],
)
def test_what_is_not_the_expected_car_is_turned_away_at_once(changes: dict[str, Any], reasons: tuple[str, ...]) -> None:
    assert look(cabin(**changes), WANTED, ASKED, RULES) == Seen("turned_away", reasons)


@pytest.mark.parametrize("length_mm", [4100, 4500])
def test_a_length_within_200_mm_will_do(length_mm: int) -> None:
    assert look(cabin(length_mm=length_mm), WANTED, ASKED, RULES) == Seen("securing")


@pytest.mark.parametrize(
    ("mass_kg", "state"), [(1259, "turned_away"), (1260, "closing"), (1540, "closing"), (1541, "turned_away")]
)
def test_the_mass_counts_within_a_tenth_once_nobody_is_left(mass_kg: int, state: IntakeState) -> None:
    shown = cabin(mass_kg=mass_kg)
    assert look(shown, WANTED, ASKED, RULES) == Seen("securing")
    assert look(replace(shown, sensors=shown.sensors | PERSON), WANTED, SECURED, RULES) == Seen("clearing")
    assert look(shown, WANTED, SECURED, RULES).state == state


def test_without_scales_the_mass_is_not_compared() -> None:
    shown = cabin(mass_kg=0)
    assert look(shown, replace(WANTED, scales=False), SECURED, RULES) == Seen("closing")


@pytest.mark.parametrize(
    "sensors",
    [
        CLEAR | BOTH_IN_CABIN | PERSON,
        CLEAR | BOTH_IN_CABIN | CabinSensors.MOTION_DETECTED,
        (CLEAR | BOTH_IN_CABIN) & ~CabinSensors.CLEAR_CONFIRMED,
        (CLEAR | BOTH_IN_CABIN) & ~CURTAIN,
    ],
    ids=["person", "motion", "not confirmed", "curtain"],
)
def test_nothing_closes_over_somebody_or_unconfirmed(sensors: CabinSensors) -> None:
    assert look(cabin(sensors=sensors), WANTED, SECURED, RULES) == Seen("clearing")


def test_the_door_closes_and_then_the_car_is_taken_in() -> None:
    assert look(cabin(), WANTED, SECURED, RULES) == Seen("closing")
    assert look(cabin(outer_door=DoorState.CLOSED), WANTED, SECURED, RULES) == Seen("storing")


UNCONFIRMED = cabin(sensors=(CLEAR | BOTH_IN_CABIN) & ~CabinSensors.CLEAR_CONFIRMED)


@pytest.mark.parametrize(
    ("shown", "state", "owed"),
    [
        (UNCONFIRMED, "positioning", "position"),
        (UNCONFIRMED, "securing", "answer"),
        (UNCONFIRMED, "clearing", "button"),
        (UNCONFIRMED, "turned_away", "vehicle"),
        (UNCONFIRMED, "storing", "button"),
        (cabin(), "storing", None),
        (empty(sensors=CLEAR & ~CabinSensors.CLEAR_CONFIRMED), "storing", "button"),
        (UNCONFIRMED, "reading", None),
        (cabin(sensors=UNCONFIRMED.sensors | PERSON), "clearing", None),
        (empty(), "turned_away", None),
        (empty(sensors=CLEAR & ~CURTAIN), "turned_away", "doorway"),
        (empty(sensors=CLEAR & ~CURTAIN), "waiting", None),
    ],
)
def test_what_people_owe(shown: Cabin, state: IntakeState, owed: str | None) -> None:
    assert owes(shown, state) == owed


def test_when_the_door_is_to_open() -> None:
    states = ("opening", "waiting", "positioning", "reading", "securing", "clearing", "closing", "storing")
    assert [state for state in states if wants_open(cabin(), state)] == ["opening", "positioning"]  # type: ignore[arg-type]
    assert wants_open(cabin(), "turned_away")
    assert not wants_open(empty(), "turned_away")


def test_when_the_door_is_to_close() -> None:
    assert wants_closed(cabin(), "closing")
    assert wants_closed(cabin(), "storing")
    assert not wants_closed(UNCONFIRMED, "storing")
    assert not wants_closed(cabin(), "clearing")
    assert wants_closed(empty(), "turned_away")
    assert not wants_closed(empty(sensors=CLEAR | PERSON), "turned_away")
    assert not wants_closed(cabin(), "turned_away")


@pytest.mark.parametrize(
    ("shown", "state", "sign"),
    [
        (empty(), "waiting", Signal.GREEN),
        (cabin(), "reading", Signal.STOP),
        (cabin(), "securing", Signal.STOP),
        (cabin(), "clearing", Signal.LEAVE_CABIN),
        (cabin(outer_door=DoorState.CLOSED), "clearing", Signal.LEAVE_CABIN),
        (cabin(), "closing", Signal.RED),
        (empty(outer_door=DoorState.CLOSED), "opening", Signal.RED),
        (cabin(outer_door=DoorState.CLOSED), "turned_away", Signal.RED),
        (cabin(), "turned_away", Signal.DRIVE_BACK),
        (empty(), "turned_away", Signal.RED),
        (empty(sensors=CLEAR | PERSON), "turned_away", Signal.LEAVE_CABIN),
    ],
)
def test_the_sign(shown: Cabin, state: IntakeState, sign: Signal) -> None:
    assert intake_sign(shown, state, ()) == sign
