"""Where eyes, nose and mouth are, more exactly than one search tells. A pixel's error in them turns and shifts what the network
compares; YuNet errs differently at each size and on the mirror image, so the mean of a few searches errs less (docs/faces.md).
"""

from __future__ import annotations

from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from towerd.faceid.engine import Face, Image, Vector, scaled
from towerd.faceid.pose import Landmarks

SIDE_PX: Final = 128
FACTORS: Final = (1.3, 2.0)
"""How many times as wide as the face is what is searched: so it has two sizes there, 98 and 64 px."""
_ROOM: Final = 1.5
_ROOM_PX: Final = round(SIDE_PX * _ROOM)
"""Cut out with some room, so that it can be turned."""
_SCORE_MIN, _NMS_IOU, _TOP_K = 0.5, 0.3, 20
_SAME_SHARE = 0.2
_MOVED_SHARE = 0.12
"""Of the face's width. Farther from where they were found, landmarks are wrong more often than better: in profile, behind a hand."""
_MIRRORED: Final = (1, 0, 2, 4, 3)
"""Left and right of the landmarks change places."""


class Refiner:
    """Searches the surroundings of a face that was found. `detector`: YuNet's file."""

    def __init__(self, detector: NDArray[np.uint8]) -> None:
        nothing = np.empty(0, np.uint8)
        self._detector = cv2.FaceDetectorYN.create(
            "onnx", detector, nothing, (SIDE_PX, SIDE_PX), _SCORE_MIN, _NMS_IOU, _TOP_K
        )

    def landmarks(self, bgr: Image, face: Face) -> Landmarks:
        """The mean of all searches that find this face; as they were where none does, or where they come to lie elsewhere."""
        known = np.array(face.landmarks, np.float32)
        found: list[Vector | None] = []
        for factor in FACTORS:
            around, back = _upright(bgr, face, factor)
            placed = [points @ back[:, :2].T + back[:, 2] for points in self._both_ways(around)]
            found += [_nearest(points, known, face.width) for points in placed]
        kept = [points for points in found if points is not None] or [known]
        better = np.mean(kept, axis=0)
        if float(np.abs(better - known).max()) > _MOVED_SHARE * face.width:
            return face.landmarks
        return cast("Landmarks", scaled(better, 1.0))

    def _both_ways(self, around: Image) -> tuple[Vector, Vector]:
        """The landmarks of all faces (n × 5 × 2) in the picture, and those of its mirror image turned back."""
        turned = self._search(np.ascontiguousarray(around[:, ::-1]))[:, _MIRRORED]
        turned[..., 0] = SIDE_PX - 1 - turned[..., 0]
        return self._search(around), turned

    def _search(self, image: Image) -> Vector:
        _, rows = self._detector.detect(image)
        return (
            np.empty((0, 5, 2), np.float32) if rows is None else np.array(rows[:, 4:14], np.float32).reshape(-1, 5, 2)
        )


def _upright(bgr: Image, face: Face, factor: float) -> tuple[Image, Vector]:
    """The face and what is about it, at 128 px and with its eyes level, for YuNet errs where a head is tilted; and the matrix
    (2 × 3) that takes points in it back to the picture.
    """
    size = max(2, round(factor * _ROOM * max(face.width, face.height)))
    corner = np.round(np.array(face.centre) - size / 2).astype(np.int64)
    small = cv2.resize(_part(bgr, corner, size), (_ROOM_PX, _ROOM_PX), interpolation=cv2.INTER_AREA)
    (x0, y0), (x1, y1) = face.landmarks[:2]
    middle = (_ROOM_PX - 1) / 2
    tilt_deg = float(np.degrees(np.arctan2(y1 - y0, x1 - x0)))
    turn = np.array(cv2.getRotationMatrix2D((middle, middle), tilt_deg, 1.0), np.float64)
    turn[:, 2] += (SIDE_PX - 1) / 2 - middle
    around = cast("Image", cv2.warpAffine(small, turn, (SIDE_PX, SIDE_PX)))
    back = np.array(cv2.invertAffineTransform(turn), np.float64) * (size / _ROOM_PX)
    # a pixel's middle is half a pixel from its edge, in either size
    back[:, 2] += 0.5 * (size / _ROOM_PX) - 0.5 + corner
    return around, back.astype(np.float32)


def _part(bgr: Image, corner: NDArray[np.int64], size: int) -> Image:
    """The square of the picture from `corner` (x, y) on; black where it reaches over the edge."""
    part = np.zeros((size, size, 3), np.uint8)
    (left, top), (height, width) = corner, bgr.shape[:2]
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + size, width), min(top + size, height)
    if x1 > x0 and y1 > y0:
        part[y0 - top : y1 - top, x0 - left : x1 - left] = bgr[y0:y1, x0:x1]
    return part


def _nearest(found: Vector, known: Vector, width: float) -> Vector | None:
    """The landmarks next to those that are known; None where none are near."""
    if not len(found):
        return None
    off = np.abs(found.mean(axis=1) - known.mean(axis=0)).max(axis=1)
    best = int(off.argmin())
    return np.asarray(found[best], np.float32) if off[best] <= _SAME_SHARE * width else None
