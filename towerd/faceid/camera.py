"""Reads a camera in a thread of the worker: a driver that hangs holds up this thread and nothing else.

Only the newest frame is kept. Whether the camera serves is asked of `reason`; the thread reconnects by itself, with a
growing pause. A call into the driver that never returns cannot be ended from within: `stuck_s` tells how long it lasts,
and the worker ends itself over it.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import cast

import cv2

from towerd.faceid.engine import Image
from towerd.faceid.frames import CameraReason, Frame, FrameWatch

_IMAGES = {".jpg", ".jpeg", ".png", ".bmp"}
_OPEN_LIMIT_MS, _READ_LIMIT_MS = 3000, 1500
_BACKOFF_FIRST_S, _BACKOFF_MAX_S = 0.5, 10.0
IDLE_RATE_HZ = 2.5


def _is_url(source: str) -> bool:
    return "://" in source


def open_capture(source: str) -> cv2.VideoCapture:
    """An OpenCV capture of a USB index, a URL or a video file; ask `isOpened`."""
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_LIMIT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_LIMIT_MS]
    if source.isdecimal():
        return cv2.VideoCapture(int(source), cv2.CAP_V4L2)
    return cv2.VideoCapture(source, cv2.CAP_FFMPEG, limits)


class Camera:
    """One camera. `start` it once; `latest` and `reason` may be called from another thread."""

    def __init__(self, source: str, frame_rate_hz: float) -> None:
        self._source = source
        self._period_s = 1 / frame_rate_hz
        self._still = Path(source).suffix.lower() in _IMAGES and not _is_url(source)
        self._lock = threading.Lock()
        self._watch = FrameWatch(self._still)
        self._frame: Frame | None = None
        self._count = 0
        self._busy = threading.Event()
        self._stop = threading.Event()
        self._call_since_mono_s: float | None = None
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, as soon as the driver returns."""
        self._stop.set()
        self._thread.join(5.0)

    def demand(self, busy: bool) -> None:
        """Every frame is wanted (busy), or only enough to tell whether the camera serves."""
        if busy:
            self._busy.set()
        else:
            self._busy.clear()

    def latest(self) -> Frame | None:
        """The newest frame that is worth a look."""
        with self._lock:
            return self._frame

    def reason(self, mono_s: float) -> CameraReason:
        """Why the camera does not serve now; empty where it does."""
        with self._lock:
            return self._watch.reason(mono_s)

    def stuck_s(self, mono_s: float) -> float:
        """How long the present call into the driver has lasted; 0 between calls."""
        since = self._call_since_mono_s
        return 0.0 if since is None else mono_s - since

    def _publish(self, image: Image) -> None:
        with self._lock:
            self._count += 1
            frame = Frame(image, time.monotonic(), self._count)
            if self._watch.observe(frame):
                self._frame = frame

    def _run(self) -> None:
        pause_s = _BACKOFF_FIRST_S
        while not self._stop.is_set():
            before = self._count
            if self._still:
                self._show_still()
            else:
                self._read_stream()
            pause_s = _BACKOFF_FIRST_S if self._count > before else min(_BACKOFF_MAX_S, pause_s * 2)
            self._stop.wait(pause_s)

    def _show_still(self) -> None:
        image = cv2.imread(self._source)
        if image is None:
            self._mark(opened=False)
            return
        self._mark(opened=True)
        while not self._stop.wait(self._pace_s()):
            self._publish(cast("Image", image))

    def _mark(self, *, opened: bool) -> None:
        with self._lock:
            if opened:
                self._watch.opened(time.monotonic())
            else:
                self._watch.absent()

    def _pace_s(self) -> float:
        return self._period_s if self._busy.is_set() else 1 / IDLE_RATE_HZ

    def _read_stream(self) -> None:
        self._call_since_mono_s = time.monotonic()
        capture = open_capture(self._source)
        self._call_since_mono_s = None
        try:
            if not capture.isOpened():
                self._mark(opened=False)
                return
            self._mark(opened=True)
            self._drain(capture)
        finally:
            capture.release()

    def _drain(self, capture: cv2.VideoCapture) -> None:
        """Take every frame from the driver, or its buffer grows old; decode those that are due."""
        is_file = not self._source.isdecimal() and not _is_url(self._source)
        due_mono_s = 0.0
        while not self._stop.is_set():
            self._call_since_mono_s = time.monotonic()
            got = capture.grab()
            self._call_since_mono_s = None
            if not got:
                return
            if time.monotonic() >= due_mono_s:
                due_mono_s = time.monotonic() + self._pace_s() * 0.9
                got, image = capture.retrieve()
                if got:
                    self._publish(cast("Image", image))
            if is_file:  # a file comes as fast as it is read; a camera takes its own time
                self._stop.wait(self._period_s)
