"""Whether a camera serves: judged from the frames it gives, or does not give. Pure: time is passed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from towerd.faceid.engine import Image

CameraReason = Literal[
    "",
    "camera_starting",
    "camera_absent",
    "camera_no_frames",
    "camera_black",
    "camera_frozen",
    "camera_tiny",
    "camera_huge",
    "camera_torn",
]

# each is noticed within 2 s: these and the pause between two frames stay below it
SILENT_S = 1.5
BLACK_S = 1.0
TORN_S = 1.0
FROZEN_S = 1.4
WIDTH_MIN_PX, HEIGHT_MIN_PX = 160, 120
_BLACK_MEAN, _BLACK_SPREAD = 16.0, 8.0
_SAMPLE_STEP = 8
PIXELS_MAX = 9_000_000
"""A little more than 3840 x 2160: what is larger would take the worker's memory and time."""
TORN_RATIO = 0.15
_DARK, _BRIGHT = 5, 250


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture and when it was taken; `number` counts the frames of one camera."""

    image: Image
    at_mono_s: float
    number: int


def is_torn(sample: Image) -> bool:
    """Whether a part of the picture is missing: rows of one colour, which a decoder that lost data leaves.

    No sensor gives them, but where it sees nothing at all (black) or too much light.
    """
    first = sample[:, :1]
    plain = (sample == first).all(axis=(1, 2)) & (first.max(axis=(1, 2)) > _DARK) & (first.min(axis=(1, 2)) < _BRIGHT)
    return bool(plain.mean() >= TORN_RATIO)


class FrameWatch:
    """Follows the frames of one camera. A still picture as source (`still`) is not held against it."""

    def __init__(self, still: bool = False) -> None:
        self._still = still
        self._open = True
        self._last_mono_s: float | None = None
        self._opened_mono_s: float | None = None
        self._black_since_mono_s: float | None = None
        self._torn_since_mono_s: float | None = None
        self._same_since_mono_s: float | None = None
        self._sample = b""
        self._size: CameraReason = ""

    def opened(self, mono_s: float) -> None:
        """The source could be opened."""
        self._open = True
        self._opened_mono_s = mono_s

    def absent(self) -> None:
        """The source cannot be opened."""
        self._open = False

    def observe(self, frame: Frame) -> bool:
        """A frame came. Whether it is worth a look: a torn one or one of a wrong size is not."""
        now_s, image = frame.at_mono_s, frame.image
        self._last_mono_s = now_s
        self._size = _size(image)
        part = image[::_SAMPLE_STEP, ::_SAMPLE_STEP]
        black = bool(part.mean() < _BLACK_MEAN and part.std() < _BLACK_SPREAD)
        torn = not self._still and is_torn(part)
        self._black_since_mono_s = _since(self._black_since_mono_s, black, now_s)
        self._torn_since_mono_s = _since(self._torn_since_mono_s, torn, now_s)
        sample = part.tobytes()
        if sample != self._sample or self._same_since_mono_s is None:
            self._sample, self._same_since_mono_s = sample, now_s
        return not (torn or self._size)

    def reason(self, mono_s: float) -> CameraReason:
        """Why the camera does not serve now; empty where it does."""
        if not self._open:
            return "camera_absent"
        if self._last_mono_s is None:
            waited = self._opened_mono_s is not None and mono_s - self._opened_mono_s > SILENT_S
            return "camera_no_frames" if waited else "camera_starting"
        if mono_s - self._last_mono_s > SILENT_S:
            return "camera_no_frames"
        return self._size or self._picture(mono_s)

    def _picture(self, mono_s: float) -> CameraReason:
        if self._torn_since_mono_s is not None and mono_s - self._torn_since_mono_s > TORN_S:
            return "camera_torn"
        if self._black_since_mono_s is not None and mono_s - self._black_since_mono_s > BLACK_S:
            return "camera_black"
        last_s, same_s = self._last_mono_s, self._same_since_mono_s
        frozen = last_s is not None and same_s is not None and last_s - same_s > FROZEN_S
        return "camera_frozen" if frozen and not self._still else ""


def _since(before_mono_s: float | None, holds: bool, now_mono_s: float) -> float | None:
    """Since when something holds; None while it does not."""
    if not holds:
        return None
    return now_mono_s if before_mono_s is None else before_mono_s


def _size(image: Image) -> CameraReason:
    if image.shape[1] < WIDTH_MIN_PX or image.shape[0] < HEIGHT_MIN_PX:
        return "camera_tiny"
    return "camera_huge" if image.shape[0] * image.shape[1] > PIXELS_MAX else ""
