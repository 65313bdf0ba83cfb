"""Which way a face looks, from its five landmarks. Pure.

The nose stands out before the eyes: when the head turns, it moves along the line of the eyes, and a picture of a head does
not do that when the paper is turned.
"""

from __future__ import annotations

import math
from typing import Final

Point = tuple[float, float]
Landmarks = tuple[Point, Point, Point, Point, Point]
"""The eye on the image's left, the eye on its right, the tip of the nose, the corners of the mouth; in pixels."""

NOSE_DEPTH_RATIO: Final = 1.05
"""How far the nose's tip lies before the line of the eyes, over half the distance between them; a grown-up's mean."""


def yaw_ratio(landmarks: Landmarks) -> float:
    """How far the nose is off the eyes' middle along their line, over half their distance: 0 ahead, about 1 in profile.

    Above 0 where the nose points to the image's right, which is the person's own left.
    """
    (x0, y0), (x1, y1), (x, y) = landmarks[:3]
    across_x, across_y = x1 - x0, y1 - y0
    half_px = max(math.hypot(across_x, across_y) / 2, 1e-6)
    off_px = ((x - (x0 + x1) / 2) * across_x + (y - (y0 + y1) / 2) * across_y) / (2 * half_px)
    return off_px / half_px


def yaw_deg(landmarks: Landmarks) -> float:
    """How far the head is turned, -90 to 90; above 0 to the person's own left. A tilt of the head does not matter."""
    return math.degrees(math.atan(yaw_ratio(landmarks) / NOSE_DEPTH_RATIO))
