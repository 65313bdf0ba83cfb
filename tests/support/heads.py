"""Landmarks of a head that turns, of a flat picture of one that is turned, and the samples of a whole visit."""

from __future__ import annotations

import math
from collections.abc import Iterable

from towerd.faceid.challenge import Sample
from towerd.faceid.pose import NOSE_DEPTH_RATIO, Landmarks, Point

_POINTS = ((-1.0, -0.9), (1.0, -0.9), (0.0, 0.0), (-0.8, 0.9), (0.8, 0.9))
_DEPTHS = (0.0, 0.0, NOSE_DEPTH_RATIO, 0.1, 0.1)


def head(yaw_deg: float, roll_deg: float = 0.0, size_px: float = 40.0, at: Point = (320.0, 240.0)) -> Landmarks:
    """A head of half an eye distance `size_px`, turned to its own left by `yaw_deg`."""
    return _seen(yaw_deg, roll_deg, size_px, at, _DEPTHS)


def paper(yaw_deg: float, size_px: float = 40.0) -> Landmarks:
    """A flat picture of a head that looked ahead, turned by `yaw_deg`."""
    return _seen(yaw_deg, 0.0, size_px, (320.0, 240.0), (0.0,) * 5)


def _seen(yaw_deg: float, roll_deg: float, size_px: float, at: Point, depths: Iterable[float]) -> Landmarks:
    yaw, roll = math.radians(yaw_deg), math.radians(roll_deg)
    found = []
    for (x, y), depth in zip(_POINTS, depths, strict=True):
        turned = x * math.cos(yaw) + depth * math.sin(yaw)
        found.append(
            (
                at[0] + size_px * (turned * math.cos(roll) - y * math.sin(roll)),
                at[1] + size_px * (turned * math.sin(roll) + y * math.cos(roll)),
            )
        )
    return found[0], found[1], found[2], found[3], found[4]


def samples(yaws: Iterable[float], start_mono_s: float = 100.0, period_s: float = 1 / 15) -> list[Sample]:
    """A frame for each yaw, of one track and one person."""
    return [Sample(start_mono_s + n * period_s, 1, head(yaw), 0.8) for n, yaw in enumerate(yaws)]


def sweep(*stops: float, step_deg: float = 5.0) -> list[float]:
    """Yaws from stop to stop, evenly."""
    yaws = [stops[0]]
    for stop in stops[1:]:
        count = max(1, math.ceil(abs(stop - yaws[-1]) / step_deg))
        begin = yaws[-1]
        yaws += [begin + (stop - begin) * (n + 1) / count for n in range(count)]
    return yaws
