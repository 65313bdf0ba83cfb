"""A week of a tower: what journal, audit log and MQTT tell of it is the same, and it is what happened."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from tests.support.token_kit import make_keys
from tests.weeks.week import (
    check_customers,
    check_street,
    check_told_alike,
    city_of,
    come_to_rest,
    left_open,
    people,
)

WEEKS = int(os.environ.get("TOWERD_WEEKS", "0"))
DAYS = 7.0 if WEEKS else 3.5
"""Whole weeks where there are several; else enough days for a drive that ends late."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(1, max(1, WEEKS) + 1))
def test_a_week(tmp_path: Path, seed: int) -> None:
    with city_of(make_keys(tmp_path), Random(seed), "nanjing-1") as city:
        people(city, 12)
        city.live(city.tower.now_s + DAYS * 86400)
        come_to_rest(city)
        books = check_told_alike(city.tower)
        check_street(city, books)
        check_customers(books)
        assert list(left_open(city.tower)) == []
