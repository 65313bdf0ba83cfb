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
