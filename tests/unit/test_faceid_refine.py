"""The geometry of looking again: with a detector that finds dots by their colours, so that what is right is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest

from towerd.faceid.engine import Face, Image, Vector
from towerd.faceid.pose import Landmarks
from towerd.faceid.refine import Refiner

EYES, NOSE, MOUTH = (0, 0, 255), (0, 255, 0), (255, 0, 0)
POINTS: Landmarks = ((280.0, 200.0), (340.0, 204.0), (312.0, 240.0), (285.0, 270.0), (335.0, 272.0))


def dotted(points: Landmarks = POINTS) -> Image:
    image = np.zeros((480, 640, 3), np.uint8)
    for (x, y), colour in zip(points, (EYES, EYES, NOSE, MOUTH, MOUTH), strict=True):
        cv2.circle(image, (round(x), round(y)), 7, colour, -1)
    return image


def about(points: Landmarks, off: float = 0.0) -> Face:
    """A face whose landmarks were found `off` pixels to the right and below."""
    moved: Landmarks = tuple((x + off, y + off) for x, y in points)  # type: ignore[assignment]
    middle_x, middle_y = np.mean(points, axis=0)
    return Face(float(middle_x) - 75, float(middle_y) - 75, 150, 150, moved, 0.9)


def dots(image: Image) -> Vector | None:
    """One row as YuNet gives it; None where a dot is missing."""
    found: list[float] = []
    for channel, count in ((2, 2), (1, 1), (0, 2)):
        _, _, stats, centres = cv2.connectedComponentsWithStats(np.array(image[..., channel] > 100, np.uint8))
        large = [centre for stat, centre in zip(stats[1:], centres[1:], strict=True) if stat[cv2.CC_STAT_AREA] > 4]
        if len(large) != count:
            return None
        found += [float(value) for centre in sorted(large, key=lambda centre: float(centre[0])) for value in centre]
    return np.array([[0, 0, 1, 1, *found, 0.9]], np.float32)


class Scripted:
    """In the place of OpenCV's detector."""

    def __init__(self, find: Callable[[Image], Vector | None]) -> None:
        self.find = find
        self.asked = 0

    def detect(self, image: Image) -> tuple[int, Vector | None]:
        self.asked += 1
        return 1, self.find(image)


Make = Callable[[Callable[[Image], "Vector | None"]], tuple[Refiner, Scripted]]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Make:
    def made(find: Callable[[Image], Vector | None]) -> tuple[Refiner, Scripted]:
        scripted = Scripted(find)
        monkeypatch.setattr("cv2.FaceDetectorYN.create", lambda *_: scripted)
        return Refiner(np.empty(0, np.uint8)), scripted

    return made


def close(one: Sequence[tuple[float, float]], other: Sequence[tuple[float, float]], px: float) -> bool:
    return bool(np.abs(np.array(one) - np.array(other)).max() < px)


def test_landmarks_come_to_where_they_are(make: Make) -> None:
    refiner, scripted = make(dots)
    assert close(refiner.landmarks(dotted(), about(POINTS, off=6)), POINTS, 1.0)
    assert scripted.asked == 4


def test_an_error_to_one_side_is_undone_by_the_mirror_image(make: Make) -> None:
    def to_the_right(image: Image) -> Vector | None:
        rows = dots(image)
        if rows is not None:
            rows[:, 4:14:2] += 5
        return rows

    refiner, _ = make(to_the_right)
    assert close(refiner.landmarks(dotted(), about(POINTS)), POINTS, 1.0)


@pytest.mark.parametrize("shift", [(-265, 0), (0, -185), (285, 195)])
def test_a_face_at_the_edge_is_searched_beyond_it(make: Make, shift: tuple[int, int]) -> None:
    points: Landmarks = tuple((x + shift[0], y + shift[1]) for x, y in POINTS)  # type: ignore[assignment]
    refiner, _ = make(dots)
    assert close(refiner.landmarks(dotted(points), about(points, off=4)), points, 1.0)


@pytest.mark.parametrize("tilt_deg", [-35, 20])
def test_a_tilted_head_is_searched_with_its_eyes_level(make: Make, tilt_deg: float) -> None:
    def level_only(image: Image) -> Vector | None:
        rows = dots(image)
        return rows if rows is not None and abs(rows[0, 5] - rows[0, 7]) < 4 else None

    turn = cv2.getRotationMatrix2D((310, 236), tilt_deg, 1.0)
    tilted: Landmarks = tuple((float(x), float(y)) for x, y in np.array(POINTS) @ turn[:, :2].T + turn[:, 2])  # type: ignore[assignment]
    refiner, _ = make(level_only)
    face = about(tilted, off=5)
    assert close(refiner.landmarks(dotted(tilted), face), tilted, 1.2)


def test_what_no_search_finds_stays_as_it_was(make: Make) -> None:
    refiner, _ = make(lambda image: None)
    face = about(POINTS, off=6)
    assert refiner.landmarks(dotted(), face) == face.landmarks


def test_somebody_elses_landmarks_are_not_taken(make: Make) -> None:
    def beside(image: Image) -> Vector | None:
        rows = dots(image)
        if rows is None:
            return None
        other = rows.copy()
        other[:, 4:14] = 1.0
        return np.concatenate([other, rows])

    def only_beside(image: Image) -> Vector | None:
        return np.ones((1, 15), np.float32)

    assert close(make(beside)[0].landmarks(dotted(), about(POINTS, off=6)), POINTS, 1.0)
    face = about(POINTS, off=6)
    assert make(only_beside)[0].landmarks(dotted(), face) == face.landmarks


def test_landmarks_that_jump_are_not_believed(make: Make) -> None:
    refiner, _ = make(dots)
    near, far = about(POINTS, off=17), about(POINTS, off=19)
    assert close(refiner.landmarks(dotted(), near), POINTS, 1.0)
    assert refiner.landmarks(dotted(), far) == far.landmarks


def test_a_face_that_is_not_in_the_picture_stays_as_it_was(make: Make) -> None:
    gone: Landmarks = tuple((x + 2000, y) for x, y in POINTS)  # type: ignore[assignment]
    assert make(dots)[0].landmarks(dotted(), about(gone)) == gone
