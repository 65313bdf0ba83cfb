"""The default engine: YuNet finds faces, SFace compares them by cosine. Both run in OpenCV, on the processor."""

from __future__ import annotations

from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from towerd.faceid.config import EngineName
from towerd.faceid.engine import EngineError, Face, Image, Vector, scaled
from towerd.faceid.models import ModelError, detector_model, recogniser_mean, recogniser_model
from towerd.faceid.pose import Landmarks
from towerd.faceid.refine import Refiner

VERSION: Final = "sface-2021dec-int8bq-r4-m10-q40"
"""Of the vectors: the network's name and quantisation, how landmarks are refined, how much of the mean is off, and the power of
how clear the picture is."""
DETECT_SIDE_PX = 640
NEAR_SIDE_PX = 320
NEAR_FACE_PX = 56
"""How wide the largest face must be in the small image: as in the pictures on which the thresholds were measured; one of
0.4 of its area beside it is still found with ease."""
SCORE_MIN = 0.7
_NMS_IOU = 0.3
_TOP_K = 50
_COMMON = 0.1
"""How much of what all faces have in common is taken off a vector of unit length (docs/faces.md)."""
_EVENED = 0.4
"""The power of how clear a picture is by which its vector is shorter (docs/faces.md)."""
CLEAR: Final = 12.5
"""How long the network's own vector of a clear picture is, before anything is done with it: the median over LFW."""
POOR: Final = 10.7
"""Of a poor one: one press photo in twenty is poorer. What is poorer still counts as this."""


def _buffer(data: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)


class OpenCvEngine:
    """YuNet and SFace. Raises EngineError if a network is missing or changed."""

    def __init__(self) -> None:
        nothing = np.empty(0, np.uint8)
        try:
            detector, recogniser = _buffer(detector_model()), _buffer(recogniser_model())
            self._common = _COMMON * _unit(np.array(recogniser_mean(), np.float32))
        except ModelError as error:
            raise EngineError(str(error)) from error
        side = (DETECT_SIDE_PX, DETECT_SIDE_PX)
        self._detector = cv2.FaceDetectorYN.create("onnx", detector, nothing, side, SCORE_MIN, _NMS_IOU, _TOP_K)
        self._refiner = Refiner(detector)
        self._recogniser = cv2.FaceRecognizerSF.create("onnx", recogniser, nothing)

    @property
    def name(self) -> EngineName:
        """As the setting names it."""
        return "opencv"

    @property
    def version(self) -> str:
        """Of the vectors."""
        return VERSION

    def detect(self, bgr: Image) -> list[Face]:
        """The faces, largest first. Looked for in an image of at most 640 px a side: memory and time stay bounded.

        At half of that the search takes a quarter of the time, and whoever stands near is found all the same; only where
        the largest face is small there, or there is none, the larger image is searched.
        """
        near = self._find(bgr, NEAR_SIDE_PX)
        side_px = max(bgr.shape[:2])
        if side_px <= NEAR_SIDE_PX or (near and near[0].width * NEAR_SIDE_PX >= NEAR_FACE_PX * side_px):
            return near
        return self._find(bgr, DETECT_SIDE_PX)

    def _find(self, bgr: Image, side_px: int) -> list[Face]:
        height, width = bgr.shape[:2]
        factor = max(1.0, max(height, width) / side_px)
        small = _shrink(bgr, (max(1, round(width / factor)), max(1, round(height / factor))))
        self._detector.setInputSize((small.shape[1], small.shape[0]))
        _, rows = self._detector.detect(small)
        found = [] if rows is None else [_face(row, factor) for row in np.asarray(rows, np.float32)]
        return sorted(found, key=lambda face: face.area, reverse=True)

    def embed(self, bgr: Image, face: Face) -> Vector:
        """The face's vector, the longer the less clear the picture is: 1.0 for a clear one, at most 1.06 (`_apart`)."""
        return self._apart(self._feature(self._aligned(bgr, face)))

    def embed_selfie(self, bgr: Image, face: Face) -> Vector:
        """The vector of the face and its mirror image together: what is the same in both tells more."""
        aligned = self._aligned(bgr, face)
        mirrored = np.ascontiguousarray(aligned[:, ::-1])
        return self._apart((self._feature(aligned) + self._feature(mirrored)) / np.float32(2))

    def _aligned(self, bgr: Image, face: Face) -> Image:
        points = np.ravel(self._refiner.landmarks(bgr, face))
        row = np.array([[face.left, face.top, face.width, face.height, *points, face.score]], np.float32)
        return cast("Image", self._recogniser.alignCrop(bgr, row))

    def _feature(self, aligned: Image) -> Vector:
        # copied, for the network gives the same memory each time
        return np.array(self._recogniser.feature(aligned), np.float32).ravel()

    def _apart(self, vector: Vector) -> Vector:
        """Without what all faces have in common, and of a length that evens out how clear the picture is.

        The network's own vector is the shorter the less it made of a picture. Two poor pictures of one person are far less alike
        than two clear ones, two people hardly less: so what is poor counts for more, and one threshold serves both.
        """
        clear = max(float(np.linalg.norm(vector)), POOR) / CLEAR
        return np.asarray(_unit(_unit(vector) - self._common) / clear**_EVENED, np.float32)

    def similarities(self, one: Vector, many: Vector) -> Vector:
        """Product with every row: the cosine between them, more of it where pictures are poor."""
        return cast("Vector", many @ one)

    def similarity(self, one: Vector, other: Vector) -> float:
        """The same of two: about -1 to 1, at most 1.13 (twice the same poor picture)."""
        return float(np.dot(one, other))


def _unit(vector: Vector) -> Vector:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)


def _shrink(bgr: Image, size: tuple[int, int]) -> Image:
    """To width and height `size`: in halves as long as it goes, which is much quicker than by any other factor."""
    while bgr.shape[1] >= 2 * size[0] and bgr.shape[0] >= 2 * size[1]:
        half = (bgr.shape[1] // 2, bgr.shape[0] // 2)
        bgr = cast("Image", cv2.resize(bgr, half, interpolation=cv2.INTER_AREA))
    if (bgr.shape[1], bgr.shape[0]) == size:
        return bgr
    return cast("Image", cv2.resize(bgr, size, interpolation=cv2.INTER_LINEAR))


def _face(row: Vector, factor: float) -> Face:
    left, top, width, height = (float(value * factor) for value in row[:4])
    points = cast("Landmarks", scaled(row[4:14].reshape(5, 2), factor))
    return Face(left, top, width, height, points, float(row[14]))
