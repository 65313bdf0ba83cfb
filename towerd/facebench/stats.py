"""Rates of false and true matches, and how sure they are. Pure.

A score counts as accepted from the threshold on. Confidence is by people: pictures of one person are not independent, and
a pair has two people, so an interval over pairs would be far too narrow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]
Indices = NDArray[np.int64]

CONFIDENCE = 0.95
ROUNDS = 500
_PRECISION = 1e-12


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `trials`, as a ratio with the bounds of its 95 % interval over `people`; nan where nothing was tried."""

    hits: int
    trials: int
    people: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The ratio, 0 to 1."""
        return self.hits / self.trials if self.trials else math.nan


def threshold_at(impostor: Scores, rate: float) -> float:
    """The least threshold at which at most `rate` of the scores are accepted. Raises ValueError without a score."""
    if not len(impostor):
        raise ValueError("no score of different people: no threshold follows")
    kept = len(impostor) - int(rate * len(impostor))
    if kept <= 0:
        return float(impostor.min())
    last_refused = np.partition(impostor, kept - 1)[kept - 1]
    return float(np.nextafter(np.float32(last_refused), np.float32(np.inf)))


def share_from(scores: Scores, threshold: float) -> float:
    """Share of the scores that are accepted; nan without a score."""
    return float(np.mean(scores >= np.float32(threshold))) if len(scores) else math.nan


def det_curve(genuine: Scores, impostor: Scores, points: int = 200) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """False match and false non-match rates along falling thresholds, evenly on the logarithm of the first.

    From one false match in all on, up to all; raises ValueError without a score of each kind.
    """
    if not len(genuine) or not len(impostor):
        raise ValueError("a curve needs scores of the same and of different people")
    ordered, right = np.sort(impostor)[::-1], np.sort(genuine)
    counts = np.unique(np.geomspace(1, len(ordered), points).astype(np.int64))
    missed = np.searchsorted(right, ordered[counts - 1], side="left")
    return counts / len(ordered), missed / len(right)


def exact_interval(hits: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Clopper and Pearson's interval of a binomial ratio; (0, 1) where nothing was tried."""
    if trials <= 0:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    low = 0.0 if hits <= 0 else _beta_quantile(tail, hits, trials - hits + 1)
    high = 1.0 if hits >= trials else _beta_quantile(1 - tail, hits + 1, trials - hits)
    return low, high


def most_with_none(trials: int, confidence: float = CONFIDENCE) -> float:
    """The largest ratio at which `trials` without a hit still happen with 1 - `confidence`: about 3 over `trials` at 95 %."""
    return 1.0 if trials <= 0 else float(1 - (1 - confidence) ** (1 / trials))


def _beta_quantile(wanted: float, a: float, b: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if beta_share(middle, a, b) < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_share(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function, 0 to 1, for x in 0 to 1 (continued fraction after Lentz)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_share(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    tiny = 1e-300
    value, c, d, step, term = 1.0, 1.0, 0.0, 0.0, 0
    while abs(1 - step) >= _PRECISION:
        half = term // 2
        if term == 0:
            factor = 1.0
        elif term % 2 == 0:
            factor = half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
        else:
            factor = -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
        d = 1 / _away(1 + factor * d, tiny)
        c = _away(1 + factor / c, tiny)
        step, term = c * d, term + 1
        value *= step
    return front * (value - 1)


def _away(value: float, tiny: float) -> float:
    return tiny if abs(value) < tiny else value


def rate_by_people(hits: Indices, trials: Indices, seed: int = 0, rounds: int = ROUNDS) -> Rate:
    """A ratio from counts of each person. The interval is bootstrapped over people.

    Where all or none were hits, resampling cannot tell how sure that is: then it is Clopper and Pearson's over people.
    """
    tried = trials > 0
    hits, trials = hits[tried], trials[tried]
    people, total, got = len(trials), int(trials.sum()), int(hits.sum())
    if got in (0, total):
        low, high = exact_interval(people if total and got else 0, people)
        return Rate(got, total, people, low, high)
    drawn = np.random.default_rng(seed).integers(0, people, (rounds, people))
    ratios = hits[drawn].sum(axis=1) / trials[drawn].sum(axis=1)
    return Rate(got, total, people, *_middle(ratios))


def cross_rate_by_people(pairs: Indices, pictures: Indices, seed: int = 0, rounds: int = ROUNDS) -> Rate:
    """The ratio of accepted pairs of pictures of different people. `pairs` (n × 2): the people of each accepted pair;
    `pictures`: how many there are of each person. Every pair of pictures of different people was tried.

    Bootstrapped over people: drawing a person twice makes no pair of the two copies. Without an accepted pair the bound
    is that of as many trials as there are pairs of people that share nobody.
    """
    people = len(pictures)
    total = int(_cross_pairs(pictures))
    if not len(pairs):
        return Rate(0, total, people, 0.0, most_with_none(people // 2))
    random = np.random.default_rng(seed)
    ratios = []
    for _ in range(rounds):
        weight = np.bincount(random.integers(0, people, people), minlength=people)
        tried = _cross_pairs(weight * pictures)
        ratios.append(float((weight[pairs[:, 0]] * weight[pairs[:, 1]]).sum()) / max(tried, 1.0))
    return Rate(len(pairs), total, people, *_middle(np.array(ratios)))


def _cross_pairs(counts: Indices) -> float:
    total = float(counts.sum())
    return (total * total - float((counts.astype(np.float64) ** 2).sum())) / 2


def _middle(values: NDArray[np.float64]) -> tuple[float, float]:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, (tail, 1 - tail))
    return float(low), float(high)
