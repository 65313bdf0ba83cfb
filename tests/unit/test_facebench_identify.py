"""One of N on scores that are known."""

from __future__ import annotations

import numpy as np
import pytest

from towerd.facebench.identify import STRANGER, Rule, Trial, draw_trials, open_set, whole_rule
from towerd.faceid.policy import MatchPolicy

POLICY = MatchPolicy(accept=0.5, margin=0.1, frames=3)


def similarities(vectors: list[list[float]]) -> np.ndarray:
    return np.array(vectors, np.float32)


def test_a_gallery_has_one_picture_each_and_leaves_strangers() -> None:
    people = np.array([0, 0, 1, 1, 1, 2, 3, 4])
    for trial in draw_trials(people, waiting=500, count=5, seed=1):
        assert len(trial.gallery) == 2  # half of five people
        assert sorted(people[trial.gallery]) == [0, 1]  # those with several pictures come first
        assert len(trial.probes) == 6
        mated = trial.right != STRANGER
        assert (people[trial.gallery][trial.right[mated]] == trial.person[mated]).all()
        assert sorted(trial.person[~mated]) == [2, 3, 4]


def test_the_seed_decides_the_galleries() -> None:
    people = np.repeat(np.arange(10), 3)
    one, other = (next(draw_trials(people, 4, 1, seed)) for seed in (1, 1))
    assert (one.gallery == other.gallery).all()


TRIAL = Trial(
    gallery=np.array([0, 1]),
    probes=np.array([2, 3, 4, 5]),
    right=np.array([0, 1, -1, -1]),
    person=np.array([0, 1, 2, 3]),
)
PEOPLE = np.array([0, 1, 0, 1, 2, 3])


def matrix(rows: list[list[float]], gallery: float = 0.0) -> np.ndarray:
    """Similarities of the four probes to the two who wait, and of these two to each other."""
    whole = np.zeros((6, 6), np.float32)
    whole[2:, :2] = rows
    whole[0, 1] = whole[1, 0] = gallery
    return whole


def test_misses_are_those_below_the_threshold_and_those_who_are_another() -> None:
    found = matrix([[0.9, 0.1], [0.8, 0.7], [0.6, 0.1], [0.2, 0.3]])
    result = open_set(found, [TRIAL], fpir=0.5)
    assert result.threshold == pytest.approx(0.3, abs=1e-6)  # one of the two strangers passes
    assert result.fpir == 0.5
    assert (result.fnir.hits, result.fnir.trials) == (1, 2)  # the second is more like the first person
    fixed = open_set(found, [TRIAL], fpir=0.5, limit=0.95)
    assert (fixed.fpir, fixed.fnir.hits, fixed.threshold) == (0.0, 2, 0.95)


def test_without_strangers_their_share_is_not_known() -> None:
    alone = Trial(TRIAL.gallery, TRIAL.probes[:2], TRIAL.right[:2], TRIAL.person[:2])
    result = open_set(matrix([[0.9, 0.1], [0.1, 0.8], [0, 0], [0, 0]]), [alone], 0.01, limit=0.5)
    assert np.isnan(result.fpir)
    assert result.fnir.hits == 0


def test_the_whole_rule_counts_strangers_wrong_people_and_codes() -> None:
    found = matrix([[0.9, 0.1], [0.9, 0.2], [0.6, 0.1], [0.6, 0.55]])
    result = whole_rule(found, PEOPLE, [TRIAL], POLICY, alike=0.42)
    assert (result.wrong.hits, result.wrong.trials) == (1, 2)
    assert result.to_code.hits == 0
    assert (result.strangers.hits, result.strangers.trials) == (1, 2)  # the other leads by too little
    assert result.alike.hits == 0


def test_whoever_is_below_or_leads_by_too_little_goes_to_the_code() -> None:
    result = whole_rule(matrix([[0.4, 0.1], [0.55, 0.6], [0, 0], [0, 0]]), PEOPLE, [TRIAL], POLICY, alike=0.42)
    assert result.to_code.hits == 2
    assert result.wrong.hits == 0


def test_selfies_that_are_alike_send_both_to_the_code_and_strangers_too() -> None:
    found = matrix([[0.9, 0.1], [0.1, 0.9], [0.9, 0.1], [0, 0]], gallery=0.5)
    result = whole_rule(found, PEOPLE, [TRIAL], POLICY, alike=0.42)
    assert (result.to_code.hits, result.strangers.hits) == (2, 0)
    assert (result.alike.hits, result.alike.trials) == (2, 2)


def test_somebody_who_is_not_even_second_is_no_stranger() -> None:
    wide = Trial(np.array([0, 1, 2]), np.array([3]), np.array([2]), np.array([2]))
    found = np.zeros((4, 4), np.float32)
    found[3, :3] = [0.9, 0.6, 0.1]
    result = whole_rule(found, np.array([0, 1, 2, 2]), [wide], POLICY, alike=0.42)
    assert (result.wrong.hits, result.strangers.trials) == (1, 0)


def test_frames_of_one_look_are_averaged_and_must_agree() -> None:
    rule = Rule(POLICY, alike=0.42, people=2)
    agreeing = similarities([[0.7, 0.1], [0.4, 0.1], [0.6, 0.1]])
    torn = similarities([[0.9, 0.1], [0.3, 0.4], [0.9, 0.1]])
    for frames in (agreeing, torn, agreeing[:2]):
        rule.take(list(frames), 0, 0, [False, False])
    assert (rule.result(0).to_code.hits, rule.result(0).to_code.trials) == (2, 3)
