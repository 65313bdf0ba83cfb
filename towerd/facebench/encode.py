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
from towerd.faceid.engine import Face, FaceEngine, Image, Vector
from towerd.faceid.passive import RULES, Passive
from towerd.faceid.pose import Landmarks, yaw_deg
from towerd.faceid.quality import VIEW, pick_one
from towerd.faceid.thresholds import challenge_rules
from towerd.faceid.views import ViewRules, Views

Pick = Callable[[list[Face], Image], Face | None]
_NOBODY = np.full(128, np.nan, np.float32)


@dataclass(frozen=True, slots=True)
class Encoded:
    """Of each picture of a recording: the vector, the one that it has as a selfie (the same where that was not asked for),
    the landmarks, and the score of the passive check.

    Rows of nan where no face was found, and where the check did not run.
    """

    vectors: Scores
    selfies: Scores
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

    def encode(self, recording: Recording, pick: Pick, *, live: bool = False, selfies: bool = False) -> Encoded:
        """A recording's pictures. `live` asks for the passive check too, which runs where its networks were given; `selfies` for
        vectors as of selfies.
        """
        live = live and self._passive is not None
        path = self._path(f"{recording.key}|{live and RULES}|{selfies}")
        if path is not None and path.exists():
            with np.load(path) as kept:
                return Encoded(kept["vectors"], kept["selfies"], kept["landmarks"], kept["live"])
        done = self._work(recording.images(), pick, self._passive if live else None, selfies=selfies)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            with part.open("wb") as file:
                np.savez(file, vectors=done.vectors, selfies=done.selfies, landmarks=done.landmarks, live=done.live)
            part.rename(path)
        return done

    def _path(self, key: str) -> Path | None:
        if self._store is None:
            return None
        return self._store / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.npz"

    def _work(self, images: Iterator[Image], pick: Pick, passive: Passive | None, *, selfies: bool) -> Encoded:
        rows: list[tuple[Vector, Vector, NDArray[np.float32], float]] = []
        for image in images:
            faces = self._engine.detect(image)
            face = pick(faces, image)
            if face is None:
                rows.append((_NOBODY, _NOBODY, np.full((5, 2), np.nan, np.float32), np.nan))
                continue
            vector = self._engine.embed(image, face)
            selfie = self._engine.embed_selfie(image, face) if selfies else vector
            live = np.nan if passive is None else passive.judge(self._engine, image, faces, face, vector)
            rows.append((vector, selfie, np.array(face.landmarks, np.float32), live))
        vectors, as_selfies, landmarks, scores = zip(*rows, strict=True) if rows else ((), (), (), ())
        return Encoded(
            np.array(vectors, np.float32).reshape(-1, 128),
            np.array(as_selfies, np.float32).reshape(-1, 128),
            np.array(landmarks, np.float32).reshape(-1, 5, 2),
            np.array(scores, np.float32),
        )


def similarities(engine: FaceEngine, one: Scores, other: Scores) -> Scores:
    """Of all rows with all rows, as the engine's own measure is."""
    return np.array([engine.similarities(row, other) for row in one], np.float32).reshape(len(one), len(other))


def seen(encoded: Encoded, engine: FaceEngine) -> tuple[Seen, ...]:
    """The frames of a recording as liveness looks at them; compared as a challenge that begins with it compares."""
    views: Views | None = None
    frames = []
    for number, live in enumerate(encoded.live):
        if not encoded.found[number]:
            frames.append(Seen(None, None, -1.0))
            continue
        points: Landmarks = tuple((float(x), float(y)) for x, y in encoded.landmarks[number])  # type: ignore[assignment]
        vector = encoded.vectors[number]
        views = views or Views(engine.similarities, vector, ViewRules())
        likeness = views.similarity(vector)
        if abs(yaw_deg(points)) <= challenge_rules(engine.name).compared_deg:
            views.keep(vector, likeness)
        frames.append(Seen(points, None if np.isnan(live) else float(live), likeness))
    return tuple(frames)
