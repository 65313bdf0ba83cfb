"""Exact types and closed objects (orders-if.md 2, 4.4)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from towerd.orders.claim_parts import SlotClaim, is_id, parse_at, parse_day


@pytest.mark.parametrize(
    ("text", "good"), [("a-B_9", True), ("x" * 64, True), ("x" * 65, False), ("", False), (7, False)]
)
def test_what_an_id_is(text: Any, good: bool) -> None:
    assert is_id(text) is good


def test_times_are_utc_with_a_z() -> None:
    assert parse_at("2026-11-21T09:30:00.5Z") == datetime(2026, 11, 21, 9, 30, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", [7, "2026-11-21", "2026-11-21T09:30:00+00:00", "2200-01-01T00:00:00Z", "1969-12-31T23:59:59Z"]
)
def test_other_times_are_none(text: Any) -> None:
    with pytest.raises(ValueError, match=r"RFC 3339|a year from"):
        parse_at(text)


def test_days_are_written_in_one_way() -> None:
    assert parse_day("2031-04-30") == date(2031, 4, 30)


@pytest.mark.parametrize("text", [7, "30.04.2031", "2031-4-30", "2200-01-01"])
def test_other_days_are_none(text: Any) -> None:
    with pytest.raises(ValueError, match=r"no date|a year from"):
        parse_day(text)


@pytest.mark.parametrize(("until", "good"), [("10:00", True), ("09:30", False), ("09:00", False)])
def test_a_slot_ends_after_it_begins(until: str, good: bool) -> None:
    claim = {"from": "2026-11-21T09:30:00Z", "until": f"2026-11-21T{until}:00Z"}
    if good:
        assert SlotClaim.model_validate(claim).from_at < SlotClaim.model_validate(claim).until_at
    else:
        with pytest.raises(ValueError, match="before it begins"):
            SlotClaim.model_validate(claim)
