"""Vectors of people for a calibration: from pictures in folders, or from the camera of the site. No picture is kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from towerd.facebench.calibration import Take
from towerd.facebench.encode import as_at_the_tower
from towerd.facebench.recordings import photo_people
from towerd.faceid.engine import FaceEngine, Image, Vector
from towerd.faceid.frames import Frame
from towerd.faceid.quality import VIEW, judge, measure
from towerd.faceid.thresholds import same_person

FRAMES = 12
FRAME_GAP_S = 0.25
LIMIT_S = 30.0
_POLL_S = 0.02


class RecordingError(Exception):
    """Nobody could be recorded; the text says why."""


class Frames(Protocol):
    """What gives the newest frame: `faceid.camera.Camera`."""

    def latest(self) -> Frame | None:
        """The newest frame that is worth a look."""

    def reason(self, mono_s: float) -> str:
        """Why the camera does not serve now; empty where it does."""


def good_vector(engine: FaceEngine, image: Image) -> Vector | None:
    """The vector of the one face in a picture; None where the tower would not look at it either."""
    face = as_at_the_tower(engine.detect(image), image)
    if face is None or judge(measure(image, face), VIEW):
        return None
    return engine.embed(image, face)


def takes_from(engine: FaceEngine, folder: Path) -> tuple[list[Take], list[str]]:
    """A folder of pictures a person: each picture is a recording. Also the people, in the order of their numbers.

    Raises RecordingError where fewer than two people have a picture that can be used.
    """
    takes: list[Take] = []
    names: list[str] = []
    for recording in photo_people(folder):
        found = [
            vector for vector in (good_vector(engine, image) for image in recording.images()) if vector is not None
        ]
        if found:
            takes += [Take(len(names), np.array([vector], np.float32)) for vector in found]
            names.append(recording.person)
    if len(names) < 2:
        raise RecordingError(f"{folder}: {len(names)} people have a picture with one good face; two are the least")
    return takes, names


def record(
    engine: FaceEngine,
    camera: Frames,
    person: int,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Take:
    """Some good frames of whoever stands before the camera. Raises RecordingError where that takes too long.

    A frame that shows somebody else ends it: a mixed recording would spoil the distributions unseen.
    """
    vectors: list[Vector] = []
    begin_s, seen = clock(), -1
    while len(vectors) < FRAMES:
        if clock() - begin_s > LIMIT_S:
            why = camera.reason(clock()) or f"only {len(vectors)} of {FRAMES} good frames of one face"
            raise RecordingError(f"within {LIMIT_S:g} s: {why}")
        frame = camera.latest()
        if frame is None or frame.number == seen:
            pause(_POLL_S)
            continue
        seen = frame.number
        vector = good_vector(engine, frame.image)
        if vector is None:
            continue
        if vectors and engine.similarity(vectors[0], vector) < same_person(engine.name):
            raise RecordingError("two people were seen: one at a time")
        vectors.append(vector)
        pause(FRAME_GAP_S)
    return Take(person, np.array(vectors, np.float32))
