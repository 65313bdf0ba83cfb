"""What the liveness checks say of live people and of attacks on a set of recordings.

    python -m bench.face_liveness --faces DIR [--engine opencv] [--models DIR]

DIR has the layout of docs/faces.md: `nuaa/real`, `nuaa/print` (a folder of pictures a series), `video/real`, `video/replay`.
Nobody in them was asked to turn, so the challenge itself cannot be run; what is counted is more generous to the attack than
the challenge is: a series counts where the head seems turned far enough to both sides anywhere in it, in any order, at any
pace, whoever it shows.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from towerd.faceid.engine import FaceEngine, Image, load_engine
from towerd.faceid.passive import FRAMES, Passive, accepted
from towerd.faceid.pose import yaw_deg
from towerd.faceid.quality import VIEW, pick_one
from towerd.faceid.thresholds import challenge_rules

SPECIES = ("nuaa/real", "nuaa/print", "video/real", "video/replay")
_VIDEO_RATE_HZ = 15.0
_VIDEO_SIDE_PX = 640


def _film(path: Path) -> Iterator[Image]:
    capture = cv2.VideoCapture(str(path))
    every = max(1, round((capture.get(cv2.CAP_PROP_FPS) or 25.0) / _VIDEO_RATE_HZ))
    number = 0
    while capture.grab():
        if number % every == 0:
            image = np.asarray(capture.retrieve()[1], np.uint8)
            factor = min(1.0, _VIDEO_SIDE_PX / max(image.shape[:2]))
            yield np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
        number += 1


def _series(folder: Path) -> Iterator[tuple[str, Iterator[Image]]]:
    """Each recording's name and pictures, in their order."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            files = sorted(path.glob("*.jpg"), key=lambda file: int(file.stem.rsplit("_", 1)[1]))
            yield path.name, (np.asarray(cv2.imread(str(file)), np.uint8) for file in files)
        else:
            yield path.name, _film(path)


class Tally:
    """What was counted over one species."""

    def __init__(self, engine: FaceEngine) -> None:
        self._engine = engine
        self._rules = challenge_rules(engine.name)
        self.series = self.frames = self.faces = 0
        self.turned: list[float] = []
        self.windows: list[bool] = []

    def take(self, images: Iterator[Image], passive: Passive | None) -> None:
        """Add one recording. The passive check is over windows of 8 frames that do not overlap."""
        yaws: list[float] = []
        scores: list[float] = []
        for image in images:
            self.frames += 1
            face = pick_one(self._engine.detect(image), VIEW.rival_ratio)
            if face is None:
                continue
            self.faces += 1
            yaws.append(yaw_deg(face.landmarks))
            if passive is not None:
                scores.append(passive.live(image, face))
        self.series += 1
        compared = [yaw for yaw in yaws if abs(yaw) <= self._rules.compared_deg] or [0.0]
        self.turned.append(min(max(compared), -min(compared)))
        starts = range(0, len(scores) + 1, FRAMES)
        self.windows += [accepted(scores[begin:end]) for begin, end in pairwise(starts)]

    def line(self, name: str) -> str:
        """One row of the table."""
        both = sum(turned >= self._rules.turn_deg for turned in self.turned)
        live = f"{sum(self.windows)} of {len(self.windows)}" if self.windows else "not run"
        found = 100 * self.faces / max(self.frames, 1)
        return (
            f"{name:13} {self.series:4} series {self.frames:5} frames, one face in {found:5.1f} %; turned to both sides: "
            f"{both} (most {max(self.turned, default=0.0):.1f} deg); passive accepts windows: {live}"
        )


def main() -> None:
    """Measure, and print a row a species."""
    parser = argparse.ArgumentParser(description="liveness checks on recordings of live people and of attacks")
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--engine", choices=("opencv", "face_recognition"), default="opencv")
    parser.add_argument("--models", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    engine = load_engine(options.engine)
    passive = Passive(options.models) if options.models else None
    for species in SPECIES:
        tally = Tally(engine)
        for _name, images in _series(options.faces / species):
            tally.take(images, passive)
        print(tally.line(species), flush=True)


if __name__ == "__main__":
    main()
