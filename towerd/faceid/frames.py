"""Whether a camera serves: judged from the frames it gives, or does not give. Pure: time is passed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from towerd.faceid.engine import Image

CameraReason = Literal[
    "", "camera_starting", "camera_absent", "camera_no_frames", "camera_black", "camera_frozen", "camera_tiny"
]

# each is noticed within 2 s: these and the pause between two frames stay below it
SILENT_S = 1.5
BLACK_S = 1.0
FROZEN_S = 1.4
WIDTH_MIN_PX, HEIGHT_MIN_PX = 160, 120
_BLACK_MEAN, _BLACK_SPREAD = 16.0, 8.0
_SAMPLE_STEP = 8


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture and when it was taken; `number` counts the frames of one camera."""

    image: Image
    at_mono_s: float
    number: int


class FrameWatch:
    """Follows the frames of one camera. A still picture as source (`still`) is not held against it."""

    def __init__(self, still: bool = False) -> None:
        self._still = still
        self._open = True
        self._last_mono_s: float | None = None
        self._opened_mono_s: float | None = None
        self._black_since_mono_s: float | None = None
        self._same_since_mono_s: float | None = None
        self._sample = b""
        self._tiny = False

    def opened(self, mono_s: float) -> None:
        """The source could be opened."""
        self._open = True
        self._opened_mono_s = mono_s

    def absent(self) -> None:
        """The source cannot be opened."""
        self._open = False

    def observe(self, frame: Frame) -> None:
        """A frame came."""
        now_s, image = frame.at_mono_s, frame.image
        self._last_mono_s = now_s
        self._tiny = image.shape[1] < WIDTH_MIN_PX or image.shape[0] < HEIGHT_MIN_PX
        part = image[::_SAMPLE_STEP, ::_SAMPLE_STEP]
        black = bool(part.mean() < _BLACK_MEAN and part.std() < _BLACK_SPREAD)
        if not black:
            self._black_since_mono_s = None
        elif self._black_since_mono_s is None:
            self._black_since_mono_s = now_s
        sample = part.tobytes()
        if sample != self._sample or self._same_since_mono_s is None:
            self._sample, self._same_since_mono_s = sample, now_s

    def reason(self, mono_s: float) -> CameraReason:
        """Why the camera does not serve now; empty where it does."""
        if not self._open:
            return "camera_absent"
        if self._last_mono_s is None:
            waited = self._opened_mono_s is not None and mono_s - self._opened_mono_s > SILENT_S
            return "camera_no_frames" if waited else "camera_starting"
        if mono_s - self._last_mono_s > SILENT_S:
            return "camera_no_frames"
        if self._tiny:
            return "camera_tiny"
        if self._black_since_mono_s is not None and mono_s - self._black_since_mono_s > BLACK_S:
            return "camera_black"
        frozen = self._same_since_mono_s is not None and self._last_mono_s - self._same_since_mono_s > FROZEN_S
        return "camera_frozen" if frozen and not self._still else ""
