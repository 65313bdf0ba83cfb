from __future__ import annotations

import pytest

from tests.support.heads import head, paper
from towerd.faceid.pose import yaw_deg, yaw_ratio


@pytest.mark.parametrize("roll_deg", [-20.0, 0.0, 20.0])
@pytest.mark.parametrize("yaw", [-40.0, -15.0, 0.0, 15.0, 40.0])
def test_the_yaw_of_a_head_is_read_whatever_its_tilt(yaw: float, roll_deg: float) -> None:
    assert yaw_deg(head(yaw, roll_deg)) == pytest.approx(yaw, abs=0.01)


@pytest.mark.parametrize("yaw", [-50.0, 0.0, 50.0])
def test_a_flat_picture_that_is_turned_looks_ahead(yaw: float) -> None:
    assert yaw_deg(paper(yaw)) == pytest.approx(0, abs=0.01)


def test_the_nose_on_an_eye_is_one() -> None:
    landmarks = ((0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (0.0, 2.0), (2.0, 2.0))
    assert yaw_ratio(landmarks) == pytest.approx(1)


def test_eyes_in_one_point_are_no_error() -> None:
    assert -90 <= yaw_deg(((5.0, 5.0),) * 5) <= 90
