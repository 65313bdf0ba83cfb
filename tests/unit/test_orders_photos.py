"""What is told of photos, and for how long they are needed (orders-if.md 5.3, 5.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.core_kit import order_in, vehicle
from tests.support.values import AT
from towerd.orders.model import Loan
from towerd.orders.photos import PhotoSet, photo_facts, still_needed

SEEN = PhotoSet("ord-1", "out", "car-1", 1, 5, AT, ("ab" * 32,), "", "cd" * 32)
LOAN = Loan("ord-1", "cust-1", "car-1", "out", AT, AT + timedelta(days=3), "4711")


def test_the_hashes_are_told_or_why_there_are_none() -> None:
    sets = {SEEN.key: SEEN}
    assert photo_facts(sets, "ord-1", "out", camera=True) == {"photos_out": ["ab" * 32], "no_photos_out": None}
    assert photo_facts(sets, "ord-1", "back", camera=True) == {"photos_back": [], "no_photos_back": "not_taken"}
    assert photo_facts({}, "ord-1", "out", camera=False)["no_photos_out"] == "no_camera"
    half = {SEEN.key: replace(SEEN, reason="camera 2: camera_absent")}
    told = photo_facts(half, "ord-1", "out", camera=True)
    assert told == {"photos_out": ["ab" * 32], "no_photos_out": "camera 2: camera_absent"}


@pytest.mark.parametrize(
    ("loan", "order", "cars", "needed"),
    [
        (None, None, [], False),
        (None, "staged", [vehicle()], True),
        (None, "cancelled", [vehicle()], False),
        ("out", "completed", [vehicle()], True),
        ("returned", None, [vehicle(rests_as="inspection")], True),
        ("returned", None, [vehicle(rests_as="out_of_service")], True),
        ("returned", None, [vehicle()], False),
        ("returned", None, [], False),
        ("sold", None, [vehicle(rests_as="inspection")], False),
    ],
)
def test_they_are_needed_until_the_car_is_released(loan: Any, order: Any, cars: list[Any], needed: bool) -> None:
    lent = replace(LOAN, state=loan) if loan else None
    ordered = order_in(order) if order else None
    assert still_needed(lent, ordered, {car.id: car for car in cars}) is needed
