"""The passive check (presentation attack detection without asking anything): two MiniFASNet networks on the face and its
surroundings, fused over a burst by the geometric mean. No package ships them; a site names their folder (`face.liveness_models`).

Files that are missing, changed in shape or broken make the check unavailable: it never counts as passed when it did not run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import cv2
import numpy as np

from towerd.faceid.engine import EngineError, Face, FaceEngine, Image, Vector
from towerd.faceid.thresholds import alike

FILES: Final = (("minifasnet_v2_2.7.onnx", 2.7), ("minifasnet_v1se_4.0.onnx", 4.0))
"""Each network's file, and by how much the box of the face is widened for it."""
SIDE_PX: Final = 80
ACCEPT_MIN: Final = 0.1
FRAMES: Final = 8
RULES: Final = "2"
"""Of how a face is judged: what was measured by other rules is measured anew."""
SCORE_MIN: Final = 1e-3
"""A score below it counts as this: one frame weighs much, and not all."""
_LIVE_CLASS, _CLASSES = 1, 3
_MODEL_MAX_BYTES = 16 * 1024 * 1024


def accepted(scores: Sequence[float]) -> bool:
    """Whether the frames' scores (0 to 1, at least 8 of them) are those of a living face: fewer are never enough."""
    return len(scores) >= FRAMES and fused(scores) >= ACCEPT_MIN


def fused(scores: Sequence[float]) -> float:
    """The geometric mean of one score or more. An attack is about 0 in most frames and high in a few, a living face in a
    poor light is middling in all: the plain mean takes the one for the other (docs/faces.md).
    """
    return math.exp(sum(math.log(max(score, SCORE_MIN)) for score in scores) / len(scores))


def surroundings(bgr: Image, face: Face, factor: float) -> Image:
    """The box of the face widened by `factor` as far as the picture reaches and moved into it, at 80 px."""
    height, width = bgr.shape[:2]
    factor = min(factor, (height - 1) / max(face.height, 1.0), (width - 1) / max(face.width, 1.0))
    wide, high = face.width * factor, face.height * factor
    centre_x, centre_y = face.centre
    left = min(max(centre_x - wide / 2, 0.0), max(width - 1 - wide, 0.0))
    top = min(max(centre_y - high / 2, 0.0), max(height - 1 - high, 0.0))
    part = bgr[int(top) : int(top + high) + 1, int(left) : int(left + wide) + 1]
    return cast("Image", cv2.resize(part, (SIDE_PX, SIDE_PX)))


@dataclass(frozen=True, slots=True)
class _Network:
    net: cv2.dnn.Net
    factor: float

    def live(self, bgr: Image, face: Face) -> float:
        return float(_run(self.net, surroundings(bgr, face, self.factor))[_LIVE_CLASS])


def _run(net: cv2.dnn.Net, patch: Image) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    net.setInput(cv2.dnn.blobFromImage(patch, 1.0, (SIDE_PX, SIDE_PX)))
    return np.asarray(net.forward(), np.float32).ravel()


def _load(path: Path) -> cv2.dnn.Net:
    try:
        with path.open("rb") as file:
            data = file.read(_MODEL_MAX_BYTES + 1)
    except OSError as error:
        raise EngineError(f"{path}: {error.strerror}") from error
    if len(data) > _MODEL_MAX_BYTES:
        raise EngineError(f"{path} is too large for the network it should be")
    try:
        net = cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
        given = _run(net, np.full((SIDE_PX, SIDE_PX, 3), 120, np.uint8))
    except cv2.error as error:
        raise EngineError(f"{path} is no network that OpenCV can run") from error
    if given.shape != (_CLASSES,) or not abs(float(given.sum()) - 1) < 1e-3 or float(given.min()) < 0:
        raise EngineError(f"{path} does not give the probabilities of {_CLASSES} classes")
    return net


class Passive:
    """The pair of networks in memory. Raises EngineError where one is missing or not what it should be."""

    def __init__(self, folder: Path) -> None:
        self._networks = tuple(_Network(_load(folder / name), factor) for name, factor in FILES)

    def live(self, bgr: Image, face: Face) -> float:
        """How sure both networks are together that the face is alive, 0 to 1."""
        return fused([network.live(bgr, face) for network in self._networks])

    def judge(self, engine: FaceEngine, bgr: Image, faces: Sequence[Face], face: Face, vector: Vector) -> float:
        """The same of one of the `faces` in view (largest first), whose vector is given; 0 where the largest of the others is the
        same person's. One of the two is a picture then, and which of them the order is for nobody can tell.
        """
        other = next((one for one in faces if one is not face), None)
        if other is not None and engine.similarity(vector, engine.embed(bgr, other)) >= alike(engine.name):
            return 0.0
        return self.live(bgr, face)
