"""Whether a selfie will do (orders-if.md 4.5, the reasons selfie_…), and whether a camera's face is worth comparing.

Only arithmetic over pixels and landmarks: no camera, no file, no network. How the limits were chosen: docs/faces.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from towerd.faceid.config import SELFIE_MAX_BYTES
from towerd.faceid.engine import Face, FaceEngine, Image
from towerd.faceid.jpeg import JpegError, jpeg_size
from towerd.faceid.pose import yaw_ratio

PIXELS_MAX = 24_000_000
_REDUCE_FROM_PX = 1600
# JPEG decodes at 1/2, 1/4 and 1/8 for a fraction of time and memory
_REDUCED = ((8, cv2.IMREAD_REDUCED_COLOR_8), (4, cv2.IMREAD_REDUCED_COLOR_4), (2, cv2.IMREAD_REDUCED_COLOR_2))
_CROP_PX = 112
# beyond these nothing is gained
_EYES_BEST_PX, _SHARPNESS_BEST = 60.0, 0.1


@dataclass(frozen=True, slots=True)
class Limits:
    """What a face must have.

    `eyes_px`: distance between the eyes. `sharpness`: variance of the Laplacian of the face at 112 px, over its
    contrast. `brightness`: mean of the face, 0 to 255, and `contrast` its standard deviation. `yaw_ratio`: how far the
    nose is off the eyes' middle, over half their distance (0 frontal, about 1 in profile). `roll_deg`: tilt of the
    eyes. `rival_ratio`: a second face of this share of the largest one's area counts as a second person.
    """

    eyes_px: float = 24.0
    sharpness: float = 0.016
    brightness_min: float = 30.0
    contrast_min: float = 10.0
    yaw_ratio: float = 0.75
    roll_deg: float = 30.0
    rival_ratio: float = 0.4


SELFIE = Limits()
# a camera sees a person of its own tower from a step away, and there is a next frame: no need to take a poor one
VIEW = Limits(eyes_px=24.0, rival_ratio=0.6)


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured on one face; the fields are those of Limits."""

    eyes_px: float
    sharpness: float
    brightness: float
    contrast: float
    yaw_ratio: float
    roll_deg: float


@dataclass(frozen=True, slots=True)
class Selfie:
    """A checked selfie: either `reasons`, or the decoded image and the one face in it."""

    reasons: tuple[str, ...]
    image: Image | None = None
    face: Face | None = None


def decode_selfie(data: bytes) -> Image | None:
    """The picture as BGR, reduced where it is large; None for what is no JPEG, too large, or damaged.

    The header is read first: a picture of more than 24 million pixels is never decoded.
    """
    if len(data) > SELFIE_MAX_BYTES:
        return None
    try:
        size = jpeg_size(data)
    except JpegError:
        return None
    if size.width_px * size.height_px > PIXELS_MAX:
        return None
    side = max(size.width_px, size.height_px)
    flag = next((flag for factor, flag in _REDUCED if side / factor >= _REDUCE_FROM_PX / 2), cv2.IMREAD_COLOR)
    if side < _REDUCE_FROM_PX:
        flag = cv2.IMREAD_COLOR
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    except cv2.error:
        return None
    return None if image is None or image.size == 0 else cast("Image", image)


def measure(bgr: Image, face: Face) -> Measures:
    """Sharpness, light and pose of one face."""
    left_eye, right_eye = (np.array(point) for point in face.landmarks[:2])
    across = right_eye - left_eye
    eyes_px = float(np.linalg.norm(across))
    grey = _grey_crop(bgr, face)
    contrast = float(grey.std())
    edges = float(cv2.Laplacian(grey, cv2.CV_32F).var())
    return Measures(
        eyes_px=eyes_px,
        sharpness=edges / max(contrast * contrast, 1.0),
        brightness=float(grey.mean()),
        contrast=contrast,
        yaw_ratio=abs(yaw_ratio(face.landmarks)),
        roll_deg=abs(float(np.degrees(np.arctan2(across[1], across[0])))),
    )


def _grey_crop(bgr: Image, face: Face) -> Image:
    """The face at 112 px, so that measures do not depend on how many pixels it had."""
    height, width = bgr.shape[:2]
    x0, x1 = np.clip([int(face.left), int(face.left + face.width)], 0, width)
    y0, y1 = np.clip([int(face.top), int(face.top + face.height)], 0, height)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return np.zeros((_CROP_PX, _CROP_PX), np.uint8)
    grey = cv2.cvtColor(bgr[y0:y1, x0:x1], cv2.COLOR_BGR2GRAY)
    return cast("Image", cv2.resize(grey, (_CROP_PX, _CROP_PX), interpolation=cv2.INTER_AREA))


def judge(measures: Measures, limits: Limits) -> tuple[str, ...]:
    """The reasons (selfie_…) against a face with these measures; empty where it will do."""
    found = {
        "selfie_too_small": measures.eyes_px < limits.eyes_px,
        "selfie_blurred": measures.sharpness < limits.sharpness,
        "selfie_dark": measures.brightness < limits.brightness_min or measures.contrast < limits.contrast_min,
        "selfie_pose": measures.yaw_ratio > limits.yaw_ratio or measures.roll_deg > limits.roll_deg,
    }
    return tuple(reason for reason, holds in found.items() if holds)


def worth(measures: Measures) -> float:
    """How much a frame is worth beside others of the same face, 0 to 1: large, sharp and straight on is best."""
    size, sharp = min(1.0, measures.eyes_px / _EYES_BEST_PX), min(1.0, measures.sharpness / _SHARPNESS_BEST)
    return size * sharp * (1 - min(1.0, measures.yaw_ratio))


def pick_one(faces: list[Face], rival_ratio: float) -> Face | None:
    """The largest of `faces` (largest first) if no other comes near it in area; None for none or for two alike."""
    if not faces or (len(faces) > 1 and faces[1].area >= rival_ratio * faces[0].area):
        return None
    return faces[0]


def check_selfie(engine: FaceEngine, data: bytes, limits: Limits = SELFIE) -> Selfie:
    """All that speaks against a selfie, or its face. Never raises for what is in `data`."""
    image = decode_selfie(data)
    if image is None:
        return Selfie(("selfie_bad_image",))
    faces = engine.detect(image)
    if not faces:
        return Selfie(("selfie_no_face",))
    face = pick_one(faces, limits.rival_ratio)
    if face is None:
        return Selfie(("selfie_several_faces",))
    reasons = judge(measure(image, face), limits)
    return Selfie(reasons) if reasons else Selfie((), image, face)
