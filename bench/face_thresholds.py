"""Starting thresholds: similarities of same and different people in a folder of photos, for one engine.

    python -m bench.face_thresholds --photos DIR --engine opencv [--people 2000]

DIR has one folder a person (as Labeled Faces in the Wild does). Prints, at false match rates from 1e-3 to 1e-6 over all
pairs of different people, the threshold and the share of pairs of the same person that are found.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from towerd.faceid.config import EngineName
from towerd.faceid.engine import FaceEngine, Image, Vector, load_engine

FALSE_MATCH_RATES = (1e-3, 1e-4, 1e-5, 1e-6)


def embed_all(engine: FaceEngine, photos: Path, people: int) -> tuple[Vector, list[str], float]:
    """Vectors (n × 128) and names of every photo with a face, largest face taken; s per photo."""
    vectors, names = [], []
    seen = 0
    begin_s = time.perf_counter()
    for folder in sorted(photos.iterdir())[:people]:
        for path in sorted(folder.glob("*.jpg")):
            seen += 1
            image = cast("Image", cv2.imread(str(path)))
            height, width = image.shape[:2]
            faces = engine.detect(image)
            if not faces:
                continue
            # the person is in the middle of a picture of this set, others are chance
            face = min(faces, key=lambda f: abs(f.centre[0] - width / 2) + abs(f.centre[1] - height / 2))
            vectors.append(engine.embed(image, face))
            names.append(folder.name)
    return np.array(vectors, np.float32), names, (time.perf_counter() - begin_s) / max(seen, 1)


def similarities(engine: FaceEngine, vectors: Vector) -> Vector:
    """All pairs (n × n), as the engine's own measure does."""
    dots = vectors @ vectors.T
    if engine.name == "opencv":
        return cast("Vector", dots)
    squares = np.diag(dots)
    return cast("Vector", 1 - np.sqrt(np.maximum(squares[:, None] + squares[None, :] - 2 * dots, 0)))


def report(engine: FaceEngine, vectors: Vector, names: list[str]) -> str:
    """The table."""
    scores = similarities(engine, vectors)
    upper = np.triu_indices(len(names), 1)
    same = (np.array(names)[:, None] == np.array(names)[None, :])[upper]
    pairs = scores[upper]
    genuine, others = pairs[same], np.sort(pairs[~same])
    lines = [f"{engine.name} {engine.version}: {len(names)} photos, {len(genuine)} same, {len(others)} different pairs"]
    for rate in FALSE_MATCH_RATES:
        limit = float(others[-max(1, round(rate * len(others)))])
        lines.append(f"  FMR {rate:.0e}: threshold {limit:.3f}, found {float((genuine > limit).mean()):.4f}")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--engine", choices=["opencv", "face_recognition"], default="opencv")
    parser.add_argument("--people", type=int, default=100_000)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    engine = load_engine(cast("EngineName", arguments.engine))
    vectors, names, each_s = embed_all(engine, arguments.photos, arguments.people)
    print(report(engine, vectors, names))
    print(f"  {each_s * 1000:.0f} ms a photo")


if __name__ == "__main__":
    main()
