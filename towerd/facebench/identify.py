"""One of N: somebody stands at the camera and N orders wait. Error rates over random galleries, and what the program's own
decision rule makes of it. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from towerd.facebench.stats import Indices, Rate, Scores, rate_by_people, threshold_at
from towerd.faceid.policy import MatchPolicy, decide_match

STRANGER = -1


@dataclass(frozen=True, slots=True)
class Trial:
    """One gallery. `gallery`: a picture of each person who waits; `probes`: pictures that are compared with them; `right`:
    the column of each probe's person, -1 for a stranger; `person` of each probe.
    """

    gallery: Indices
    probes: Indices
    right: Indices
    person: Indices


def draw_trials(people: Indices, waiting: int, count: int, seed: int) -> Iterator[Trial]:
    """Random galleries of `waiting` people (fewer where there are fewer: half of them, so that strangers remain).

    People with more than one picture wait first, since only they can come back; all other pictures are probes.
    """
    random = np.random.default_rng(seed)
    pictures = np.bincount(people)
    size = min(waiting, max(1, int((pictures > 0).sum()) // 2))
    several, single = np.flatnonzero(pictures > 1), np.flatnonzero(pictures == 1)
    for _ in range(count):
        order = np.concatenate([random.permutation(several), random.permutation(single)])[:size]
        column = np.full(len(pictures), STRANGER)
        column[order] = np.arange(size)
        gallery = np.array([random.choice(np.flatnonzero(people == person)) for person in order])
        probes = np.setdiff1d(np.arange(len(people)), gallery)
        yield Trial(gallery, probes, column[people[probes]], people[probes])


@dataclass(frozen=True, slots=True)
class OpenSet:
    """False non-identification (`fnir`, by people) at the threshold where the share `fpir` of strangers is found."""

    fpir: float
    threshold: float
    fnir: Rate


def open_set(
    matrix: Scores, trials: Sequence[Trial], fpir: float, limit: float | None = None, seed: int = 0
) -> OpenSet:
    """Over all trials together. `limit` is a threshold that was fixed before; else it is set on these strangers.

    Somebody is not identified where another is first, or the score is below the threshold.
    """
    tops = [_tops(matrix, trial) for trial in trials]
    strangers = np.concatenate([top[trial.right == STRANGER] for (top, _), trial in zip(tops, trials, strict=True)])
    threshold = threshold_at(strangers, fpir) if limit is None else limit
    hits = np.zeros(1 + max(int(trial.person.max()) for trial in trials), np.int64)
    tried = hits.copy()
    for (top, first), trial in zip(tops, trials, strict=True):
        mated = trial.right != STRANGER
        missed = mated & ~((first == trial.right) & (top >= np.float32(threshold)))
        hits += np.bincount(trial.person[missed], minlength=len(hits))
        tried += np.bincount(trial.person[mated], minlength=len(hits))
    found = float(np.mean(strangers >= np.float32(threshold))) if len(strangers) else float("nan")
    return OpenSet(found, threshold, rate_by_people(hits, tried, seed))


def _tops(matrix: Scores, trial: Trial) -> tuple[Scores, Indices]:
    scores = matrix[np.ix_(trial.probes, trial.gallery)]
    return scores.max(axis=1), scores.argmax(axis=1)


@dataclass(frozen=True, slots=True)
class WholeRule:
    """What the decision rule does: `strangers` who are taken for somebody, right people who are taken for another
    (`wrong`), and right people who must enter the code (`to_code`), for whatever reason; `alike`: people who wait whose
    selfies are too close to another's.
    """

    strangers: Rate
    wrong: Rate
    to_code: Rate
    alike: Rate


@dataclass(slots=True)
class _Counts:
    """Hits and trials of each person, of one kind."""

    hits: Indices
    trials: Indices

    def add(self, person: int, hit: bool) -> None:
        self.trials[person] += 1
        self.hits[person] += hit

    def rate(self, seed: int) -> Rate:
        return rate_by_people(self.hits, self.trials, seed)


class Rule:
    """The program's own rule over trials: `decide_match`, and the selfies that are alike (orders-if.md 6.1).

    `people`: how many there are. A look is a list of frames; where a set has single pictures, each stands for all frames
    of its look, which is the worst case: nothing is averaged.
    """

    def __init__(self, policy: MatchPolicy, alike: float, people: int) -> None:
        self._policy = policy
        self._alike = alike
        self._counts = {
            name: _Counts(np.zeros(people, np.int64), np.zeros(people, np.int64))
            for name in ("strangers", "wrong", "to_code", "alike")
        }

    def take(self, frames: Sequence[Scores], right: int, person: int, marked: Sequence[bool] | np.ndarray) -> None:
        """One look of `person`: the similarities to the gallery in each frame; `right` is the person's column or -1."""
        names = [str(column) for column in range(len(marked))]
        looks: list[Mapping[str, float]] = [dict(zip(names, map(float, scores), strict=True)) for scores in frames]
        decision = decide_match(looks, {name: name for name in names}, self._policy)
        # a face alone serves nobody whose selfie is too close to another's
        served = -1 if decision.customer is None or marked[int(decision.customer)] else int(decision.customer)
        if right == STRANGER:
            self._counts["strangers"].add(person, served != -1)
        else:
            self._counts["wrong"].add(person, served not in (-1, right))
            self._counts["to_code"].add(person, served == -1)

    def gallery(self, scores: Scores, people: Indices) -> np.ndarray:
        """Which of those who wait (`people`, in their columns) are alike, from their square of similarities."""
        close = np.array(scores >= np.float32(self._alike))
        np.fill_diagonal(close, val=False)
        marked = np.asarray(close.any(axis=1))
        for person, mark in zip(people, marked, strict=True):
            self._counts["alike"].add(int(person), bool(mark))
        return marked

    def result(self, seed: int) -> WholeRule:
        """The rates so far."""
        return WholeRule(**{name: counts.rate(seed) for name, counts in self._counts.items()})


def whole_rule(
    matrix: Scores, people: Indices, trials: Sequence[Trial], policy: MatchPolicy, alike: float, seed: int = 0
) -> WholeRule:
    """The rule where each picture stands for all frames of a look.

    Only columns that can matter are handed over: the first two of each probe decide, and the rule asks for no more.
    """
    rule = Rule(policy, alike, int(people.max()) + 1)
    for trial in trials:
        marked = rule.gallery(matrix[np.ix_(trial.gallery, trial.gallery)], people[trial.gallery])
        scores = matrix[np.ix_(trial.probes, trial.gallery)]
        for row, right, person in zip(scores, trial.right, trial.person, strict=True):
            best = np.argsort(row)[-2:]
            place = np.flatnonzero(best == right)
            rule.take(
                [row[best]] * policy.frames, int(place[0]) if len(place) else _else(right), int(person), marked[best]
            )
    return rule.result(seed)


def _else(right: int) -> int:
    """Of somebody who waits and is not among the first two: no column is right."""
    return STRANGER if right == STRANGER else STRANGER - 1
