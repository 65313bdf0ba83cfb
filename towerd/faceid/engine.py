"""What an engine of face recognition must do. Two exist; one setting picks which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from towerd.faceid.config import EngineName
from towerd.faceid.pose import Landmarks, Point

Image = NDArray[np.uint8]
Vector = NDArray[np.float32]


class EngineError(Exception):
    """The engine cannot be used here; the text says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face in an image, in its pixels.

    `left`, `top`, `width`, `height` of the box (it may reach over the edge); `landmarks`: the eye on the image's left,
    the eye on its right, the tip of the nose, the corners of the mouth on its left and right; `score` 0 to 1.
    """

    left: float
    top: float
    width: float
    height: float
    landmarks: Landmarks
    score: float

    @property
    def area(self) -> float:
        """Of the box, in square pixels."""
        return self.width * self.height

    @property
    def centre(self) -> Point:
        """Of the box."""
        return self.left + self.width / 2, self.top + self.height / 2


class FaceEngine(Protocol):
    """Finds faces and compares them. Images are BGR, 8 bit, rows × columns × 3."""

    @property
    def name(self) -> EngineName:
        """As the setting names it, and as events do."""

    @property
    def version(self) -> str:
        """Vectors are comparable between equal versions only."""

    def detect(self, bgr: Image) -> list[Face]:
        """The faces in the image, largest first."""

    def embed(self, bgr: Image, face: Face) -> Vector:
        """128 numbers that stand for the face, in the engine's own space."""

    def embed_selfie(self, bgr: Image, face: Face) -> Vector:
        """The same for a selfie, for which there is more time; to be compared with vectors of `embed`."""

    def similarities(self, one: Vector, many: Vector) -> Vector:
        """`similarity` of `one` to every row of `many` (n × 128) at once."""

    def similarity(self, one: Vector, other: Vector) -> float:
        """How alike: 1 for the same vector, higher is more alike. -1 is the least."""


def load_engine(name: EngineName) -> FaceEngine:
    """The engine of that name with its networks in memory. Only its own libraries are imported. Raises EngineError."""
    if name == "opencv":
        from towerd.faceid.opencv_engine import OpenCvEngine

        return OpenCvEngine()
    if name == "face_recognition":
        from towerd.faceid.face_recognition_engine import FaceRecognitionEngine

        return FaceRecognitionEngine()
    raise EngineError(f"there is no engine {name}")


def scaled(points: Vector, factor: float) -> tuple[Point, ...]:
    """Rows of `points` (n × 2) times `factor`, as plain tuples."""
    return cast("tuple[Point, ...]", tuple((float(x * factor), float(y * factor)) for x, y in points))
