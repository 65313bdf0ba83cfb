"""People before a camera that is a list, and people in folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.faces import ScriptedEngine, face, jpeg, picture
from towerd.facebench.recorder import FRAMES, RecordingError, good_vector, record, takes_from
from towerd.faceid.engine import Image
from towerd.faceid.frames import Frame


class Shown:
    """A camera that shows these pictures one after another, and then the last one."""

    def __init__(self, images: list[Image | None], why: str = "") -> None:
        self.images, self.why, self.number = images, why, 0
        self.now_s = 0.0

    def latest(self) -> Frame | None:
        if self.number < len(self.images):
            self.number += 1
        image = self.images[self.number - 1]
        return None if image is None else Frame(image, self.now_s, self.number)

    def reason(self, mono_s: float) -> str:
        return self.why

    def clock(self) -> float:
        self.now_s += 0.01
        return self.now_s

    def pause(self, time_s: float) -> None:
        self.now_s += time_s


class Named(ScriptedEngine):
    """Who is seen follows from the brightness of the picture's corner."""

    def embed(self, bgr: Image, face: object) -> np.ndarray:
        vector = np.zeros(128, np.float32)
        vector[int(bgr[0, 0, 0]) // 100] = 1
        return vector


def seen(person: int, seed: int = 1) -> Image:
    image = picture(seed=seed)
    image[:5, :5] = 100 * person
    return image


def recorded(camera: Shown, engine: ScriptedEngine | None = None) -> int:
    return len(record(engine or Named(), camera, 7, camera.clock, camera.pause).vectors)


def test_good_frames_of_one_person_are_taken() -> None:
    camera = Shown([None, seen(0), picture(mean=5, spread=2), *[seen(0, seed) for seed in range(FRAMES)]])
    assert recorded(camera) == FRAMES


def test_whoever_cannot_be_seen_is_told_after_a_while() -> None:
    with pytest.raises(RecordingError, match=f"only 1 of {FRAMES} good frames"):
        recorded(Shown([seen(0)]))
    with pytest.raises(RecordingError, match="camera_black"):
        recorded(Shown([None], why="camera_black"))


def test_a_second_person_spoils_a_recording() -> None:
    with pytest.raises(RecordingError, match="two people"):
        recorded(Shown([seen(0), seen(1)]))


def test_what_the_tower_would_not_look_at_is_no_vector() -> None:
    assert good_vector(ScriptedEngine([]), picture()) is None
    assert good_vector(ScriptedEngine([face(), face(left=400)]), picture()) is None
    assert good_vector(ScriptedEngine(), picture(mean=5, spread=2)) is None
    assert good_vector(ScriptedEngine(), picture()) is not None


def test_each_picture_of_a_folder_is_a_recording(tmp_path: Path) -> None:
    for name, count in (("a", 2), ("b", 1), ("dark", 0)):
        (tmp_path / name).mkdir()
        for number in range(count):
            (tmp_path / name / f"{number}.jpg").write_bytes(jpeg(seen(0, number)))
    (tmp_path / "dark" / "0.jpg").write_bytes(jpeg(picture(mean=5, spread=2)))
    takes, names = takes_from(ScriptedEngine(), tmp_path)
    assert names == ["a", "b"]
    assert [take.person for take in takes] == [0, 0, 1]


def test_one_person_is_too_few(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "0.jpg").write_bytes(jpeg(seen(0)))
    with pytest.raises(RecordingError, match="1 people"):
        takes_from(ScriptedEngine(), tmp_path)
