"""Pictures into vectors, by one engine; kept between runs where a folder is given, since that takes most of the time.

A folder of vectors holds templates of the people of a measuring set. Nothing of the program writes one by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from towerd.facebench.attack import Seen
from towerd.facebench.recordings import Recording
from towerd.facebench.stats import Scores
from towerd.faceid.engine import Face, FaceEngine, Image
from towerd.faceid.passive import Passive
from towerd.faceid.pose import Landmarks
from towerd.faceid.quality import VIEW, pick_one

Pick = Callable[[list[Face], Image], Face | None]


@dataclass(frozen=True, slots=True)
class Encoded:
    """Of each picture of a recording: the vector, the landmarks, and the score of the passive check.

    Rows of nan where no face was found, and where the check did not run.
    """

    vectors: Scores
    landmarks: NDArray[np.float32]
    live: NDArray[np.float32]

    @property
    def found(self) -> NDArray[np.bool_]:
        """Which pictures have a face."""
        return np.asarray(~np.isnan(self.vectors).any(axis=1), np.bool_)


def in_the_middle(faces: list[Face], image: Image) -> Face | None:
    """The face next to the picture's middle: in a set of press photos the others are there by chance."""
    height, width = image.shape[:2]

    def off(face: Face) -> float:
        return float(abs(face.centre[0] - width / 2) + abs(face.centre[1] - height / 2))

    return min(faces, key=off) if faces else None


def as_at_the_tower(faces: list[Face], image: Image) -> Face | None:
    """The face that the program would take from a camera."""
    return pick_one(faces, VIEW.rival_ratio)


class Encoder:
    """Encodes recordings. `store` is the folder that vectors are kept in; without it, none are."""

    def __init__(self, engine: FaceEngine, passive: Passive | None = None, store: Path | None = None) -> None:
        self._engine = engine
        self._passive = passive
        self._store = None if store is None else store / f"{engine.name}-{engine.version}"

    def encode(self, recording: Recording, pick: Pick, *, live: bool = False) -> Encoded:
        """A recording's pictures; `live` asks for the passive check too, which runs where its networks were given."""
        path = self._path(recording, live=live and self._passive is not None)
        if path is not None and path.exists():
            with np.load(path) as kept:
                return Encoded(kept["vectors"], kept["landmarks"], kept["live"])
        done = self._work(recording.images(), pick, live=live)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            with part.open("wb") as file:
                np.savez(file, vectors=done.vectors, landmarks=done.landmarks, live=done.live)
            part.rename(path)
        return done

    def _path(self, recording: Recording, *, live: bool) -> Path | None:
        if self._store is None:
            return None
        name = hashlib.sha256(f"{recording.key}|{live}".encode()).hexdigest()[:32]
        return self._store / f"{name}.npz"

    def _work(self, images: Iterator[Image], pick: Pick, *, live: bool) -> Encoded:
        vectors, landmarks, scores = [], [], []
        for image in images:
            face = pick(self._engine.detect(image), image)
            nothing = np.full(128, np.nan, np.float32)
            vectors.append(nothing if face is None else self._engine.embed(image, face))
            landmarks.append(np.full((5, 2), np.nan) if face is None else np.array(face.landmarks))
            ran = face is not None and live and self._passive is not None
            scores.append(self._passive.live(image, face) if ran and self._passive and face else np.nan)
        return Encoded(
            np.array(vectors, np.float32).reshape(-1, 128),
            np.array(landmarks, np.float32).reshape(-1, 5, 2),
            np.array(scores, np.float32),
        )


def similarities(engine: FaceEngine, one: Scores, other: Scores) -> Scores:
    """Of all rows with all rows, as the engine's own measure is (a test holds them equal)."""
    dots = one @ other.T
    if engine.name == "opencv":
        return np.asarray(dots, np.float32)
    lengths = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1)[None, :]
    return np.asarray(np.maximum(1 - np.sqrt(np.maximum(lengths - 2 * dots, 0)), -1), np.float32)


def seen(encoded: Encoded, engine: FaceEngine) -> tuple[Seen, ...]:
    """The frames of a recording as liveness looks at them; compared with the first face in it."""
    found = np.flatnonzero(encoded.found)
    frames = []
    for number, live in enumerate(encoded.live):
        if not encoded.found[number]:
            frames.append(Seen(None, None, -1.0))
            continue
        points: Landmarks = tuple((float(x), float(y)) for x, y in encoded.landmarks[number])  # type: ignore[assignment]
        likeness = engine.similarity(encoded.vectors[found[0]], encoded.vectors[number])
        frames.append(Seen(points, None if np.isnan(live) else float(live), likeness))
    return tuple(frames)
