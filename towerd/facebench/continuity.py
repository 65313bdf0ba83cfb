"""Whether a challenge knows that the face stayed the same one: how often it loses somebody who turns the head, how often it
misses a stranger who takes the place of a picture, and how often somebody willing fails. Pure.

Nobody in these sets was asked to turn. So films of people who look about are taken apart into turns, from a frame that
looks ahead to the next one, and played as a willing person would turn: each side when it is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from towerd.facebench.attack import FRAME_S, orders
from towerd.facebench.encode import Encoded
from towerd.facebench.stats import Rate, Scores, rate_by_people
from towerd.faceid.challenge import Challenge, ChallengeRules, Sample, begin, observe
from towerd.faceid.engine import Vector
from towerd.faceid.liveness import SIDES, Side
from towerd.faceid.pose import Landmarks, yaw_deg
from towerd.faceid.views import ViewRules, Views

REACTION_FRAMES: Final = 8
"""How long somebody who is asked something goes on as before: about half a second."""
TURNS: Final = 3
Similarities = Callable[[Vector, Vector], Vector]


@dataclass(frozen=True, slots=True)
class Person:
    """One recording and whose it is. `yaws` has an angle for each frame, nan where there is no face."""

    name: str
    encoded: Encoded
    yaws: NDArray[np.float64]

    def landmarks(self, frame: int) -> Landmarks | None:
        """Of that frame; None where there is no face."""
        return None if np.isnan(self.yaws[frame]) else _points(self.encoded.landmarks[frame])


@dataclass(frozen=True, slots=True)
class Judge:
    """What decides: an engine's measure and the rules of the challenge. `views` with one view at most: as the face at the
    beginning alone would decide.
    """

    similarities: Similarities
    rules: ChallengeRules
    views: ViewRules


@dataclass(frozen=True, slots=True)
class Continuity:
    """`lost`: of six seconds of somebody who turns the head, begun at each frame that looks ahead, those in which the face
    counts as another. `missed`: of heads of strangers that are turned far enough to count, those that pass for the person on
    a paper photo that was moved about before; `beside`: of frames of others before the same webcam, those that do. `willing`: of challenges of every order, those that somebody passes who
    turns as asked; `reasons` of the others.
    """

    lost: Rate
    missed: Rate
    beside: Rate
    willing: Rate
    reasons: dict[str, int]


def _points(row: NDArray[np.float32]) -> Landmarks:
    points: Landmarks = tuple((float(x), float(y)) for x, y in row)  # type: ignore[assignment]
    return points


def yaws(encoded: Encoded) -> NDArray[np.float64]:
    """The angle of each picture; nan where there is no face."""
    return np.array(
        [
            yaw_deg(_points(row)) if there else np.nan
            for row, there in zip(encoded.landmarks, encoded.found, strict=True)
        ]
    )


def of_recording(name: str, encoded: Encoded) -> Person:
    """A recording with its angles."""
    return Person(name, encoded, yaws(encoded))


def turns(person: Person, rules: ChallengeRules) -> dict[Side, list[range]]:
    """The turns to one side and back that are made in the time a challenge gives, each with the frames at both its ends."""
    found: dict[Side, list[range]] = {side: [] for side in SIDES}
    ahead = np.flatnonzero(np.abs(person.yaws) <= rules.ahead_deg)
    for start, end in pairwise(ahead):
        between = person.yaws[start + 1 : end]
        left, right = bool((between >= rules.turn_deg).any()), bool((between <= -rules.turn_deg).any())
        if left != right and (end - start) * FRAME_S <= rules.limit_s:
            found["left" if left else "right"].append(range(int(start), int(end) + 1))
    return found


def turning(people: Sequence[Person], rules: ChallengeRules) -> list[Person]:
    """Those who turn to both sides and back."""
    return [person for person in people if all(turns(person, rules).values())]


def _views(judge: Judge, person: Person, first: int) -> Views:
    return Views(judge.similarities, person.encoded.vectors[first], judge.views)


def _look(views: Views, person: Person, frame: int, rules: ChallengeRules) -> float:
    """The similarity of a frame with a face, as the worker takes it: `asking.py`."""
    vector = person.encoded.vectors[frame]
    similarity = views.similarity(vector)
    if abs(person.yaws[frame]) <= rules.compared_deg:
        views.keep(vector, similarity)
    return similarity


def loses(person: Person, start: int, judge: Judge) -> bool:
    """Whether the face counts as another within six seconds from `start`, as long as it is seen."""
    rules, views = judge.rules, _views(judge, person, start)
    odd = odd_all = 0
    seen = start
    for frame in range(start + 1, min(len(person.yaws), start + round(rules.limit_s / FRAME_S))):
        if (frame - seen) * FRAME_S > rules.lost_s:
            return False
        if np.isnan(person.yaws[frame]):
            continue
        seen = frame
        similarity = _look(views, person, frame, rules)
        if abs(person.yaws[frame]) > rules.compared_deg:
            continue
        odd = odd + 1 if similarity < rules.same else 0
        odd_all += odd > 0
        if odd >= rules.odd_frames or odd_all >= rules.odd_most:
            return True
    return False


def willing(person: Person, order: Sequence[Side], shift: int, judge: Judge) -> Challenge:
    """The challenge of somebody who makes these turns, after a moment, when they are asked. `shift`: which of their turns."""
    own = turns(person, judge.rules)
    now, views = begin(order, 1, 0.0), None
    for number, frame in enumerate(_played([own[side] for side in order], shift), start=1):
        views = views or _views(judge, person, frame)
        landmarks = person.landmarks(frame)
        similarity = -1.0 if landmarks is None else _look(views, person, frame, judge.rules)
        now = observe(now, Sample(number * FRAME_S, 1, landmarks, similarity), judge.rules)
    return now


def _played(asked: Sequence[Sequence[range]], shift: int) -> Iterator[int]:
    for number, choice in enumerate(asked):
        turn = choice[(shift + number) % len(choice)]
        yield from [turn[0]] * REACTION_FRAMES
        yield from turn
        yield from [turn[-1]] * REACTION_FRAMES


def misses(paper: Person, strangers: Scores, judge: Judge) -> tuple[int, int]:
    """How many of the turned heads (rows) pass for the face on the paper, once it was moved about; and of how many."""
    frames = np.flatnonzero(~np.isnan(paper.yaws))
    if not len(frames):
        return 0, 0
    views = _views(judge, paper, int(frames[0]))
    for frame in frames[1:]:
        _look(views, paper, int(frame), judge.rules)
    return sum(views.similarity(vector) >= judge.rules.same for vector in strangers), len(strangers)


def counts(yaws_deg: NDArray[np.float64], rules: ChallengeRules) -> NDArray[np.bool_]:
    """Which heads are turned far enough to count, and not too far to be compared."""
    off = np.abs(yaws_deg)
    return np.asarray((off >= rules.turn_deg) & (off <= rules.compared_deg), np.bool_)


@dataclass(frozen=True, slots=True)
class Sets:
    """`living`: films, of which those count in which somebody turns; `paper`: photos that are moved about; `webcam`: living
    people before the same camera; `strangers`: vectors of heads that are turned, of yet others.
    """

    living: Sequence[Person]
    paper: Sequence[Person]
    webcam: Sequence[Person]
    strangers: Scores

    def others(self, name: str) -> Scores:
        """Every frame of the webcam set that is of somebody else."""
        found = [one.encoded.vectors[one.encoded.found] for one in self.webcam if one.name != name]
        return np.concatenate(found) if found else self.strangers[:0]


def continuity(sets: Sets, judge: Judge, seed: int = 0) -> Continuity:
    """Everything that there are recordings for."""
    people = turning(sets.living, judge.rules)
    lost, passed, reasons = [], [], Counter[str]()
    for person in people:
        ahead = np.flatnonzero(np.abs(person.yaws) <= judge.rules.ahead_deg)
        held = [loses(person, int(start), judge) for start in ahead]
        lost.append((person.name, sum(held), len(held)))
        most = max(map(len, turns(person, judge.rules).values()))
        ends = [willing(person, order, shift, judge) for order in orders(TURNS) for shift in range(most)]
        passed.append((person.name, sum(end.outcome == "passed" for end in ends), len(ends)))
        reasons.update(end.reason or "unfinished" for end in ends if end.outcome != "passed")
    missed = [(one.name, *misses(one, sets.strangers, judge)) for one in sets.paper]
    beside = [(one.name, *misses(one, sets.others(one.name), judge)) for one in sets.paper]
    return Continuity(
        lost=_rate(lost, seed),
        missed=_rate(missed, seed),
        beside=_rate(beside, seed),
        willing=_rate(passed, seed),
        reasons=dict(sorted(reasons.items())),
    )


def _rate(found: Sequence[tuple[str, int, int]], seed: int) -> Rate:
    people = sorted({name for name, _, _ in found})
    hits, trials = np.zeros(len(people), np.int64), np.zeros(len(people), np.int64)
    for name, got, tried in found:
        hits[people.index(name)] += got
        trials[people.index(name)] += tried
    return rate_by_people(hits, trials, seed) if people else Rate(0, 0, 0, 0.0, 1.0)
