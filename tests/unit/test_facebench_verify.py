"""Pairs of pictures with scores that are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from towerd.facebench.verify import (
    Fold,
    PairScores,
    accuracy,
    all_pairs,
    either_way,
    half,
    missed,
    on_others,
    over_halves,
    score,
    thresholds,
)

PEOPLE = np.array([0, 0, 1, 1, 2])
MATRIX = np.array(
    [
        [1.0, 0.9, 0.1, 0.2, 0.7],
        [0.9, 1.0, 0.3, 0.1, 0.2],
        [0.1, 0.3, 1.0, 0.4, 0.0],
        [0.2, 0.1, 0.4, 1.0, 0.1],
        [0.7, 0.2, 0.0, 0.1, 1.0],
    ],
    np.float32,
)


@pytest.fixture
def pairs() -> PairScores:
    return all_pairs(MATRIX, PEOPLE)


def test_every_pair_is_there_once(pairs: PairScores) -> None:
    assert len(pairs.scores) == 10
    assert sorted(pairs.genuine.tolist()) == pytest.approx([0.4, 0.9])
    assert len(pairs.impostor) == 8
    assert pairs.pictures.tolist() == [2, 2, 1]


def test_each_picture_is_once_the_selfie_and_once_the_cameras() -> None:
    assert either_way(np.array([[1, 0.2], [0.4, 1]], np.float32))[0].tolist() == pytest.approx([1, 0.3])


def test_a_threshold_gives_both_rates(pairs: PairScores) -> None:
    point = score(pairs, 0.5)
    assert (point.tar.hits, point.tar.trials, point.tar.people) == (1, 2, 2)
    assert (point.far.hits, point.far.trials, point.far.people) == (1, 8, 3)
    assert missed(pairs, 0.5) == 0.5
    assert thresholds(pairs, (0.125,))[0.125] == pytest.approx(0.3, abs=1e-6)


def crowd(people: int, each: int = 2) -> PairScores:
    """People whose pictures are alike by 0.9, and by less than 0.5 to others'."""
    numbers = np.repeat(np.arange(people), each)
    random = np.random.default_rng(1)
    matrix = random.uniform(0, 0.5, (len(numbers), len(numbers))).astype(np.float32)
    matrix[numbers[:, None] == numbers[None, :]] = 0.9
    return all_pairs(np.maximum(matrix, matrix.T), numbers)


def test_the_halves_share_nobody() -> None:
    first = half(11, seed=4)
    assert first.sum() == 5
    assert (half(11, seed=4) == first).all()


def test_a_threshold_is_scored_on_other_people_than_it_was_set_on() -> None:
    pairs = crowd(20)
    one, other = on_others(pairs, 0.01, seed=2)
    assert one.tar.people + other.tar.people == 20
    assert one.tar.value == other.tar.value == 1.0
    assert one.far.trials == other.far.trials == (20 * 20 - 10 * 4) // 2
    assert 0 < one.far.value < 0.1


def test_many_ways_to_halve_the_people_are_scored_both_ways() -> None:
    pairs = crowd(20)
    one, other = on_others(pairs, 0.01, seed=2)
    alone = over_halves(pairs, 0.01, draws=1, seed=2)
    assert (alone.draws, alone.tar) == (1, 1.0)
    assert alone.far == pytest.approx((one.far.value + other.far.value) / 2)
    some_fail = replace(pairs, scores=np.where((pairs.one == pairs.other) & (pairs.one < 2), 0.1, pairs.scores))
    many = over_halves(some_fail, 0.01, draws=8, seed=0)
    assert many.tar == pytest.approx(0.9)  # both ways of a draw score everybody once
    assert many.tar_low <= many.tar <= many.tar_high
    assert many.tar_low < many.tar_high  # the two who fail are not always in different halves


def fold(scores: list[float], same: list[bool]) -> Fold:
    return Fold(np.array(scores, np.float32), np.array(same))


def test_each_fold_is_judged_at_the_threshold_of_the_others() -> None:
    good = fold([0.9, 0.8, 0.2, 0.1], [True, True, False, False])
    shifted = fold([0.4, 0.3, 0.2, 0.1], [True, True, False, False])
    assert accuracy([good, good]) == (1.0, 0.0)
    mean, error = accuracy([good, shifted])
    assert mean == pytest.approx((1.0 + 0.5) / 2)  # the shifted one's right pairs are below the other's threshold
    assert error == pytest.approx(0.25)


def test_a_single_fold_is_judged_at_its_own_threshold() -> None:
    assert accuracy([fold([0.9, 0.1], [True, False])]) == (1.0, 0.0)
    assert accuracy([fold([0.9, 0.8], [True, True])]) == (1.0, 0.0)


def test_where_no_threshold_is_better_than_refusing_all_that_is_done() -> None:
    assert accuracy([fold([0.9, 0.1, 0.2], [False, True, False])])[0] == pytest.approx(2 / 3)
