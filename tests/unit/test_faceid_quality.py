from __future__ import annotations

import struct
from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.support.faces import ScriptedEngine, face, jpeg, picture
from towerd.faceid.engine import Face
from towerd.faceid.quality import SELFIE, VIEW, Measures, check_selfie, decode_selfie, judge, measure, pick_one, worth


def exif_turned(data: bytes) -> bytes:
    """The JPEG with the mark of a camera held upright (orientation 6: turn by 90° clockwise)."""
    tiff = b"MM\x00\x2a\x00\x00\x00\x08\x00\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) + bytes(4)
    body = b"Exif\x00\x00" + tiff
    return data[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2) + body + data[2:]


def test_a_good_selfie_passes() -> None:
    checked = check_selfie(ScriptedEngine(), jpeg(picture()))
    assert checked.reasons == ()
    assert checked.face == face()
    assert checked.image is not None


@pytest.mark.parametrize(
    ("faces", "data", "reason"),
    [
        ([], jpeg(picture()), "selfie_no_face"),
        ([face(), face(left=400, side=70)], jpeg(picture()), "selfie_several_faces"),
        ([face(side=50)], jpeg(picture()), "selfie_too_small"),
        ([face()], jpeg(picture(blur=10)), "selfie_blurred"),
        ([face()], jpeg(picture(mean=10, spread=20)), "selfie_dark"),
        ([face()], jpeg(picture(spread=2)), "selfie_dark"),
        ([face(nose_shift=0.2)], jpeg(picture()), "selfie_pose"),
        ([face()], b"no picture", "selfie_bad_image"),
    ],
)
def test_each_reason(faces: list[Face], data: bytes, reason: str) -> None:
    checked = check_selfie(ScriptedEngine(faces), data)
    assert reason in checked.reasons
    assert checked.image is None


def test_a_passer_by_far_behind_is_no_second_person() -> None:
    assert check_selfie(ScriptedEngine([face(), face(left=400, side=40)]), jpeg(picture())).reasons == ()


def test_a_tilted_head_is_a_pose() -> None:
    upright = face()
    points = tuple((350 - (y - 150), 200 + (x - 200)) for x, y in upright.landmarks)
    lying = Face(200, 150, 100, 100, points, 0.9)  # type: ignore[arg-type]
    assert judge(measure(picture(), lying), SELFIE) == ("selfie_pose",)


def test_a_box_outside_the_picture_measures_as_dark_and_blurred() -> None:
    outside = face(left=900)
    assert {"selfie_dark", "selfie_blurred"} <= set(judge(measure(picture(), outside), SELFIE))


def test_the_picture_is_turned_as_its_camera_was_held() -> None:
    data = jpeg(picture())
    turned = decode_selfie(exif_turned(data))
    assert turned is not None
    assert turned.shape == (640, 480, 3)


def test_a_large_picture_is_decoded_smaller() -> None:
    data = jpeg(np.full((2400, 3200, 3), 128, np.uint8), 30)
    image = decode_selfie(data)
    assert image is not None
    assert image.shape == (600, 800, 3)


def test_a_bomb_is_refused_by_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(jpeg(np.full((64, 64, 3), 128, np.uint8)))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 14142, 14142)

    def decode(*_: object) -> None:
        raise AssertionError("it was decoded")

    monkeypatch.setattr(cv2, "imdecode", decode)
    assert decode_selfie(bytes(data)) is None


def test_too_many_bytes_are_refused() -> None:
    assert decode_selfie(jpeg(picture()) + bytes(160 * 1024)) is None


def test_a_png_is_refused() -> None:
    assert decode_selfie(cv2.imencode(".png", picture())[1].tobytes()) is None


def test_a_header_without_a_picture_is_refused() -> None:
    data = jpeg(picture())
    assert decode_selfie(data[: data.index(b"\xff\xda")]) is None


def test_of_two_alike_none_is_picked() -> None:
    near, far = face(), face(left=400, side=80)
    assert pick_one([], VIEW.rival_ratio) is None
    assert pick_one([near, far], VIEW.rival_ratio) is None
    assert pick_one([near, face(left=400, side=70)], VIEW.rival_ratio) == near


def test_a_frame_that_is_larger_sharper_and_straight_on_is_worth_more() -> None:
    good = Measures(60.0, 0.1, 120.0, 40.0, 0.0, 0.0)
    assert worth(good) == 1
    assert worth(replace(good, eyes_px=500.0, sharpness=9.0)) == 1
    for poorer in (replace(good, eyes_px=30.0), replace(good, sharpness=0.05), replace(good, yaw_ratio=0.5)):
        assert worth(poorer) == 0.5
    assert worth(replace(good, yaw_ratio=3.0)) == 0
