"""What the stand-in's customers ask for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulator.purchaser import Wish, pick, utc


def offer(vehicle: str, from_in_s: float | None = None, colour: str = "blue") -> dict[str, Any]:
    from_at = None if from_in_s is None else utc(datetime.now(UTC) + timedelta(seconds=from_in_s))
    named = {"id": vehicle, "make": "Ford", "model": "Mondeo", "colour": colour}
    return {**named, "orderable_from": from_at, "offers": {"test_drive": {}}}


def test_who_comes_now_gets_a_car_that_can_be_had_now_and_who_comes_later_one_that_is_back_then() -> None:
    catalogue = {"vehicles": [offer("v_1", 3600), offer("v_2", colour="red"), offer("v_3")]}
    assert pick(catalogue, Wish("c", "1"))["id"] == "v_2"
    assert pick(catalogue, Wish("c", "1", colour="blue"))["id"] == "v_3"
    assert pick(catalogue, Wish("c", "1", slot_in_s=3700.0))["id"] == "v_1"
    with pytest.raises(LookupError, match="the tower offers no test drive of id v_1"):
        pick(catalogue, Wish("c", "1", vehicle="v_1"))
