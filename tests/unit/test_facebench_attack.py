"""Attacks and living people, from landmarks that are known."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from towerd.facebench.attack import Seen, Series, orders, passes, tally, turned, windows
from towerd.faceid.challenge import ChallengeRules
from towerd.faceid.pose import NOSE_DEPTH_RATIO, Landmarks

RULES = ChallengeRules(same=0.36)


def landmarks(angle_deg: float) -> Landmarks:
    nose = 50 + 50 * NOSE_DEPTH_RATIO * math.tan(math.radians(angle_deg))
    return ((0.0, 0.0), (100.0, 0.0), (nose, 60.0), (20.0, 100.0), (80.0, 100.0))


def series(angles: Sequence[float | None], live: float | None = None, person: str = "p") -> Series:
    frames = [Seen(None if angle is None else landmarks(angle), live, 1.0) for angle in angles]
    return Series("print", attack=True, person=person, frames=tuple(frames))


def slow(*stations: float) -> list[float]:
    """Angles from one station to the next in steps of 5 degrees, three frames at each station."""
    path: list[float] = []
    for start, end in zip((0.0, *stations), stations, strict=False):
        steps = int(abs(end - start) / 5)
        path += [start + (end - start) * step / max(steps, 1) for step in range(steps)] + [end] * 3
    return path


def test_windows_have_eight_frames_with_a_face_and_do_not_overlap() -> None:
    assert windows(series([0.0] * 17, live=0.9)) == [True, True]
    assert windows(series([0.0] * 7, live=0.9)) == []
    assert windows(series([0.0] * 8, live=0.05)) == [False]
    assert windows(series([0.0] * 30)) == []  # the check did not run


def test_a_head_is_turned_where_both_sides_are_shown() -> None:
    assert turned(series([0, 16, None, -16]), RULES)
    assert not turned(series([0, 30, -10]), RULES)
    assert not turned(series([0, 60, -60]), RULES)  # beyond what any engine compares
    assert not turned(series([None]), RULES)


def test_six_orders_of_three_turns() -> None:
    assert len(set(orders(3))) == 6
    assert len(set(orders(2))) == 2


def test_a_film_passes_the_challenge_it_happens_to_show() -> None:
    film = series(slow(0, 25, 0, -25, 0))
    assert passes(film, ("left", "right"), RULES)
    assert not passes(film, ("right", "left"), RULES)
    assert not passes(series([0.0] * 200), ("left", "right"), RULES)


def test_a_species_is_told_with_windows_recordings_and_people() -> None:
    film = series(slow(0, 25, 0, -25, 0), live=0.9, person="a")
    still = series([0.0] * 16, live=0.05, person="b")
    found = tally([film, still], RULES, turns=2)
    assert (found.name, found.attack, found.series, found.frames) == ("print", True, 2, len(film.frames) + 16)
    assert found.windows is not None
    assert (found.windows.hits, found.windows.trials) == (len(windows(film)), len(windows(film)) + 2)
    assert found.windows.people == 2
    assert (found.turned.hits, found.turned.trials) == (1, 2)
    assert (found.challenged.hits, found.challenged.trials) == (1, 4)


def test_a_check_that_did_not_run_is_not_counted() -> None:
    assert tally([series([0.0] * 16)], RULES).windows is None


def test_none_of_few_people_proves_little() -> None:
    found = tally([series([0.0] * 16, live=0.05, person=str(number)) for number in range(8)], RULES)
    assert found.windows is not None
    assert found.windows.value == 0.0
    assert found.windows.high == pytest.approx(0.369, abs=1e-3)
