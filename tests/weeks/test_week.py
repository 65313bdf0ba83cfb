"""A week of a tower: what journal, audit log and MQTT tell of it is the same, and it is what happened."""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random

import pytest

from tests.support.token_kit import make_keys
from tests.weeks.acts import KINDS, acts_of
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


@pytest.fixture
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run that all its processes have."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "weeks"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(1, max(1, WEEKS) + 1))
def test_a_week(tmp_path: Path, shared: Path, seed: int) -> None:
    with city_of(make_keys(tmp_path), Random(seed), "nanjing-1") as city:
        people(city, 12)
        city.live(city.tower.now_s + DAYS * 86400)
        come_to_rest(city)
        books = check_told_alike(city.tower)
        check_street(city, books)
        check_customers(books)
        assert list(left_open(city.tower)) == []
        assert not city.tower.watch.seen
        (shared / f"week_{seed}.json").write_text(json.dumps(acts_of(city)), encoding="utf-8")
    check_acts(shared)


def check_acts(shared: Path) -> None:
    """Whoever is the last of the weeks: every kind of act came in one of them at least."""
    weeks = [json.loads(file.read_text(encoding="utf-8")) for file in shared.glob("week_*.json")]
    if len(weeks) == WEEKS:
        missing = KINDS - {kind for week in weeks for kind in week}
        assert not missing, missing
