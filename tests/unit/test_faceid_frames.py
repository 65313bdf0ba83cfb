from __future__ import annotations

import numpy as np
import pytest

from tests.support.faces import picture
from towerd.faceid.engine import Image
from towerd.faceid.frames import Frame, FrameWatch

MOVING = [picture(seed=seed) for seed in range(4)]
BLACK = [np.full((480, 640, 3), value, np.uint8) for value in (2, 3)]


def shown(
    watch: FrameWatch, images: list[Image], begin_s: float = 0.0, for_s: float = 2.0, rate_hz: float = 2.5
) -> float:
    """Shows the images in turn; the time of the last."""
    watch.opened(begin_s)
    at_s = begin_s
    for index in range(int(for_s * rate_hz) + 1):
        at_s = begin_s + index / rate_hz
        watch.observe(Frame(images[index % len(images)], at_s, index))
    return at_s


def test_a_moving_picture_is_good() -> None:
    watch = FrameWatch()
    assert watch.reason(0.0) == "camera_starting"
    assert watch.reason(shown(watch, MOVING)) == ""


def test_a_source_that_cannot_be_opened_is_absent_until_it_opens() -> None:
    watch = FrameWatch()
    watch.absent()
    assert watch.reason(0.0) == "camera_absent"
    assert watch.reason(shown(watch, MOVING)) == ""


def test_opened_but_silent() -> None:
    watch = FrameWatch()
    watch.opened(10.0)
    assert watch.reason(11.0) == "camera_starting"
    assert watch.reason(12.0) == "camera_no_frames"


def test_a_camera_that_falls_silent_is_noticed_within_two_seconds() -> None:
    watch = FrameWatch()
    last_s = shown(watch, MOVING)
    assert watch.reason(last_s + 1.4) == ""
    assert watch.reason(last_s + 1.6) == "camera_no_frames"


@pytest.mark.parametrize(
    ("images", "reason"), [(BLACK, "camera_black"), (MOVING[:1], "camera_frozen"), (BLACK[:1], "camera_black")]
)
def test_black_and_frozen_are_noticed_within_two_seconds_and_forgiven_at_once(images: list[Image], reason: str) -> None:
    watch = FrameWatch()
    shown(watch, MOVING)
    assert watch.reason(shown(watch, images, begin_s=10.0, for_s=0.8)) == ""
    assert watch.reason(shown(watch, images, begin_s=20.0, for_s=2.0)) == reason
    watch.observe(Frame(MOVING[1], 22.5, 1))
    assert watch.reason(22.5) == ""


def test_a_tiny_picture_is_of_no_use() -> None:
    watch = FrameWatch()
    at_s = shown(watch, [image[:100, :100] for image in MOVING])
    assert watch.reason(at_s) == "camera_tiny"


def test_a_picture_file_may_stand_still() -> None:
    watch = FrameWatch(still=True)
    assert watch.reason(shown(watch, MOVING[:1], for_s=5.0)) == ""


def torn(seed: int, share: float = 0.5, value: int = 128) -> Image:
    image = picture(seed=seed)
    image[round(480 * (1 - share)) :] = value
    return image


def test_a_torn_picture_is_noticed_within_two_seconds_and_never_looked_at() -> None:
    watch = FrameWatch()
    shown(watch, MOVING)
    assert not watch.observe(Frame(torn(1), 3.0, 9))
    assert watch.reason(3.9) == ""
    last_s = shown(watch, [torn(seed) for seed in range(4)], begin_s=3.4, for_s=1.5)
    assert watch.reason(last_s) == "camera_torn"
    assert watch.observe(Frame(MOVING[0], last_s + 0.1, 99))
    assert watch.reason(last_s + 0.2) == ""


@pytest.mark.parametrize("image", [torn(1, 0.1), torn(1, 0.5, 255), torn(1, 0.5, 2), picture()])
def test_a_narrow_edge_and_too_much_or_no_light_are_not_torn(image: Image) -> None:
    assert FrameWatch().observe(Frame(image, 0.0, 1))


def test_a_picture_file_may_have_an_edge_of_one_colour() -> None:
    assert FrameWatch(still=True).observe(Frame(torn(1), 0.0, 1))


def test_one_that_is_far_too_large_is_told_and_not_looked_at() -> None:
    watch = FrameWatch()
    watch.opened(0.0)
    assert not watch.observe(Frame(np.zeros((3000, 4000, 3), np.uint8), 0.1, 1))
    assert watch.reason(0.2) == "camera_huge"
    assert watch.observe(Frame(np.resize(MOVING[0], (2160, 3840, 3)), 0.3, 2))
    assert watch.reason(0.4) == ""
