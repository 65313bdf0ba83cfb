"""What share of honest photos the selfie checks refuse, and what of spoilt ones.

    python -m bench.selfie_quality --photos DIR [--count 400]

DIR is searched for *.jpg; `count` of them, evenly spread, are checked as they are, blurred, darkened and shrunk.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from towerd.faceid.engine import FaceEngine, Image, load_engine
from towerd.faceid.quality import check_selfie, measure

SPOILT: dict[str, Callable[[Image], Image]] = {
    "as they are": lambda image: image,
    "blurred, 1 % of the width": lambda image: cast("Image", cv2.GaussianBlur(image, (0, 0), image.shape[1] * 0.01)),
    "blurred, 2 % of the width": lambda image: cast("Image", cv2.GaussianBlur(image, (0, 0), image.shape[1] * 0.02)),
    "light times 0.15": lambda image: (image * 0.15).astype(np.uint8),
    "shrunk to a quarter": lambda image: cast("Image", cv2.resize(image, None, fx=0.25, fy=0.25)),
}


def shares(engine: FaceEngine, paths: list[Path], spoil: Callable[[Image], Image]) -> str:
    """Refused in all, and by reason."""
    reasons: Counter[str] = Counter()
    refused = 0
    for path in paths:
        image = spoil(cast("Image", cv2.imread(str(path))))
        found = check_selfie(engine, cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()).reasons
        refused += bool(found)
        reasons.update(found)
    each = ", ".join(f"{reason} {count / len(paths):.1%}" for reason, count in reasons.most_common())
    return f"{refused / len(paths):.1%} refused ({each})"


def percentiles(engine: FaceEngine, paths: list[Path]) -> str:
    """Of each measure, over the photos as they are."""
    rows = []
    for path in paths:
        image = cast("Image", cv2.imread(str(path)))
        faces = engine.detect(image)
        if faces:
            found = measure(image, faces[0])
            rows.append([getattr(found, name) for name in found.__slots__])
    marks = np.percentile(np.array(rows), (0.5, 1, 5, 50, 95, 99, 99.5), axis=0).T
    return "\n".join(
        f"  {name:12}" + " ".join(f"{v:8.3f}" for v in row) for name, row in zip(found.__slots__, marks, strict=True)
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--count", type=int, default=400)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    every = sorted(options.photos.rglob("*.jpg"))
    paths = every[:: max(1, len(every) // options.count)]
    engine = load_engine("opencv")
    print(f"{len(paths)} photos; percentiles 0.5, 1, 5, 50, 95, 99, 99.5 of the measures:")
    print(percentiles(engine, paths))
    for name, spoil in SPOILT.items():
        print(f"{name}: {shares(engine, paths, spoil)}")


if __name__ == "__main__":
    main()
