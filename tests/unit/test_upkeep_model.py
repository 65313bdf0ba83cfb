"""Wear: counts, references, drift, tries and due dates."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.values import AT
from towerd.upkeep import model
from towerd.upkeep.model import REFERENCE_SAMPLES, ServiceRule, UpkeepRules, Wear

NEW = Wear("lift", "lift", AT)
RULES = UpkeepRules(drift_ratio=0.15, tries_ratio=0.2)


def run_in(ratio: float = 1.1, times: int = REFERENCE_SAMPLES) -> Wear:
    wear = NEW
    for _ in range(times):
        wear = model.timed(wear, ratio * 4.0, 4.0)
    return wear


def test_commands_are_counted_where_the_plc_counts_nothing() -> None:
    assert model.worked(model.worked(NEW)).cycles == 2


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=30))
def test_the_plcs_count_is_followed_and_another_plcs_begins_anew(counts: list[int]) -> None:
    wear = NEW
    for count in counts:
        before = wear.cycles
        wear = model.worked(wear, count)
        assert wear.cycles >= before
        assert wear.plc_cycles == count
    rises = [after - before if after >= before else after for before, after in pairwise(counts)]
    assert wear.cycles == sum(rises)


def test_the_first_moves_make_the_reference() -> None:
    wear = model.timed(model.timed(NEW, 4.0, 4.0), 6.0, 4.0)
    assert (wear.samples, wear.reference_ratio, wear.recent_ratio) == (2, 1.25, 1.25)
    assert model.drift(wear) is None
    assert not model.is_slower(wear, RULES)


def test_a_slow_drift_is_seen_and_one_slow_move_is_not() -> None:
    wear = run_in()
    assert not model.is_slower(model.timed(wear, 8.0, 4.0), RULES)
    for moves in range(1, 100):
        # a hundredth slower with each move
        wear = model.timed(wear, 4.0 * 1.1 * (1 + 0.01 * moves), 4.0)
        if model.is_slower(wear, RULES):
            break
    assert 15 < moves < 40
    assert model.drift(wear) == pytest.approx(wear.recent_ratio / 1.1 - 1, abs=1e-3)


def test_a_device_without_time_has_no_drift() -> None:
    assert model.drift(Wear("lift", "lift", AT, samples=REFERENCE_SAMPLES + 1)) is None
    with pytest.raises(ValueError, match="takes time"):
        model.timed(NEW, 1.0, 0.0)


def test_a_growing_share_of_second_tries_is_seen() -> None:
    wear = NEW
    for _ in range(REFERENCE_SAMPLES):
        wear = model.tried(wear, again=False)
    assert not model.needs_tries(wear, RULES)
    tries = 0
    while not model.needs_tries(wear, RULES):
        wear, tries = model.tried(wear, again=True), tries + 1
    assert tries == 5
    for _ in range(20):
        wear = model.tried(wear, again=False)
    assert not model.needs_tries(wear, RULES)


def test_a_new_device_is_not_judged_by_its_first_day() -> None:
    wear = NEW
    for _ in range(REFERENCE_SAMPLES - 1):
        wear = model.tried(wear, again=True)
    assert not model.needs_tries(wear, RULES)


@pytest.mark.parametrize(
    ("cycles", "days", "want"),
    [(0, 0, "no"), (899, 0, "no"), (900, 0, "soon"), (1000, 0, "now"), (0, 89, "no"), (0, 90, "soon"), (0, 100, "now")],
)
def test_due_by_cycles_or_by_the_calendar(cycles: int, days: int, want: str) -> None:
    wear = Wear("lift", "lift", AT, cycles=cycles)
    rule = ServiceRule(cycles=1000, days=100)
    assert model.due(wear, rule, AT + timedelta(days=days)) == want
    assert model.due_at(wear, rule) == AT + timedelta(days=100)


def test_without_an_interval_nothing_is_due() -> None:
    assert model.due(Wear("lift", "lift", AT, cycles=10**9), ServiceRule(), AT + timedelta(days=9999)) == "no"
    assert model.due_at(NEW, ServiceRule()) is None


def test_after_a_service_all_begins_anew_but_the_count() -> None:
    wear = model.serviced(model.worked(run_in(), 7), AT + timedelta(days=3), "ada")
    assert (wear.cycles, wear.cycles_since_service, wear.samples, wear.tries_ratio) == (0, 0, 0, 0.0)
    wear = model.worked(wear, 10)
    assert (wear.cycles, wear.cycles_since_service, wear.plc_cycles) == (3, 3, 10)
    assert model.due(wear, ServiceRule(days=100), AT + timedelta(days=100)) == "soon"
