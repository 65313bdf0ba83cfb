"""Presentation attacks (ISO/IEC 30107-3): how many of each species are taken for living people, and how many living people
are not. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

from towerd.facebench.stats import Rate, rate_by_people
from towerd.faceid.challenge import ChallengeRules, Sample, begin, observe
from towerd.faceid.liveness import SIDES, Side
from towerd.faceid.passive import FRAMES, accepted
from towerd.faceid.pose import Landmarks, yaw_deg

FRAME_S = 1 / 15


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame of a recording: the one face's landmarks (None where there is none), its score of the passive check (None
    where that did not run), and its similarity to the recording's first face.
    """

    landmarks: Landmarks | None
    live: float | None
    similarity: float


@dataclass(frozen=True, slots=True)
class Series:
    """One recording of one person. `species`: what is shown; `attack`: whether it is no living person."""

    species: str
    attack: bool
    person: str
    frames: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Species:
    """Of one species: what was accepted as alive. For attacks that is APCER, for living people 1 - BPCER.

    `windows`: of the passive check, 8 frames each, None where it did not run. `turned`: recordings in which the head seems
    turned far enough to both sides, in any order, at any pace. `challenged`: recordings that pass a challenge, for every
    order of turns that could be asked, from their first frame on.
    """

    name: str
    attack: bool
    series: int
    frames: int
    windows: Rate | None
    turned: Rate
    challenged: Rate


def windows(series: Series) -> list[bool]:
    """Whether the passive check accepts each window of 8 frames with a face; windows do not overlap."""
    scores = [frame.live for frame in series.frames if frame.live is not None]
    return [accepted(scores[start:end]) for start, end in pairwise(range(0, len(scores) + 1, FRAMES))]


def turned(series: Series, rules: ChallengeRules) -> bool:
    """More generous to an attack than the challenge: both sides anywhere in the recording."""
    angles = [yaw_deg(frame.landmarks) for frame in series.frames if frame.landmarks is not None]
    compared = [angle for angle in angles if abs(angle) <= rules.compared_deg] or [0.0]
    return min(max(compared), -min(compared)) >= rules.turn_deg


def orders(turns: int) -> Iterator[tuple[Side, ...]]:
    """Every order that can be asked."""
    return (order for order in product(SIDES, repeat=turns) if len(set(order)) == len(SIDES))


def passes(series: Series, order: Sequence[Side], rules: ChallengeRules) -> bool:
    """Whether the recording, shown at 15 frames a second from its start, passes the challenge of this order."""
    now = begin(order, 1, 0.0)
    for number, frame in enumerate(series.frames, start=1):
        now = observe(now, Sample(number * FRAME_S, 1, frame.landmarks, frame.similarity), rules)
    return now.outcome == "passed"


def tally(series: Sequence[Series], rules: ChallengeRules, turns: int = 3, seed: int = 0) -> Species:
    """Of the recordings of one species (at least one)."""
    people = sorted({one.person for one in series})
    looked = [(one.person, windows(one)) for one in series]
    asked = [(one.person, [passes(one, order, rules) for order in orders(turns)]) for one in series]
    ran = any(frame.live is not None for one in series for frame in one.frames)
    return Species(
        name=series[0].species,
        attack=series[0].attack,
        series=len(series),
        frames=sum(len(one.frames) for one in series),
        windows=_rate(looked, people, seed) if ran else None,
        turned=_rate([(one.person, [turned(one, rules)]) for one in series], people, seed),
        challenged=_rate(asked, people, seed),
    )


def _rate(found: Sequence[tuple[str, Sequence[bool]]], people: Sequence[str], seed: int) -> Rate:
    hits, trials = np.zeros(len(people), np.int64), np.zeros(len(people), np.int64)
    for person, outcomes in found:
        hits[people.index(person)] += sum(outcomes)
        trials[people.index(person)] += len(outcomes)
    return rate_by_people(hits, trials, seed)
