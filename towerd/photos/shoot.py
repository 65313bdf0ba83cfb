"""Takes one picture with each camera of a cabin, seals them, and ends: a process of its own, so that a driver that hangs holds up
nothing else, and the cameras look only when they are asked to.

    python -m towerd.photos.shoot < request

The request is JSON: `sources`, `keys_dir`, `tower`, `loan`, `limit_s`; not arguments, for a camera's URL may hold a password.
The answer is a line of JSON, `sha256s` (one a picture) and `reason` (why some are missing, or empty), and then the sealed
pictures. No picture leaves this process in the clear, and it leaves no core dump.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2

from towerd.faceid.camera import Camera
from towerd.faceid.engine import Image
from towerd.faceid.vault import Vault
from towerd.keyfiles import VaultError
from towerd.photos.pictures import PURPOSE, pack
from towerd.secrecy import forbid_core_dumps

RATE_HZ = 15.0
SETTLE_S = 1.2
"""A camera finds its exposure meanwhile, and a dark, frozen or torn picture is known as one."""
ABSENT_S = 1.5
_POLL_S = 0.05
_LONGEST_PX = 1600
_QUALITY = 85


class _Shot:
    """One camera, until it has given a picture."""

    def __init__(self, source: str) -> None:
        self.camera = Camera(source, RATE_HZ)
        self.camera.demand(busy=True)
        self.camera.start()
        self._seen_mono_s: float | None = None
        self._absent_mono_s: float | None = None

    def hopeless(self, now_s: float) -> bool:
        """Whether the camera has been gone for so long that nobody is to wait for it."""
        if self.camera.reason(now_s) != "camera_absent":
            self._absent_mono_s = None
        elif self._absent_mono_s is None:
            self._absent_mono_s = now_s
        return self._absent_mono_s is not None and now_s - self._absent_mono_s >= ABSENT_S

    def picture(self, now_s: float) -> Image | None:
        """The newest frame, once the camera has served for long enough."""
        frame = self.camera.latest()
        if frame is None:
            return None
        if self._seen_mono_s is None:
            self._seen_mono_s = now_s
        settled = now_s - self._seen_mono_s >= SETTLE_S and not self.camera.reason(now_s)
        return frame.image if settled else None


def take(sources: Sequence[str], limit_s: float) -> tuple[list[Image], str]:
    """A picture of each camera that serves within `limit_s`, and why others did not."""
    until_mono_s = time.monotonic() + limit_s
    shots = [_Shot(source) for source in sources]
    images: dict[int, Image] = {}
    waited = dict(enumerate(shots))
    while waited and time.monotonic() < until_mono_s:
        time.sleep(_POLL_S)
        for number, shot in tuple(waited.items()):
            now_s = time.monotonic()
            image = shot.picture(now_s)
            if image is not None:
                images[number] = image
            if image is not None or shot.hopeless(now_s):
                del waited[number]
    reasons = [
        f"camera {number + 1}: {shot.camera.reason(time.monotonic()) or 'camera_timeout'}"
        for number, shot in enumerate(shots)
        if number not in images
    ]
    return [images[number] for number in sorted(images)], ", ".join(reasons)


def as_jpeg(image: Image) -> bytes:
    """The picture for people to look at: not larger than it serves."""
    factor = _LONGEST_PX / max(image.shape[:2])
    if factor < 1:
        image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()


def answer(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Take, hash and seal: header and body of the answer."""
    images, reason = take(request["sources"], float(request["limit_s"]))
    if not images:
        return {"sha256s": [], "reason": reason}, b""
    pictures = [as_jpeg(image) for image in images]
    try:
        vault = Vault(Path(request["keys_dir"]), request["tower"], PURPOSE)
        sealed = vault.seal(request["loan"], pack(pictures))
    except (VaultError, OSError):
        return {"sha256s": [], "reason": "key_unusable"}, b""
    return {"sha256s": [hashlib.sha256(picture).hexdigest() for picture in pictures], "reason": reason}, sealed


def main() -> None:
    """Answer the one request, and end at once: a thread may still wait for its driver."""
    forbid_core_dumps()
    cv2.setNumThreads(1)
    header, body = answer(json.load(sys.stdin))
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + body)
    sys.stdout.buffer.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
