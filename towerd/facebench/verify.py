"""One to one: are two pictures of the same person? Over all pairs of a set, over the folds of LFW, and on other people
than those the threshold was set on. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from towerd.facebench.stats import Indices, Rate, Scores, cross_rate_by_people, rate_by_people, share_from, threshold_at

FALSE_MATCH_RATES = (1e-3, 1e-4, 1e-5)


@dataclass(frozen=True, slots=True)
class PairScores:
    """Every pair of a set: `scores` beside the two people (numbers from 0) of each pair. `pictures` counts each one's."""

    scores: Scores
    one: Indices
    other: Indices
    pictures: Indices

    @property
    def genuine(self) -> Scores:
        """Of the same person."""
        return np.asarray(self.scores[self.one == self.other], np.float32)

    @property
    def impostor(self) -> Scores:
        """Of different people."""
        return np.asarray(self.scores[self.one != self.other], np.float32)


@dataclass(frozen=True, slots=True)
class Point:
    """How a threshold does: `tar` of pairs of the same person, `far` of pairs of different people."""

    threshold: float
    tar: Rate
    far: Rate


def either_way(matrix: Scores) -> Scores:
    """Each pair once as selfie and camera's picture and once the other way about: the mean, from camera's × selfies."""
    return np.asarray((matrix + matrix.T) / 2, np.float32)


def all_pairs(matrix: Scores, people: Indices) -> PairScores:
    """Every pair once, from a square matrix of similarities and the person (0 and up) of each row."""
    one, other = np.triu_indices(len(people), 1)
    return PairScores(matrix[one, other], people[one], people[other], np.bincount(people))


def score(pairs: PairScores, threshold: float, seed: int = 0) -> Point:
    """True and false match rates at a threshold, with intervals over people."""
    accepted = pairs.scores >= np.float32(threshold)
    same = pairs.one == pairs.other
    people = len(pairs.pictures)
    hits = np.bincount(pairs.one[accepted & same], minlength=people)
    trials = np.bincount(pairs.one[same], minlength=people)
    wrong = accepted & ~same
    crossed = np.stack([pairs.one[wrong], pairs.other[wrong]], axis=1)
    return Point(threshold, rate_by_people(hits, trials, seed), cross_rate_by_people(crossed, pairs.pictures, seed))


def thresholds(pairs: PairScores, rates: Sequence[float] = FALSE_MATCH_RATES) -> dict[float, float]:
    """The threshold of each false match rate."""
    impostor = pairs.impostor
    return {rate: threshold_at(impostor, rate) for rate in rates}


def half(people: int, seed: int) -> NDArray[np.bool_]:
    """Which people are in the first of two halves, drawn by the seed."""
    order = np.random.default_rng(seed).permutation(people)
    first = np.zeros(people, np.bool_)
    first[order[: people // 2]] = True
    return first


def among(pairs: PairScores, chosen: NDArray[np.bool_]) -> PairScores:
    """The pairs whose two people are both chosen; the others' numbers stay free."""
    kept = chosen[pairs.one] & chosen[pairs.other]
    return PairScores(pairs.scores[kept], pairs.one[kept], pairs.other[kept], np.where(chosen, pairs.pictures, 0))


def _both_ways(pairs: PairScores, rate: float, seed: int) -> Iterator[tuple[PairScores, float]]:
    """Each half of the people with the threshold of the other for this false match rate; the second half first."""
    first = half(len(pairs.pictures), seed)
    parts = (among(pairs, first), among(pairs, ~first))
    for tuned, other in (parts, parts[::-1]):
        yield other, threshold_at(tuned.impostor, rate)


def on_others(pairs: PairScores, rate: float, seed: int) -> tuple[Point, Point]:
    """The threshold of each half of the people for this false match rate, scored on the other half."""
    second, first = (score(part, limit, seed) for part, limit in _both_ways(pairs, rate, seed))
    return second, first


@dataclass(frozen=True, slots=True)
class Halves:
    """True and false match rates on other people, over `draws` ways to halve the people, each scored both ways: their means,
    and between which values nine in ten of the true match rates lie. One draw alone says little, as few people fail.
    """

    draws: int
    tar: float
    tar_low: float
    tar_high: float
    far: float


def over_halves(pairs: PairScores, rate: float, draws: int, seed: int) -> Halves:
    """The threshold of one half of the people for this false match rate on the other half, for `draws` (at least one) draws."""
    found = []
    for draw in range(draws):
        for part, threshold in _both_ways(pairs, rate, seed + draw):
            limit = np.float32(threshold)
            found.append((float((part.genuine >= limit).mean()), float((part.impostor >= limit).mean())))
    tars, fars = np.array(found).T
    low, high = np.percentile(tars, (5, 95))
    return Halves(draws, float(tars.mean()), float(low), float(high), float(fars.mean()))


@dataclass(frozen=True, slots=True)
class Fold:
    """Pairs of one fold: similarity (-1 where a picture has no face) and whether they are of one person."""

    scores: Scores
    same: NDArray[np.bool_]


def accuracy(folds: Sequence[Fold]) -> tuple[float, float]:
    """Mean over the folds, each at the threshold that is best on all others, and its standard error."""
    found = []
    for number, fold in enumerate(folds):
        rest = [other for index, other in enumerate(folds) if index != number] or [fold]
        limit = _best(np.concatenate([each.scores for each in rest]), np.concatenate([each.same for each in rest]))
        found.append(float(((fold.scores >= limit) == fold.same).mean()))
    spread = float(np.std(found, ddof=1)) / len(found) ** 0.5 if len(found) > 1 else 0.0
    return float(np.mean(found)), spread


def _best(scores: Scores, same: NDArray[np.bool_]) -> np.float32:
    """The threshold with the most right answers."""
    order = np.argsort(scores)[::-1]
    right = np.cumsum(np.where(same[order], 1, -1))
    best = int(np.argmax(right))
    if right[best] <= 0:
        return np.float32(np.inf)
    below = scores[order[best + 1]] if best + 1 < len(order) else scores[order[best]]
    return np.float32((scores[order[best]] + below) / 2)


def missed(pairs: PairScores, threshold: float) -> float:
    """False non-match rate."""
    return 1 - share_from(pairs.genuine, threshold)
