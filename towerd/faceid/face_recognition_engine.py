"""The second engine: `face_recognition` on dlib. Chosen by a setting; measured as the baseline.

Mind the licence before you choose it: importing `face_recognition` loads dlib's 68-point shape predictor, which was
trained on the iBUG 300-W data set, and that data set's licence excludes commercial use. A site that sells anything needs
permission for it, or the default engine.

It is not the default for a second reason: it tells people apart less well (docs/faces.md has the figures).
"""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import Any, cast

import cv2
import numpy as np

from towerd.faceid.config import EngineName
from towerd.faceid.engine import EngineError, Face, Image, Vector
from towerd.faceid.pose import Point

DETECT_SIDE_PX = 640
_UPSCALE_MAX = 2.5
# the package ends the whole process, with exit code 0, where one of these is missing: so they are looked for first
NEEDED = ("pkg_resources", "face_recognition_models", "dlib", "face_recognition")


def _library() -> Any:
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise EngineError(
            f"the engine face_recognition needs {', '.join(missing)}: install what requirements/ names"
            " (pkg_resources is in setuptools below 81)"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import face_recognition
        except SystemExit as error:  # it calls quit() where its models do not load; the worker must not end in silence
            raise EngineError("face_recognition could not load face_recognition_models") from error
    return face_recognition


class FaceRecognitionEngine:
    """HOG detector, 68-point landmarks and dlib's ResNet, as `face_recognition` joins them. Raises EngineError."""

    def __init__(self) -> None:
        self._library = _library()

    @property
    def name(self) -> EngineName:
        """As the setting names it."""
        return "face_recognition"

    @property
    def version(self) -> str:
        """Of the vectors: dlib's network."""
        return "dlib-resnet-v1"

    def detect(self, bgr: Image) -> list[Face]:
        """The faces, largest first. The detector knows faces of 80 px and more, so small images are enlarged."""
        height, width = bgr.shape[:2]
        factor = min(_UPSCALE_MAX, DETECT_SIDE_PX / max(height, width))
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        rgb = np.ascontiguousarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)[:, :, ::-1])
        places = self._library.face_locations(rgb, number_of_times_to_upsample=0, model="hog")
        marks = self._library.face_landmarks(rgb, places) if places else []
        found = [_face(place, points, 1 / factor) for place, points in zip(places, marks, strict=True)]
        return sorted(found, key=lambda face: face.area, reverse=True)

    def embed(self, bgr: Image, face: Face) -> Vector:
        """The face's vector; its length is not 1, distances between vectors are what it was trained for."""
        image, box = _crop(bgr, face)
        encoding = self._library.face_encodings(image, [box], num_jitters=1, model="small")[0]
        return np.asarray(encoding, np.float32)

    def embed_selfie(self, bgr: Image, face: Face) -> Vector:
        """As `embed`: the network was trained for single pictures."""
        return self.embed(bgr, face)

    def similarities(self, one: Vector, many: Vector) -> Vector:
        """1 - distance to every row, held at -1."""
        return cast("Vector", np.maximum(-1, 1 - np.linalg.norm(many - one, axis=1)).astype(np.float32))

    def similarity(self, one: Vector, other: Vector) -> float:
        """1 - distance, held at -1. The package's own tolerance of 0.6 is 0.4 here."""
        return max(-1.0, 1.0 - float(np.linalg.norm(one - other)))


def _crop(bgr: Image, face: Face) -> tuple[Image, tuple[int, int, int, int]]:
    """The surroundings of the face as RGB, and its box (top, right, bottom, left) in them: bounds the copy's size."""
    height, width = bgr.shape[:2]
    margin = max(face.width, face.height)
    x0, y0 = max(0, int(face.left - margin)), max(0, int(face.top - margin))
    x1, y1 = min(width, int(face.left + face.width + margin)), min(height, int(face.top + face.height + margin))
    rgb = np.ascontiguousarray(bgr[y0:y1, x0:x1, ::-1])
    left, top = round(face.left) - x0, round(face.top) - y0
    return rgb, (top, left + round(face.width), top + round(face.height), left)


def _face(place: tuple[int, int, int, int], marks: dict[str, list[tuple[int, int]]], factor: float) -> Face:
    top, right, bottom, left = (value * factor for value in place)

    def mean(name: str) -> Point:
        x, y = np.mean(marks[name], axis=0) * factor
        return float(x), float(y)

    def one(name: str, index: int) -> Point:
        x, y = marks[name][index]
        return float(x * factor), float(y * factor)

    eyes = sorted((mean("left_eye"), mean("right_eye")))
    corners = sorted((one("top_lip", 0), one("top_lip", 6)))
    points = (eyes[0], eyes[1], one("nose_tip", 2), corners[0], corners[1])
    return Face(left, top, right - left, bottom - top, points, 1.0)
