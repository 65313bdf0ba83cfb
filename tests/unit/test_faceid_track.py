from __future__ import annotations

import numpy as np
import pytest

from tests.support.faces import face
from towerd.faceid.engine import Face, Vector
from towerd.faceid.track import Burst, Look, Tracker, continues, overlap

ONE = np.array([1, 0], np.float32)
OTHER = np.array([0, 1], np.float32)


def same(one: Vector, other: Vector) -> bool:
    return float(one @ other) > 0.5


def burst(frames: int = 3) -> Burst:
    return Burst(frames, 2.0, same)


def test_overlap() -> None:
    assert overlap(face(), face()) == 1.0
    assert overlap(face(left=0), face(left=100)) == 0.0
    assert overlap(face(left=0), face(left=50)) == pytest.approx(1 / 3)
    flat = Face(0, 0, 0, 0, face().landmarks, 0.9)
    assert overlap(flat, flat) == 0.0


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (face(left=210), True),
        (face(left=258), True),
        (face(left=300), False),
        (face(left=200, top=260), False),
        (face(left=225, top=175, side=50), False),
    ],
)
def test_what_may_be_the_same_face(now: Face, expected: bool) -> None:
    assert continues(face(), now) is expected


def test_a_track_keeps_its_number_until_a_gap_or_a_jump() -> None:
    tracker = Tracker()
    assert tracker.follow(face(), 1.0) == 1
    assert tracker.follow(face(left=220), 1.5) == 1
    assert tracker.follow(face(left=500), 1.6) == 2
    assert tracker.follow(face(left=500), 2.3) == 3
    assert tracker.broken() == 4
    assert tracker.follow(face(left=500), 2.4) == 4


def add(collected: Burst, track: int, scores: dict[str, float], at_s: float) -> list[dict[str, float]] | None:
    done = collected.add(track, ONE, Look(scores, None, at_s))
    return None if done is None else [look.scores for look in done]


def test_a_burst_is_complete_with_enough_frames_and_again_after_the_pause() -> None:
    collected = burst()
    for at_s in (0.0, 0.1):
        assert collected.wants(1, at_s)
        assert add(collected, 1, {"a": at_s}, at_s) is None
    assert add(collected, 1, {"a": 0.2}, 0.2) == [{"a": 0.0}, {"a": 0.1}, {"a": 0.2}]
    assert not collected.wants(1, 2.1)
    assert collected.wants(2, 0.3)
    assert collected.wants(1, 2.2)


def test_frames_of_another_track_and_old_frames_do_not_count() -> None:
    collected = burst()
    add(collected, 1, {}, 0.0)
    add(collected, 1, {}, 0.1)
    assert add(collected, 2, {"a": 1.0}, 0.2) is None
    assert add(collected, 2, {"a": 2.0}, 3.3) is None
    assert add(collected, 2, {"a": 3.0}, 3.4) is None
    assert add(collected, 2, {"a": 4.0}, 3.5) == [{"a": 2.0}, {"a": 3.0}, {"a": 4.0}]


def test_another_person_in_the_same_place_does_not_fit() -> None:
    collected = burst()
    assert collected.fits(1, ONE)
    add(collected, 1, {}, 0.0)
    assert collected.fits(1, ONE)
    assert not collected.fits(1, OTHER)
    assert collected.fits(2, OTHER)


def test_nor_does_who_takes_the_place_after_a_report() -> None:
    collected = burst(frames=1)
    assert add(collected, 1, {}, 0.0) is not None
    assert not collected.fits(1, OTHER)
    collected.clear()
    assert not collected.fits(1, OTHER)


def test_with_other_orders_to_compare_a_burst_begins_anew() -> None:
    collected = burst(frames=1)
    assert add(collected, 1, {"a": 1.0}, 0.0) == [{"a": 1.0}]
    assert not collected.wants(1, 0.1)
    collected.clear()
    assert collected.wants(1, 0.1)
    assert add(collected, 1, {"a": 1.0}, 0.1) == [{"a": 1.0}]


def test_the_face_last_compared_is_known_under_its_track_only() -> None:
    collected = burst()
    assert collected.person(1) is None
    add(collected, 1, {}, 0.0)
    assert collected.person(1) is ONE
    assert collected.person(2) is None


def test_the_best_of_more_frames_are_given_in_their_order() -> None:
    collected = Burst(2, 2.0, lambda one, other: True, spare=2)
    for at_s, quality in ((0.0, 0.5), (0.1, 0.9), (0.2, 0.1)):
        assert collected.add(1, ONE, Look({}, None, at_s, quality)) is None
    done = collected.add(1, ONE, Look({}, None, 0.3, 0.4))
    assert done is not None
    assert [look.at_mono_s for look in done] == [0.0, 0.1]


def test_a_slow_engine_waits_for_no_more_than_must_be_there() -> None:
    collected = Burst(3, 2.0, lambda one, other: True, spare=2)
    assert collected.add(1, ONE, Look({}, None, 0.0)) is None
    assert collected.add(1, ONE, Look({}, None, 0.6)) is None
    done = collected.add(1, ONE, Look({}, None, 1.2))
    assert done is not None
    assert [look.at_mono_s for look in done] == [0.0, 0.6, 1.2]
