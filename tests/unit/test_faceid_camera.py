"""The camera's thread, on pictures and videos from files: what it shows, and what it says of a source it cannot read."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import pytest

from tests.support.faces import picture
from towerd.faceid.camera import Camera


def wait_for(camera: Camera, reason: str, limit_s: float = 5.0) -> None:
    until_s = time.monotonic() + limit_s
    while camera.reason(time.monotonic()) != reason:
        assert time.monotonic() < until_s, camera.reason(time.monotonic())
        time.sleep(0.01)


@pytest.fixture
def video(tmp_path: Path) -> str:
    path = str(tmp_path / "clip.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 15, (640, 480))
    for seed in range(6):
        writer.write(picture(seed=seed))
    writer.release()
    return path


def test_a_picture_file_serves(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "face.png"), picture())
    camera = Camera(str(tmp_path / "face.png"), 15)
    camera.demand(busy=True)
    camera.start()
    wait_for(camera, "")
    frame = camera.latest()
    camera.stop()
    assert frame is not None
    assert (frame.image == picture()).all()


def test_a_video_is_played_again_and_again(video: str) -> None:
    camera = Camera(video, 60)
    camera.demand(busy=True)
    camera.start()
    wait_for(camera, "")
    until_s = time.monotonic() + 5
    while (frame := camera.latest()) is None or frame.number <= 6:
        assert time.monotonic() < until_s
        time.sleep(0.01)
    assert camera.stuck_s(time.monotonic()) < 1
    camera.stop()


@pytest.mark.parametrize("source", ["missing.png", "missing.avi", "99"])
def test_what_cannot_be_opened_is_absent(tmp_path: Path, source: str) -> None:
    camera = Camera(source if source.isdecimal() else str(tmp_path / source), 15)
    camera.demand(busy=False)
    camera.start()
    wait_for(camera, "camera_absent")
    assert camera.latest() is None
    camera.stop()
