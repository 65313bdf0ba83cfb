"""What is measured on a picture, with an engine that finds the faces it was given."""

from __future__ import annotations

import struct
import zlib

from tests.support.faces import ScriptedEngine, face, jpeg, picture
from towerd.faceid.engine import Image, Vector
from towerd.faceid.inspect import Comparison, compare, decode_picture, find_face, selfie_report
from towerd.faceid.policy import MatchPolicy
from towerd.faceid.quality import check_selfie

POLICY = MatchPolicy(accept=0.6, margin=0.1, accept_one=0.5)


class Faced(ScriptedEngine):
    """Two people, told apart by how bright the picture is; they are alike by `likeness`."""

    def __init__(self, likeness: float) -> None:
        super().__init__()
        self.likeness = likeness

    def similarity(self, one: Vector, other: Vector) -> float:
        return self.likeness


def compared(likeness: float, pictures: tuple[Image | None, Image | None] | None = None) -> Comparison:
    return compare(Faced(likeness), pictures or (picture(), picture(seed=2)), POLICY)


def test_a_good_selfie_shows_every_value_within_its_limit() -> None:
    report = selfie_report(ScriptedEngine(), jpeg(picture()))
    assert report.reasons == ()
    assert all(row.good for row in report.rows)
    assert [row.name for row in report.rows] == [
        *("file_bytes", "faces", "eyes_px", "sharpness", "brightness", "contrast", "yaw_ratio", "roll_deg"),
    ]


def test_the_rows_that_are_bad_are_the_reasons_of_the_program() -> None:
    turned = ScriptedEngine([face(side=30, nose_shift=0.4)])
    data = jpeg(picture(mean=10, spread=3))
    report = selfie_report(turned, data)
    bad = {row.reason for row in report.rows if not row.good}
    assert bad == set(report.reasons) == set(check_selfie(turned, data).reasons)
    assert {"selfie_too_small", "selfie_dark", "selfie_pose"} <= bad


def test_a_second_person_is_a_row_of_its_own() -> None:
    report = selfie_report(ScriptedEngine([face(), face(left=400)]), jpeg(picture()))
    assert report.reasons == ("selfie_several_faces",)
    assert [row.reason for row in report.rows if not row.good] == ["selfie_several_faces"]


def test_what_cannot_be_decoded_or_shows_nobody_is_measured_as_far_as_it_goes() -> None:
    broken = selfie_report(ScriptedEngine(), b"no picture")
    assert (broken.reasons, [row.name for row in broken.rows]) == (("selfie_bad_image",), ["file_bytes"])
    empty = selfie_report(ScriptedEngine([]), jpeg(picture()))
    assert empty.reasons == ("selfie_no_face",)
    assert [row.name for row in empty.rows if not row.good] == ["faces"]


def test_a_picture_of_any_kind_is_decoded_and_other_bytes_are_not() -> None:
    decoded = decode_picture(jpeg(picture()))
    assert decoded is not None
    assert decoded.shape == (480, 640, 3)
    assert decode_picture(b"") is None
    assert decode_picture(b"no picture") is None
    assert decode_picture(_huge_png()) is None  # more pixels than OpenCV decodes


def _huge_png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 200_000, 200_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0")) + chunk(b"IEND", b"")


def test_the_threshold_of_one_to_one_decides() -> None:
    assert compared(0.5).verdict == "same"
    below = compared(0.49)
    assert (below.verdict, below.similarity, below.accept_one, below.accept) == ("different", 0.49, 0.5, 0.6)


def test_a_picture_that_a_selfie_could_not_be_gives_no_verdict() -> None:
    dark = compared(0.9, (picture(), picture(mean=8, spread=2)))
    assert (dark.verdict, dark.similarity) == ("unusable", 0.9)
    assert dark.reasons[0] == ()
    assert "selfie_dark" in dark.reasons[1]
    none = compared(0.9, (None, picture()))
    assert (none.verdict, none.similarity, none.reasons) == ("unusable", None, (("selfie_bad_image",), ()))


def test_why_no_face_can_be_taken() -> None:
    assert find_face(ScriptedEngine([]), picture()) == (None, ("selfie_no_face",))
    assert find_face(ScriptedEngine([face(), face(left=400)]), picture()) == (None, ("selfie_several_faces",))
