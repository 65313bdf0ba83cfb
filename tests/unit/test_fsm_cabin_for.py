"""Which cabin may open for a car that is to be driven in (orders-if.md 6.4). Who asks is in test_fsm_intake_requests.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.core_kit import EMPTY_LOCKED, OCCUPIED_LOCKED, machine, with_cabin
from tests.support.intake_kit import coming, row
from tests.support.values import record
from towerd.cabin.model import DoorState
from towerd.errors import Refusal
from towerd.fsm.cabin_for import cabin_for, largest
from towerd.fsm.intake_row import Intake
from towerd.orders.book import Largest
from towerd.orders.model import Vehicle
from towerd.places import OUT
from towerd.plc.snapshot import Snapshot

FULL = replace(machine(), bay_words=(OCCUPIED_LOCKED,) * 12)
ONE_BAY = replace(machine(), bay_words=(OCCUPIED_LOCKED,) * 11 + (EMPTY_LOCKED,))
CAR = Vehicle(record(), OUT, "out")


def asked(seen: Snapshot | None, wanted: int | None = None, car: Vehicle = CAR, intake: Intake | None = None) -> Any:
    found = cabin_for(coming(seen, intake), car, wanted)
    return found.reasons if isinstance(found, Refusal) else found


def test_the_first_that_is_free_or_the_one_that_is_wanted() -> None:
    assert asked(machine()) == 1
    assert asked(machine(), 2) == 2
    assert asked(with_cabin(machine(), 1, inner_door=DoorState.OPEN)) == 2
    assert asked(machine(cabins=1), 2) == ("no_cabin_free",)


@pytest.mark.parametrize(
    ("seen", "car", "reason"),
    [
        (None, CAR, "tower_out_of_service"),
        (machine(), replace(CAR, record=replace(CAR.record, mass_kg=9000)), "too_large"),
        (FULL, CAR, "no_bay_free"),
    ],
)
def test_or_why_none_is(seen: Snapshot | None, car: Vehicle, reason: str) -> None:
    assert asked(seen, None, car) == (reason,)


def test_others_who_drive_in_count() -> None:
    assert asked(machine(), intake=row("waiting")) == ("already_returning",)
    other = replace(CAR, record=replace(CAR.record, id="car-2"))
    assert asked(machine(), car=other, intake=row("waiting")) == 2
    assert asked(ONE_BAY, car=other, intake=row("waiting")) == ("no_bay_free",)


def test_what_the_plc_says_it_takes() -> None:
    limits = machine().identity
    assert largest(machine()) == Largest(
        limits.max_length_mm, limits.max_width_mm, limits.max_height_mm, limits.max_mass_kg
    )
