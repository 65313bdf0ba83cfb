"""Thresholds proposed from people whose likeness is known."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from towerd.facebench.calibration import Take, as_toml, histogram, pairs, propose
from towerd.faceid.policy import MatchPolicy

POLICY = MatchPolicy(accept=0.47, margin=0.08, accept_one=0.42)


def takes(people: int, visits: int = 2, frames: int = 3) -> list[Take]:
    vectors = np.zeros((frames, 128), np.float32)
    return [Take(person, vectors) for _ in range(visits) for person in range(people)]


def likeness(found: list[Take], same: float = 0.8, other: float = 0.1, twins: float | None = None) -> np.ndarray:
    """Everybody is like themselves by `same` and like others by `other`; persons 0 and 1 are alike by `twins`."""
    person = np.concatenate([np.full(len(take.vectors), take.person) for take in found])
    matrix = np.full((len(person), len(person)), other, np.float32)
    if twins is not None:
        matrix[(person[:, None] + person[None, :] == 1)] = twins
    matrix[person[:, None] == person[None, :]] = same
    return matrix


def test_frames_of_one_recording_are_not_compared() -> None:
    found = takes(2, visits=2, frames=3)
    scores = pairs(found, likeness(found))
    assert len(scores.genuine) == 2 * 3 * 3
    assert len(scores.impostor) == 6 * 6


def test_few_people_lower_no_threshold() -> None:
    found = takes(10)
    proposal = propose(found, likeness(found), 1e-5, POLICY)
    assert (proposal.accept.value, proposal.accept_one.value, proposal.margin) == (0.47, 0.42, 0.08)
    assert not proposal.shown
    assert proposal.accept.measured == pytest.approx(0.1, abs=1e-5)
    assert proposal.accept.far.hits == 0
    assert proposal.accept.far.high == pytest.approx(1 - 0.05 ** (1 / 5))  # five pairs of people that share nobody
    assert proposal.accept.proven
    assert proposal.frames == POLICY.frames


def test_people_who_are_more_alike_than_the_threshold_raise_it_and_the_margin() -> None:
    found = takes(10)
    proposal = propose(found, likeness(found, twins=0.55), 1e-5, POLICY)
    assert proposal.accept.value == pytest.approx(0.56)
    assert proposal.accept_one.value == pytest.approx(0.56)
    assert proposal.accept.far.hits == 0
    assert proposal.lead == pytest.approx(0.45)  # each is like the other, and like nobody else
    assert proposal.margin == pytest.approx(0.46)


def test_enough_people_show_the_rate_and_lower_the_threshold() -> None:
    found = takes(80, frames=1)
    proposal = propose(found, likeness(found, other=0.2), 0.1, POLICY)
    assert proposal.shown
    assert proposal.accept.value == pytest.approx(0.21)
    assert proposal.margin == 0.08
    assert proposal.accept.tar.value == 1.0


def test_the_threshold_for_one_order_is_never_above_the_one_for_all() -> None:
    found = takes(3)
    proposal = propose(found, likeness(found), 1e-5, MatchPolicy(accept=0.4, margin=0.1, accept_one=0.5))
    assert proposal.accept_one.value == proposal.accept.value == 0.4


def test_one_person_is_not_enough_and_two_have_no_second() -> None:
    one = takes(1)
    with pytest.raises(ValueError, match="two people"):
        propose(one, likeness(one), 1e-5, POLICY)
    two = takes(2)
    assert propose(two, likeness(two), 1e-5, POLICY).lead == 0.0


def test_people_who_came_once_show_no_true_match() -> None:
    found = takes(3, visits=1)
    assert not propose(found, likeness(found), 1e-5, POLICY).accept.proven


def test_a_histogram_has_a_line_a_bin() -> None:
    lines = histogram(np.array([-0.2, 0.05, 0.5, 1.0], np.float32), bins=10, width=4)
    assert len(lines) == 10
    assert lines[0] == " 0.00 #### 2"
    assert lines[5] == " 0.50 ## 1"
    assert lines[9] == " 0.90 ## 1"
    assert lines[1] == " 0.10"


def test_the_settings_can_be_read_by_towerd() -> None:
    found = takes(10)
    text = as_toml(propose(found, likeness(found), 1e-5, POLICY), "opencv", 10)
    assert tomllib.loads(text)["face"] == {
        **{"engine": "opencv", "accept": 0.47, "accept_one": 0.42, "margin": 0.08, "frames": 3},
    }
    assert "10 people" in text
    assert "0 of them" in text
