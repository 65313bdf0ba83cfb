"""Measuring sets without photos: each picture is one flat grey, which is who it shows; and an engine that reads it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from tests.support.faces import face
from towerd.faceid.config import EngineName
from towerd.faceid.engine import Face, Image, Vector

STEP = 8
NOBODY = 250


def save(path: Path, person: int, number: int = 0, grey: int | None = None) -> None:
    """A picture of `person` (0 to 29); `number` tells pictures of one person apart."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.full((120, 160, 3), grey if grey is not None else person * STEP, np.uint8)
    image[:20, :20] = 10 * number % 250
    cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, 100])


class GreyEngine:
    """A person is a direction; pictures of one person differ a little. Whoever is `alike` is much like the person before."""

    def __init__(self, name: EngineName = "opencv", alike: int = -1) -> None:
        self._name = name
        self._alike = alike

    @property
    def name(self) -> EngineName:
        return self._name

    @property
    def version(self) -> str:
        return "grey"

    def detect(self, bgr: Image) -> list[Face]:
        return [] if bgr.shape[1] < 100 or int(bgr[60, 80, 0]) >= NOBODY - 2 else [face(left=40, top=30, side=60)]

    def embed(self, bgr: Image, face: Face) -> Vector:
        person = round(float(bgr[60, 80, 0]) / STEP)
        vector = np.zeros(128, np.float32)
        vector[person] = 1
        vector[100 + round(float(bgr[5, 5, 0]) / 10) % 25] = 0.3
        if person == self._alike:
            vector[person - 1] = 1
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    def embed_selfie(self, bgr: Image, face: Face) -> Vector:
        return self.embed(bgr, face)

    def similarities(self, one: Vector, many: Vector) -> Vector:
        return np.array([self.similarity(one, other) for other in many], np.float32)

    def similarity(self, one: Vector, other: Vector) -> float:
        if self._name == "opencv":
            return float(np.dot(one, other))
        return max(-1.0, 1.0 - float(np.linalg.norm(one - other)))


def make_sets(folder: Path, people: int = 20) -> Path:
    """Every set, small: three pictures of each person, one picture of nobody, recordings of four people."""
    for person in range(people):
        for number in (1, 2, 7):  # a set may hold a part of somebody's pictures only
            name = f"Person_{person:02}"
            save(folder / "lfw" / "img" / name / f"{name}_{number:04}.jpg", person, number)
    save(folder / "lfw" / "img" / "Person_00" / "Person_00_0009.jpg", 0, grey=NOBODY)
    pairs = ["2\t2"]
    for _ in range(2):
        pairs += ["Person_00\t1\t2", "Person_01\t1\t7", "Person_02\t1\tPerson_03\t1", "Person_00\t9\tPerson_05\t2"]
    (folder / "lfw" / "pairs.txt").write_text("\n".join(pairs) + "\n", encoding="utf-8")
    for person in range(4):
        for session in (1, 2):
            for number in range(10):
                name = f"{person:04}_00_00_{session:02}"
                save(folder / "nuaa" / "real" / name / f"{name}_{number}.jpg", person + 20, number + session)
        for number in range(9):
            name = f"{person:04}_00_01_03"
            save(folder / "nuaa" / "print" / name / f"{name}_{number}.jpg", person + 20, number)
    return folder


def save_film(path: Path, people: list[int]) -> None:
    """A film of 25 frames a second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (160, 120))
    for person in people:
        writer.write(np.full((120, 160, 3), person * STEP, np.uint8))
    writer.release()
