"""The example photos, which `python -m simulator.photos` fetches at set-up; a test without them is skipped, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.photos import DEFAULT_DIR, order_selfie, photos_present

ROOT = Path(__file__).resolve().parents[2]
PHOTOS_DIR = ROOT / DEFAULT_DIR

needs_photos = pytest.mark.skipif(
    not photos_present(PHOTOS_DIR), reason="the example photos are not there: python -m simulator.photos"
)


def selfie(name: str) -> bytes:
    return order_selfie(PHOTOS_DIR / name)
