"""Timing, of an engine without networks and of the real one in its own process."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.support.face_sets import NOBODY, GreyEngine
from tests.support.photos import PHOTOS_DIR, needs_photos
from towerd.facebench import stages
from towerd.facebench.stages import cost, cost_apart, frame_with, main
from towerd.faceid.engine import Image


def grey(value: int, size: tuple[int, int] = (120, 160)) -> Image:
    return np.full((*size, 3), value, np.uint8)


def test_the_picture_is_laid_into_a_frame_of_720_lines() -> None:
    whole = frame_with(grey(40), 1.0)
    assert whole.shape == (720, 1280, 3)
    assert int(whole[360, 640, 0]) == 40
    assert int(whole[360, 10, 0]) == 110
    small = frame_with(grey(40), 0.4)
    assert int((small[:, 640, 0] == 40).sum()) == 288
    wide = frame_with(grey(40, (100, 400)), 1.0)  # never wider than the frame
    assert int((wide[:, 640, 0] == 40).sum()) == 320


def test_every_stage_is_timed() -> None:
    found = cost(GreyEngine(), grey(40), rounds=3)
    assert [stage.name for stage in found.stages] == ["locate", "locate, face far", "encode", "match 1:500"]
    assert all(stage.clock_ms > 0 for stage in found.stages)
    assert found.locate_and_encode_ms == found.stages[0].cpu_ms + found.stages[2].cpu_ms
    assert found.memory_mb > 10


def test_a_picture_without_a_face_cannot_be_timed() -> None:
    with pytest.raises(ValueError, match="finds no face"):
        cost(GreyEngine(), grey(NOBODY, (90, 160)), rounds=1)


@needs_photos
def test_the_real_engine_is_timed_apart() -> None:
    found = cost_apart("opencv", PHOTOS_DIR / "obama.jpg", 2)
    assert 1 < found.locate_and_encode_ms < 5000
    assert 50 < found.memory_mb < 400


def test_what_went_wrong_apart_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.jpg is no picture"):
        cost_apart("opencv", tmp_path / "none.jpg", 1)


def test_the_process_tells_what_it_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stages, "load_engine", lambda name: GreyEngine())
    cv2.imwrite(str(tmp_path / "p.png"), grey(40))
    threads = cv2.getNumThreads()
    try:
        assert main(["opencv", str(tmp_path / "p.png"), "1"]) == 0
    finally:
        cv2.setNumThreads(threads)
    assert len(json.loads(capsys.readouterr().out)["stages"]) == 4


def test_a_process_that_says_nothing_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages.sys, "executable", "/bin/false")
    with pytest.raises(ValueError, match="the timing failed"):
        cost_apart("opencv", Path("x"), 1)
