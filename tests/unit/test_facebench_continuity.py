"""People who turn, paper, and strangers: faces are directions in a plane, so that it is known how alike they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.support.heads import head, sweep
from towerd.facebench.continuity import (
    Judge,
    Person,
    Sets,
    continuity,
    counts,
    loses,
    misses,
    of_recording,
    turning,
    turns,
)
from towerd.facebench.continuity import willing as willing_
from towerd.facebench.encode import Encoded
from towerd.faceid.challenge import ChallengeRules
from towerd.faceid.engine import Vector
from towerd.faceid.liveness import Side
from towerd.faceid.views import ViewRules

NOBODY = np.full(128, np.nan, np.float32)
RULES = ChallengeRules(same=0.36)
JUDGE = Judge(lambda one, many: many @ one, RULES, ViewRules())
FIRST_ONLY = replace(JUDGE, views=ViewRules(most=1))
BOTH_SIDES = sweep(0, 30, 30, 0, -30, -30, 0)


def face(angle_deg: float) -> Vector:
    vector = np.zeros(128, np.float32)
    vector[:2] = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    return vector


def recording(yaws: Sequence[float | None], faces: Sequence[float] | None = None, name: str = "a") -> Person:
    """`faces`: which way each frame's vector points, in degrees; without them, 2.4 times as far as the head is turned."""
    if faces is None:
        faces = [2.4 * (yaw or 0.0) for yaw in yaws]
    vectors = [NOBODY if yaw is None else face(angle) for yaw, angle in zip(yaws, faces, strict=True)]
    points = [np.full((5, 2), np.nan) if yaw is None else head(yaw) for yaw in yaws]
    rows = np.array(vectors, np.float32)
    return of_recording(name, Encoded(rows, rows, np.array(points, np.float32), np.zeros(len(rows), np.float32)))


def willing(person: Person, order: Sequence[Side], judge: Judge = JUDGE) -> tuple[str, str]:
    end = willing_(person, order, 0, judge)
    return end.outcome, end.reason


def test_a_turn_is_to_one_side_and_back_in_time() -> None:
    person = recording(BOTH_SIDES)
    assert turns(person, RULES) == {"left": [range(2, 12)], "right": [range(15, 25)]}
    assert turning([person], RULES) == [person]
    assert turning([recording(sweep(0, 30, 0, 30, 0))], RULES) == []
    assert turning([recording([0, 30, -30, 0])], RULES) == []
    assert turning([recording([0, *[30] * 95, 0, -30, 0])], RULES) == []
    assert turning([recording([0, *[None] * 5, 0, -30, 0])], RULES) == []


def test_who_turns_is_lost_where_the_first_view_alone_is_compared_with() -> None:
    person = recording(BOTH_SIDES)
    assert not loses(person, 0, JUDGE)
    assert loses(person, 0, FIRST_ONLY)


@pytest.mark.parametrize(
    ("faces", "lost"),
    [
        ([0, 90, 0, 90, 0, 90, 0], False),
        ([0, 90, 0, 90, 0, 90, 0, 90, 0], True),
        ([0, 90, 90, 0], True),
        ([0, 0, 0], False),
    ],
)
def test_odd_frames_count_as_in_a_challenge(faces: list[float], lost: bool) -> None:
    assert loses(recording([0.0] * len(faces), faces), 0, JUDGE) is lost


def test_nothing_is_held_against_a_face_that_is_gone_or_turned_too_far() -> None:
    assert not loses(recording([0, *[None] * 12, 0, 0], [0] * 13 + [90, 90]), 0, JUDGE)
    assert loses(recording([0, *[None] * 3, 0, 0], [0] * 4 + [90, 90]), 0, JUDGE)
    assert not loses(recording([0, 60, 60], [0, 90, 90]), 0, JUDGE)


def test_who_turns_as_asked_passes_whatever_the_order() -> None:
    person = recording(BOTH_SIDES)
    assert willing(person, ("left", "right", "right")) == ("passed", "")
    assert willing(person, ("right", "left", "right")) == ("passed", "")
    assert willing(person, ("left", "right"), FIRST_ONLY) == ("failed", "another_face")
    gone = recording([*sweep(0, 20), *[None] * 12, *sweep(20, 0, -30, 0)])
    assert willing(gone, ("left", "right")) == ("failed", "face_lost")


def test_strangers_who_are_like_any_view_of_the_paper_are_missed() -> None:
    paper = recording([None, 0, 5, 5], [0, 0, 30, 50])
    strangers = np.array([face(60), face(110), face(180)])
    assert misses(paper, strangers, JUDGE) == (2, 3)
    assert misses(paper, strangers, FIRST_ONLY) == (1, 3)
    assert misses(recording([None]), strangers, JUDGE) == (0, 0)


def test_heads_that_count_are_turned_and_can_be_compared() -> None:
    assert counts(np.array([0.0, 15.0, -40.0, 41.0, np.nan]), RULES).tolist() == [False, True, True, False, False]


def test_all_of_it_with_people_and_reasons() -> None:
    still, paper = recording([0.0] * 9, name="b"), recording([0, 0], [0, 0], name="c")
    same, other = recording([0], [10], name="c"), recording([0, None, 0, 0], [50, 0, 90, 180], name="d")
    living, strangers = [recording(BOTH_SIDES), still], np.array([face(30), face(90)])
    found = continuity(Sets(living, [paper], [same, other], strangers), JUDGE)
    assert (found.lost.hits, found.lost.people) == (0, 1)
    assert (found.missed.hits, found.missed.trials) == (1, 2)
    assert (found.willing.hits, found.willing.trials, found.reasons) == (6, 6, {})
    assert (found.beside.hits, found.beside.trials) == (1, 3)
    less = continuity(Sets([recording(BOTH_SIDES)], [paper], [], strangers), FIRST_ONLY)
    assert less.lost.hits > 0
    assert (less.willing.hits, less.willing.trials, less.reasons) == (0, 6, {"another_face": 6})
    assert less.beside.trials == 0
