"""Example photos for tests and the demo: public figures, from the source package of `face_recognition` (MIT).

    python -m simulator.photos [--into var/photos]

They are in the package's source distribution only, so that is fetched through pip, from whatever registry pip is set to,
and checked against the digest below. Nothing but that one archive is fetched, and nothing of it is built or run but its
own metadata.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

PHOTOS = ("obama.jpg", "obama2.jpg", "obama3.jpg", "obama_partial_face.jpg", "biden.jpg")
DEFAULT_DIR = Path("var/photos")
SELFIE_LIMIT_BYTES = 160 * 1024

_ARCHIVE = "face_recognition-1.3.0.tar.gz"
_SHA256 = "5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec"
_INSIDE = "face_recognition-1.3.0/tests/test_images/"
_DOWNLOAD_LIMIT_S = 120
_SIDE_MAX_PX = 1024


class PhotosError(Exception):
    """The photos cannot be had; the text says why and what to do."""


def photos_present(folder: Path = DEFAULT_DIR) -> bool:
    """Whether every photo is there."""
    return all((folder / name).is_file() for name in PHOTOS)


def _download(into: Path) -> Path:
    options = ("--no-deps", "--no-build-isolation", "--no-binary", "face_recognition", "--dest", str(into))
    command = (sys.executable, "-m", "pip", "download", "--quiet", *options, "face_recognition==1.3.0")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_DOWNLOAD_LIMIT_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise PhotosError(f"the package registry gave no answer within {_DOWNLOAD_LIMIT_S} s") from error
    archive = into / _ARCHIVE
    if done.returncode or not archive.is_file():
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["pip said nothing"]
        raise PhotosError(f"face_recognition 1.3.0 cannot be fetched from the package registry: {last[0]}")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != _SHA256:
        raise PhotosError(f"{_ARCHIVE} has SHA-256 {digest}, wanted {_SHA256}")
    return archive


def fetch_photos(folder: Path = DEFAULT_DIR) -> Path:
    """The folder with the photos, which are fetched where one is missing. Raises PhotosError."""
    if photos_present(folder):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, tarfile.open(_download(Path(scratch))) as archive:
        for name in PHOTOS:
            member = archive.extractfile(_INSIDE + name)
            if member is None:
                raise PhotosError(f"{_ARCHIVE} holds no {name}")
            part = folder / f"{name}.part"
            part.write_bytes(member.read())
            part.rename(folder / name)
    return folder


def decode_photo(data: bytes, side_max_px: int = _SIDE_MAX_PX) -> NDArray[np.uint8]:
    """A picture file's content as BGR, its longer side at most `side_max_px`. Raises PhotosError."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise PhotosError("this is no picture")
    factor = side_max_px / max(image.shape[:2])
    if factor < 1:
        image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return cast("NDArray[np.uint8]", image)


def read_photo(path: Path, side_max_px: int = _SIDE_MAX_PX) -> NDArray[np.uint8]:
    """The photo as BGR, its longer side at most `side_max_px`. Raises PhotosError."""
    try:
        return decode_photo(path.read_bytes(), side_max_px)
    except (OSError, PhotosError) as error:
        raise PhotosError(f"{path} is no picture") from error


def selfie_jpeg(data: bytes, limit_bytes: int = SELFIE_LIMIT_BYTES) -> bytes:
    """A picture file's content as a JPEG that an order may carry: at most `limit_bytes`, and nothing but the picture.

    Raises PhotosError.
    """
    image = decode_photo(data)
    for quality in (92, 85, 75, 60, 45):
        jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(jpeg) <= limit_bytes:
            return jpeg
    raise PhotosError(f"the picture does not fit into {limit_bytes} bytes")


def order_selfie(path: Path, limit_bytes: int = SELFIE_LIMIT_BYTES) -> bytes:
    """The photo as a JPEG that an order may carry. Raises PhotosError."""
    try:
        return selfie_jpeg(path.read_bytes(), limit_bytes)
    except (OSError, PhotosError) as error:
        raise PhotosError(f"{path}: {error}") from error


def main() -> int:
    """Fetch, and say where they are."""
    parser = argparse.ArgumentParser(description="fetches the example photos")
    parser.add_argument("--into", type=Path, default=DEFAULT_DIR)
    try:
        print(fetch_photos(parser.parse_args().into))
    except PhotosError as error:
        print(f"photos: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
