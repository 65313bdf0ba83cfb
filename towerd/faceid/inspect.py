"""What the selfie checks measured on a picture, and how alike two pictures are: for people who want to know why.

The verdicts are those of the program itself (`quality.py`, `thresholds.py`); nothing here decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import cv2
import numpy as np

from towerd.faceid.config import SELFIE_MAX_BYTES, EngineName
from towerd.faceid.engine import Face, FaceEngine, Image
from towerd.faceid.policy import MatchPolicy
from towerd.faceid.quality import SELFIE, Limits, check_selfie, decode_selfie, judge, measure, pick_one

PICTURE_MAX_BYTES = 64 * 1024 * 1024
"""Of a picture that is compared from a file: more is not read."""

Verdict = Literal["same", "different", "unusable"]


@dataclass(frozen=True, slots=True)
class Row:
    """One check: the value `measured`, the `limit` it is held against (`least` or `most`), and the refusal it leads to."""

    name: str
    measured: float
    bound: Literal["least", "most"]
    limit: float
    reason: str

    @property
    def good(self) -> bool:
        """Whether the value is within the limit."""
        return self.measured >= self.limit if self.bound == "least" else self.measured <= self.limit


@dataclass(frozen=True, slots=True)
class SelfieReport:
    """Every check that could be made on a selfie, and the reasons (orders-if.md 4.5) why it would be refused."""

    rows: tuple[Row, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two pictures by one engine. `similarity` is None where one of them holds no single face.

    `reasons`: for each picture, what the checks have against it. `accept_one` is the threshold that decides, `accept` the
    one among all orders that wait.
    """

    engine: EngineName
    similarity: float | None
    verdict: Verdict
    reasons: tuple[tuple[str, ...], tuple[str, ...]]
    accept_one: float
    accept: float


def selfie_report(engine: FaceEngine, data: bytes, limits: Limits = SELFIE) -> SelfieReport:
    """All that is measured on a selfie; where it cannot be decoded or shows no single face, what could be."""
    reasons = check_selfie(engine, data, limits).reasons
    rows = [Row("file_bytes", len(data), "most", SELFIE_MAX_BYTES, "selfie_bad_image")]
    image = decode_selfie(data)
    faces = [] if image is None else engine.detect(image)
    if image is not None:
        rows.append(Row("faces", len(faces), "least", 1, "selfie_no_face"))
    if len(faces) > 1:
        share = faces[1].area / faces[0].area
        rows.append(Row("second_face_ratio", share, "most", limits.rival_ratio, "selfie_several_faces"))
    if image is not None and faces:
        rows += _face_rows(image, faces[0], limits)
    return SelfieReport(tuple(rows), reasons)


def _face_rows(image: Image, face: Face, limits: Limits) -> list[Row]:
    found = measure(image, face)
    return [
        Row("eyes_px", found.eyes_px, "least", limits.eyes_px, "selfie_too_small"),
        Row("sharpness", found.sharpness, "least", limits.sharpness, "selfie_blurred"),
        Row("brightness", found.brightness, "least", limits.brightness_min, "selfie_dark"),
        Row("contrast", found.contrast, "least", limits.contrast_min, "selfie_dark"),
        Row("yaw_ratio", found.yaw_ratio, "most", limits.yaw_ratio, "selfie_pose"),
        Row("roll_deg", found.roll_deg, "most", limits.roll_deg, "selfie_pose"),
    ]


def decode_picture(data: bytes) -> Image | None:
    """Any picture that OpenCV knows as BGR; None for what is none. A file may be larger here than a selfie."""
    if not data:
        return None
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if image is None or image.size == 0 else cast("Image", image)


def find_face(engine: FaceEngine, image: Image | None) -> tuple[Face | None, tuple[str, ...]]:
    """The one face of a picture, and what the checks of a selfie have against it."""
    if image is None:
        return None, ("selfie_bad_image",)
    faces = engine.detect(image)
    if not faces:
        return None, ("selfie_no_face",)
    face = pick_one(faces, SELFIE.rival_ratio)
    if face is None:
        return None, ("selfie_several_faces",)
    return face, judge(measure(image, face), SELFIE)


def compare(engine: FaceEngine, pictures: tuple[Image | None, Image | None], policy: MatchPolicy) -> Comparison:
    """How alike the faces of two pictures are, one to one.

    A picture that the checks of a selfie refuse is no ground for a verdict: the similarity is told, the verdict is not.
    """
    (one, against_one), (other, against_other) = (find_face(engine, picture) for picture in pictures)
    reasons = (against_one, against_other)
    if one is None or other is None:
        return Comparison(engine.name, None, "unusable", reasons, policy.accept_one, policy.accept)
    # the first as a selfie, the second as the camera sees somebody
    selfie = engine.embed_selfie(cast("Image", pictures[0]), one)
    score = engine.similarity(selfie, engine.embed(cast("Image", pictures[1]), other))
    verdict: Verdict = "same" if score >= policy.accept_one else "different"
    return Comparison(
        engine.name, score, "unusable" if any(reasons) else verdict, reasons, policy.accept_one, policy.accept
    )
