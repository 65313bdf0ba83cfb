"""Which face in this frame is the one of the frame before, and when enough of it has been seen. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from towerd.faceid.engine import Face, Vector

GAP_S = 0.6
BURST_AGE_S = 3.0
SPARE_S = 0.5
"""How long more frames than must be there are waited for: somebody stands before the camera, and a slow machine or engine
would let the first ones age away for them.
"""
_IOU_MIN = 0.3
_SHIFT_MAX = 0.6
_SIZE_RATIO_MAX = 1.6


def overlap(one: Face, other: Face) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    shared = max(width, 0.0) * max(height, 0.0)
    union = one.area + other.area - shared
    return shared / union if union > 0 else 0.0


def continues(before: Face, now: Face) -> bool:
    """Whether the box may be the same face a moment later: it overlaps, or has moved little and kept its size."""
    if overlap(before, now) >= _IOU_MIN:
        return True
    (x0, y0), (x1, y1) = before.centre, now.centre
    near = max(abs(x1 - x0), abs(y1 - y0)) <= _SHIFT_MAX * before.width
    ratio = now.width / max(before.width, 1e-6)
    return near and 1 / _SIZE_RATIO_MAX <= ratio <= _SIZE_RATIO_MAX


class Tracker:
    """Numbers the one face that is looked at: a new number after a gap, a jump, or another person in the same place."""

    def __init__(self) -> None:
        self.track = 0
        self._face: Face | None = None
        self._seen_mono_s = 0.0

    def follow(self, face: Face, mono_s: float) -> int:
        """The number of the track that `face` belongs to."""
        fresh = mono_s - self._seen_mono_s <= GAP_S
        if self._face is None or not fresh or not continues(self._face, face):
            self.track += 1
        self._face, self._seen_mono_s = face, mono_s
        return self.track

    def broken(self) -> int:
        """What seemed one track shows another person: its new number."""
        self.track += 1
        return self.track


@dataclass(frozen=True, slots=True)
class Look:
    """One good frame: its similarity to each order, how alive the face seemed (None: not looked at), what it is worth."""

    scores: dict[str, float]
    live: float | None
    at_mono_s: float
    quality: float = 1.0


@dataclass(slots=True)
class Burst:
    """Collects good frames of one track until `frames` and `spare` are there (or `frames` after SPARE_S), and gives the best
    `frames`; then again after `repeat_s`, or at once for a new track.

    `same` tells whether two vectors may be of one person.
    """

    frames: int
    repeat_s: float
    same: Callable[[Vector, Vector], bool]
    spare: int = 0
    _track: int = -1
    _person: Vector | None = None
    _looks: list[Look] = field(default_factory=list)
    _reported_track: int = -1
    _reported_mono_s: float = 0.0

    def wants(self, track: int, mono_s: float) -> bool:
        """Whether a frame of this track is worth the work of comparing."""
        return track != self._reported_track or mono_s - self._reported_mono_s >= self.repeat_s

    def fits(self, track: int, vector: Vector) -> bool:
        """Whether `vector` may be of the person who was last seen under this track, in this burst or an earlier one."""
        return track != self._track or self._person is None or self.same(self._person, vector)

    def person(self, track: int) -> Vector | None:
        """The face last compared under this track; None where there is none."""
        return self._person if track == self._track else None

    def add(self, track: int, vector: Vector, look: Look) -> list[Look] | None:
        """Take a frame in. The best frames, in their order, once there are enough; else None."""
        if track != self._track:
            self._track, self._looks = track, []
        self._looks = [kept for kept in self._looks if look.at_mono_s - kept.at_mono_s <= BURST_AGE_S]
        self._looks.append(look)
        self._person = vector
        waited = look.at_mono_s - self._looks[0].at_mono_s > SPARE_S
        if len(self._looks) < (self.frames if waited else self.frames + self.spare):
            return None
        best = sorted(self._looks, key=lambda kept: kept.quality, reverse=True)[: self.frames]
        done, self._looks = sorted(best, key=lambda kept: kept.at_mono_s), []
        self._reported_track, self._reported_mono_s = track, look.at_mono_s
        return done

    def clear(self) -> None:
        """Forget what was collected: those compared with have changed, or a new report is wanted now."""
        self._looks = []
        self._reported_track = -1
