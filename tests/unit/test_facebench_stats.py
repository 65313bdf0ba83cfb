"""Rates and intervals against answers that can be worked out by hand or are in tables."""

from __future__ import annotations

import math

import numpy as np
import pytest

from towerd.facebench.stats import (
    Rate,
    beta_share,
    cross_rate_by_people,
    det_curve,
    exact_interval,
    most_with_none,
    rate_by_people,
    share_from,
    threshold_at,
)

HUNDRED = np.arange(100, dtype=np.float32) / 100


def counts(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


@pytest.mark.parametrize(("rate", "accepted"), [(0.1, 10), (0.05, 5), (0.019, 1), (0.001, 0), (0.0, 0)])
def test_no_more_than_the_rate_is_accepted(rate: float, accepted: int) -> None:
    limit = threshold_at(HUNDRED, rate)
    assert int((np.float32(limit) <= HUNDRED).sum()) == accepted
    assert share_from(HUNDRED, limit) == pytest.approx(accepted / 100)


def test_the_threshold_is_the_least_one() -> None:
    limit = threshold_at(HUNDRED, 0.1)
    assert limit == pytest.approx(0.89, abs=1e-6)
    assert limit > 0.89


def test_where_all_may_pass_the_least_score_is_the_threshold() -> None:
    assert threshold_at(HUNDRED, 1.0) == 0.0


def test_equal_scores_at_the_limit_are_refused_together() -> None:
    scores = np.array([0.1, 0.5, 0.5, 0.5], np.float32)
    assert share_from(scores, threshold_at(scores, 0.5)) == 0.0


def test_without_scores_nothing_follows() -> None:
    nothing = np.empty(0, np.float32)
    with pytest.raises(ValueError, match="no score"):
        threshold_at(nothing, 0.1)
    with pytest.raises(ValueError, match="same and of different"):
        det_curve(nothing, HUNDRED)
    with pytest.raises(ValueError, match="same and of different"):
        det_curve(HUNDRED, nothing)
    assert math.isnan(share_from(nothing, 0.5))
    assert math.isnan(Rate(0, 0, 0, 0, 1).value)


def test_a_curve_goes_from_one_false_match_to_all() -> None:
    far, frr = det_curve(np.array([0.5, 0.95, 0.975, 2], np.float32), HUNDRED)
    assert (far[0], far[-1]) == (0.01, 1.0)
    assert frr[0] == 0.75  # at 0.99, which is the best stranger, three of four are missed
    assert frr[-1] == 0.0
    assert all(np.diff(frr) <= 0)


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(0, 10, 0.0, 0.3085), (10, 10, 0.6915, 1.0), (5, 10, 0.1871, 0.8129), (1, 100, 0.00025, 0.0545), (3, 0, 0, 1)],
)
def test_exact_intervals_are_those_of_the_tables(hits: int, trials: int, low: float, high: float) -> None:
    assert exact_interval(hits, trials) == pytest.approx((low, high), abs=5e-4)


def test_the_rule_of_three() -> None:
    assert most_with_none(1000) == pytest.approx(3 / 1000, rel=0.01)
    assert most_with_none(0) == 1.0


def test_the_beta_function_is_that_of_known_cases() -> None:
    assert beta_share(0.3, 1, 1) == pytest.approx(0.3)
    assert beta_share(0.5, 3, 3) == pytest.approx(0.5)
    assert beta_share(0.2, 2, 1) == pytest.approx(0.04)
    assert beta_share(0.9, 1, 2) == pytest.approx(1 - 0.01)
    assert (beta_share(0, 2, 2), beta_share(1, 2, 2)) == (0.0, 1.0)


def test_many_pictures_of_one_person_do_not_make_a_rate_surer() -> None:
    few = rate_by_people(counts(1, 0, 1, 0, 1, 0), counts(1, 1, 1, 1, 1, 1), seed=1)
    many = rate_by_people(counts(100, 0, 100, 0, 100, 0), counts(*[100] * 6), seed=1)
    assert (few.value, many.value) == (0.5, 0.5)
    assert (few.low, few.high) == (many.low, many.high)
    assert few.low < 0.35
    assert few.high > 0.65
    assert (many.hits, many.trials, many.people) == (300, 600, 6)


def test_people_without_a_trial_do_not_count() -> None:
    assert rate_by_people(counts(1, 0, 0), counts(2, 0, 2), seed=1).people == 2


@pytest.mark.parametrize(("hits", "bounds"), [(0, (0.0, 0.3085)), (10, (0.6915, 1.0))])
def test_all_or_none_is_as_sure_as_there_are_people(hits: int, bounds: tuple[float, float]) -> None:
    found = rate_by_people(counts(*[hits] * 10), counts(*[10] * 10))
    assert (found.low, found.high) == pytest.approx(bounds, abs=5e-4)


def test_nobody_tried_is_no_knowledge() -> None:
    found = rate_by_people(counts(0), counts(0))
    assert (found.trials, found.low, found.high) == (0, 0.0, 1.0)


def test_pairs_across_people_are_counted_once_each() -> None:
    pictures = counts(2, 3, 1)
    found = cross_rate_by_people(np.array([[0, 1], [0, 1], [1, 2]]), pictures, seed=3)
    assert (found.hits, found.trials, found.people) == (3, 2 * 3 + 2 * 1 + 3 * 1, 3)
    assert found.low <= found.value <= found.high


def test_one_person_who_is_like_many_makes_the_rate_unsure() -> None:
    pictures = counts(*[1] * 40)
    hub = cross_rate_by_people(np.array([[0, other] for other in range(1, 21)]), pictures, seed=3)
    spread = cross_rate_by_people(np.array([[n, n + 20] for n in range(20)]), pictures, seed=3)
    assert hub.value == spread.value
    assert hub.high - hub.low > 1.5 * (spread.high - spread.low)


def test_no_false_match_is_as_sure_as_there_are_pairs_that_share_nobody() -> None:
    found = cross_rate_by_people(np.empty((0, 2), np.int64), counts(*[5] * 2000))
    assert found.high == pytest.approx(3 / 1000, rel=0.01)
    assert (found.low, found.hits) == (0.0, 0)


def test_the_same_seed_gives_the_same_interval() -> None:
    args = (counts(1, 0, 1, 1), counts(2, 2, 2, 2))
    assert rate_by_people(*args, seed=5) == rate_by_people(*args, seed=5)
