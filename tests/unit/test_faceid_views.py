from __future__ import annotations

import math

import numpy as np
import pytest

from tests.support.faces import ScriptedEngine
from towerd.faceid.engine import Vector
from towerd.faceid.views import ViewRules, Views

RULES = ViewRules(sure=0.55, known=0.85, most=3)


def at(angle_deg: float) -> Vector:
    """As alike to the face at 0 as the cosine of the angle."""
    vector = np.zeros(128, np.float32)
    vector[:2] = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    return vector


@pytest.fixture
def views() -> Views:
    return Views(ScriptedEngine().similarities, at(0), RULES)


def look(views: Views, angle_deg: float) -> float:
    similarity = views.similarity(at(angle_deg))
    views.keep(at(angle_deg), similarity)
    return similarity


def test_a_face_that_turns_is_compared_with_itself_a_moment_ago(views: Views) -> None:
    assert look(views, 40) == pytest.approx(math.cos(math.radians(40)), abs=1e-6)
    assert look(views, 80) == pytest.approx(math.cos(math.radians(40)), abs=1e-6)
    assert views.first == pytest.approx(at(0))
    assert len(views) == 3


def test_what_is_not_surely_the_face_is_no_view(views: Views) -> None:
    assert look(views, 60) == pytest.approx(0.5, abs=1e-6)
    assert len(views) == 1
    # as it would be if that had come in
    assert look(views, 80) == pytest.approx(math.cos(math.radians(80)), abs=1e-6)


def test_what_tells_nothing_new_is_no_view(views: Views) -> None:
    assert look(views, 30) > RULES.known
    assert len(views) == 1


def test_no_more_than_so_many_are_kept(views: Views) -> None:
    for angle_deg in (45, 90, 135, 180):
        look(views, angle_deg)
    assert len(views) == RULES.most
    assert look(views, 180) == pytest.approx(0.0, abs=1e-6)
