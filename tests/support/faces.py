"""An engine of faces without networks: each face is a coloured square, and its colour is who it is."""

from __future__ import annotations

import cv2
import numpy as np

from towerd.faceid.config import EngineName
from towerd.faceid.engine import Face, Image, Vector


def face(left: float = 200, top: float = 150, side: float = 100, nose_shift: float = 0.0) -> Face:
    eye_left, eye_right = (left + side * 0.3, top + side * 0.4), (left + side * 0.7, top + side * 0.4)
    nose = (left + side * (0.5 + nose_shift), top + side * 0.6)
    mouth = ((left + side * 0.35, top + side * 0.8), (left + side * 0.65, top + side * 0.8))
    return Face(left, top, side, side, (eye_left, eye_right, nose, *mouth), 0.9)


def picture(*, seed: int = 1, mean: int = 120, spread: int = 40, blur: float = 0.0) -> Image:
    noise = np.random.default_rng(seed).normal(mean, spread, (480, 640, 3))
    if blur:
        soft = cv2.GaussianBlur(noise, (0, 0), blur)
        noise = (soft - soft.mean()) / soft.std() * spread + mean
    return np.clip(noise, 0, 255).astype(np.uint8)


def jpeg(image: Image, quality: int = 80) -> bytes:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


class ScriptedEngine:
    """Finds the faces it was given; a person is a direction in space."""

    def __init__(self, faces: list[Face] | None = None, person: int = 0, version: str = "1") -> None:
        self.faces = [face()] if faces is None else faces
        self.person = person
        self.others: dict[Face, int] = {}
        """Who else is in view, by face."""
        self._version = version

    @property
    def name(self) -> EngineName:
        return "opencv"

    @property
    def version(self) -> str:
        return self._version

    def detect(self, bgr: Image) -> list[Face]:
        return self.faces

    def embed(self, bgr: Image, face: Face) -> Vector:
        vector = np.zeros(128, np.float32)
        vector[self.others.get(face, self.person)] = 1
        return vector

    def embed_selfie(self, bgr: Image, face: Face) -> Vector:
        return self.embed(bgr, face)

    def similarities(self, one: Vector, many: Vector) -> Vector:
        return many @ one

    def similarity(self, one: Vector, other: Vector) -> float:
        return float(np.dot(one, other))
