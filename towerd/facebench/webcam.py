"""People before a webcam, in several sessions: another camera and other people than thresholds are set on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from towerd.facebench.encode import Encoded, similarities
from towerd.facebench.identify import STRANGER, Rule, WholeRule
from towerd.facebench.rules import Rules
from towerd.facebench.stats import Indices, Scores
from towerd.facebench.verify import PairScores, Point, either_way, score
from towerd.faceid.engine import FaceEngine

WAITING = 500
LOOK_FRAMES = 5
FAR = 1e-4


@dataclass(frozen=True, slots=True)
class Webcam:
    """`points`: frames of different people, and of one person in different sessions, at thresholds set elsewhere.

    `whole`: the decision rule, among `waiting` people, over looks of five frames; whoever is looked for has a frame of
    another session as selfie; for strangers the same looks are compared without it.
    """

    people: int
    waiting: int
    points: dict[str, Point]
    whole: WholeRule


@dataclass(frozen=True, slots=True)
class Session:
    """One recording: who it shows, and the vectors of its frames with a face, as the camera's and as selfies."""

    person: int
    vectors: Scores
    selfies: Scores


def webcam(engine: FaceEngine, recordings: Sequence[tuple[str, Encoded]], filler: Scores, rules: Rules) -> Webcam:
    """Measure. `filler`: vectors of other people, of whom as many wait beside those of the webcam as make 500."""
    names = sorted({person for person, _ in recordings})
    sessions = [
        Session(names.index(person), one.vectors[one.found], one.selfies[one.found])
        for person, one in recordings
        if one.found.any()
    ]
    pairs = _pairs(engine, sessions, len(names))
    limits = {"accept_one": rules.policy.accept_one, "accept": rules.policy.accept}
    if FAR in rules.far:
        limits[f"FAR {FAR:.0e}"] = rules.far[FAR]
    filler = filler[: max(0, WAITING - len(names))]
    return Webcam(
        people=len(names),
        waiting=len(filler) + len(names),
        points={name: score(pairs, limit) for name, limit in limits.items()},
        whole=_whole(engine, sessions, filler, rules),
    )


def _pairs(engine: FaceEngine, sessions: Sequence[Session], people: int) -> PairScores:
    """Every pair of frames but those of one session: they are of one moment, and prove nothing."""
    vectors = np.concatenate([one.vectors for one in sessions])
    person = np.concatenate([np.full(len(one.vectors), one.person) for one in sessions])
    session = np.concatenate([np.full(len(one.vectors), number) for number, one in enumerate(sessions)])
    matrix = either_way(similarities(engine, vectors, np.concatenate([one.selfies for one in sessions])))
    one, other = np.triu_indices(len(vectors), 1)
    apart = session[one] != session[other]
    one, other = one[apart], other[apart]
    return PairScores(matrix[one, other], person[one], person[other], np.bincount(person, minlength=people))


def _looks(session: Session) -> Iterator[Scores]:
    for start in range(0, len(session.vectors) - LOOK_FRAMES + 1, LOOK_FRAMES):
        yield session.vectors[start : start + LOOK_FRAMES]


def _middle(vectors: Scores) -> Scores:
    return np.asarray(vectors[len(vectors) // 2], np.float32)


def _whole(engine: FaceEngine, sessions: Sequence[Session], filler: Scores, rules: Rules) -> WholeRule:
    """The selfie of each person is a frame from the middle of the first session."""
    first: dict[int, int] = {}
    for number, one in enumerate(sessions):
        first.setdefault(one.person, number)
    people = np.array(sorted(first))
    selfies = np.array([_middle(sessions[first[person]].selfies) for person in people])
    gallery = np.concatenate([selfies, filler])
    everybody: Indices = np.concatenate([people, people.max() + 1 + np.arange(len(filler))])
    rule = Rule(rules.policy, rules.alike, len(everybody))
    marked = rule.gallery(similarities(engine, gallery, gallery), everybody)
    for number, session in enumerate(sessions):
        column = int(np.flatnonzero(people == session.person)[0])
        for vectors in _looks(session):
            scores = similarities(engine, vectors, gallery)
            if number != first[session.person]:
                rule.take(list(scores), column, session.person, marked)
            without = np.delete(scores, column, axis=1)
            rule.take(list(without), STRANGER, session.person, np.delete(marked, column))
    return rule.result(0)
