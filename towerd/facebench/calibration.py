"""Thresholds for one site, from recordings of people who agreed to it. Pure; vectors are numbers in memory, nothing is kept.

Few people prove little: a threshold is raised as soon as people of this site are more alike than it allows, and is lowered
only where there are enough of them to show that the wished rate holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from towerd.facebench.identify import STRANGER
from towerd.facebench.stats import Rate, Scores, threshold_at
from towerd.facebench.verify import PairScores, score
from towerd.faceid.policy import MatchPolicy

ONE_TO_ONE = 10.0
"""How much more often a false match may be where one order is compared with, and not all that wait."""
_ROUND = 100


@dataclass(frozen=True, slots=True)
class Take:
    """One recording: its person (numbers from 0) and a vector a frame."""

    person: int
    vectors: Scores


@dataclass(frozen=True, slots=True)
class Threshold:
    """`value` is proposed. `measured`: the threshold of the wished rate on these people alone. `far` and `tar` at `value`."""

    value: float
    measured: float
    far: Rate
    tar: Rate

    @property
    def proven(self) -> bool:
        """Whether anybody was compared at all."""
        return self.far.trials > 0 and self.tar.trials > 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """`accept` among all who wait, `accept_one` for one number, `margin` over the second; `wished` is the rate for `accept`.

    `shown`: whether these people suffice to show that rate. `lead`: the most by which one of them led over all others for
    somebody who is neither.
    """

    wished: float
    accept: Threshold
    accept_one: Threshold
    margin: float
    lead: float
    frames: int
    shown: bool


def pairs(takes: Sequence[Take], similarity: Scores) -> PairScores:
    """Every pair of frames of different recordings, from the square of similarities of all frames in their order.

    Frames of one recording are of one moment: that they are alike proves nothing.
    """
    person = np.concatenate([np.full(len(take.vectors), take.person) for take in takes])
    recording = np.concatenate([np.full(len(take.vectors), number) for number, take in enumerate(takes)])
    one, other = np.triu_indices(len(person), 1)
    apart = recording[one] != recording[other]
    one, other = one[apart], other[apart]
    return PairScores(similarity[one, other], person[one], person[other], np.bincount(person))


def propose(takes: Sequence[Take], similarity: Scores, wished: float, policy: MatchPolicy) -> Proposal:
    """Thresholds for a wished false match rate, beginning with those in use. Raises ValueError for fewer than two people."""
    found = pairs(takes, similarity)
    if not len(found.impostor):
        raise ValueError("a false match needs two people: nobody was compared with another")
    accept, shown = _threshold(found, wished, policy.accept)
    accept_one, _ = _threshold(found, wished * ONE_TO_ONE, policy.accept_one)
    lead = _most_lead(takes, similarity)
    margin = max(policy.margin, _up(lead) if shown or lead > policy.margin else policy.margin)
    one = replace(accept_one, value=min(accept_one.value, accept.value))
    return Proposal(wished, accept, one, margin, lead, policy.frames, shown)


def _threshold(found: PairScores, wished: float, used: float) -> tuple[Threshold, bool]:
    measured = threshold_at(found.impostor, wished)
    lower = score(found, measured)
    # only the upper bound shows that a rate holds; where it does not, what was measured on thousands stands
    shown = lower.far.high <= wished
    value = _up(measured if shown else max(measured, used))
    point = score(found, value)
    return Threshold(value, measured, point.far, point.tar), shown


def _up(value: float) -> float:
    """To the next hundredth, up: as settings are written. What floating point adds is no reason for a whole one."""
    return min(1.0, float(np.ceil(value * _ROUND - 1e-9) / _ROUND))


def _most_lead(takes: Sequence[Take], similarity: Scores) -> float:
    """Frame by frame, without the person's own recordings: how far the best other person leads over the second best."""
    person = np.concatenate([np.full(len(take.vectors), take.person) for take in takes])
    people = np.unique(person)
    best = np.stack([similarity[:, person == one].max(axis=1) for one in people], axis=1)
    best[person[:, None] == people[None, :]] = STRANGER
    if len(people) < 3:  # two people: nobody else is second
        return 0.0
    ordered = np.sort(best, axis=1)
    return float((ordered[:, -1] - ordered[:, -2]).max())


def histogram(scores: Scores, bins: int = 15, width: int = 40) -> list[str]:
    """The distribution as lines of text, from 0 to 1; what is outside is in the first and last line."""
    counts = np.histogram(np.clip(scores, 0, 1 - 1e-6), bins, (0.0, 1.0))[0]
    most = max(int(counts.max()), 1)
    edges = np.linspace(0, 1, bins + 1)
    return [
        f"{low:5.2f} {'#' * int(np.ceil(width * count / most))} {count or ''}".rstrip()
        for low, count in zip(edges, counts, strict=False)
    ]


def as_toml(proposal: Proposal, engine: str, people: int) -> str:
    """The settings as a table of tower.toml, with where they come from."""
    far = proposal.accept.far
    return (
        f"# towerd face calibrate: {people} people, {far.trials} pairs of different people; at accept {far.hits} of them\n"
        f"# pass, at most {far.high:.2g} with 95 % confidence; wished were {proposal.wished:g}\n"
        "[face]\n"
        f'engine = "{engine}"\n'
        f"accept = {proposal.accept.value:.2f}\n"
        f"accept_one = {proposal.accept_one.value:.2f}\n"
        f"margin = {proposal.margin:.2f}\n"
        f"frames = {proposal.frames}\n"
    )
