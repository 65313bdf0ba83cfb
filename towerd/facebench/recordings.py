"""The sets that are measured on: where their pictures are, whose they are, and in which order.

A folder has any of `lfw/img/<person>/*.jpg` with `lfw/pairs.txt`, `nuaa/real` and `nuaa/print` (a folder of pictures a
series, named by person first), `video/real` and `video/replay` (a film each). What is missing is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from towerd.faceid.engine import Image

FILM_RATE_HZ = 15.0
_FILM_SIDE_PX = 640


@dataclass(frozen=True, slots=True)
class Recording:
    """Pictures of one person in their order. `key` names it among all; `images` reads them anew each time.

    `numbers` are those in the names of the files, one a picture; empty for a film.
    """

    key: str
    person: str
    images: Callable[[], Iterator[Image]]
    numbers: tuple[int, ...] = ()


def _read(paths: Sequence[Path]) -> Iterator[Image]:
    for path in paths:
        image = cv2.imread(str(path))
        # what cannot be read shows nobody, and keeps its place in the row
        yield np.zeros((64, 64, 3), np.uint8) if image is None else cast("Image", image)


def _of_files(key: str, person: str, paths: Sequence[Path]) -> Recording:
    return Recording(key, person, lambda: _read(paths), tuple(_number(path)[0] for path in paths))


def _number(path: Path) -> tuple[int, str]:
    last = path.stem.rsplit("_", 1)[-1]
    return (int(last) if last.isdecimal() else 0), path.stem


def photo_people(folder: Path) -> list[Recording]:
    """A folder of pictures a person, in the order of their numbers (`Name_0001.jpg`)."""
    people = []
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        paths = sorted(
            (path for path in place.iterdir() if path.suffix.lower() in {".jpg", ".jpeg", ".png"}), key=_number
        )
        if paths:
            people.append(_of_files(f"{folder.name}/{place.name}", place.name, paths))
    return people


def film(path: Path) -> Iterator[Image]:
    """About 15 frames a second of a film, at most 640 px a side."""
    capture = cv2.VideoCapture(str(path))
    try:
        every = max(1, round((capture.get(cv2.CAP_PROP_FPS) or 25.0) / FILM_RATE_HZ))
        number = 0
        while capture.grab():
            if number % every == 0:
                image = np.asarray(capture.retrieve()[1], np.uint8)
                factor = min(1.0, _FILM_SIDE_PX / max(image.shape[:2]))
                yield np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
            number += 1
    finally:
        capture.release()


def series(folder: Path, species: str) -> list[Recording]:
    """The recordings of one species (`nuaa/print`, `video/real` …); none where its folder is missing."""
    place = folder / species
    found = []
    for path in sorted(place.iterdir()) if place.is_dir() else []:
        key = f"{species}/{path.name}"
        if path.is_dir():
            found.append(_of_files(key, path.name.split("_")[0], sorted(path.glob("*.jpg"), key=_number)))
        else:
            found.append(Recording(key, path.stem, _film_of(path)))
    return found


def _film_of(path: Path) -> Callable[[], Iterator[Image]]:
    return lambda: film(path)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures: person and number of each, as their files are named."""

    one: tuple[str, int]
    other: tuple[str, int]

    @property
    def same(self) -> bool:
        """Whether they are of one person."""
        return self.one[0] == self.other[0]


def folds(text: str) -> list[list[Pair]]:
    """The folds of a `pairs.txt`: how many, and half a fold's size, in its first line. Raises ValueError."""
    head, *lines = text.strip().splitlines()
    count, size = (int(value) for value in head.split())
    if len(lines) != 2 * count * size:
        raise ValueError(f"pairs.txt: {len(lines)} pairs where {2 * count * size} are announced")
    pairs = [_pair(line.split("\t")) for line in lines]
    return [pairs[start : start + 2 * size] for start in range(0, len(pairs), 2 * size)]


def _pair(parts: Sequence[str]) -> Pair:
    match parts:
        case [person, one, other]:
            return Pair((person, int(one)), (person, int(other)))
        case [person, one, stranger, other]:
            return Pair((person, int(one)), (stranger, int(other)))
    raise ValueError(f"pairs.txt: {parts} is no pair")
