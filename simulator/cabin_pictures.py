"""A stand-in for the cameras in the cabins: a picture file a cabin, drawn anew whenever another car stands there.

`FOLDER/cabin1.jpg` shows the car from above in its colour, with make, model and tag, or an empty floor. Each says SIMULATED.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.booth import Booth
from simulator.cars import Car

Image = NDArray[np.uint8]

WIDTH_PX, HEIGHT_PX = 960, 540
_MM_PER_PX = 8
_COLOURS = {
    "black": (40, 40, 40),
    "blue": (170, 90, 30),
    "green": (60, 130, 50),
    "grey": (120, 120, 120),
    "red": (40, 40, 190),
    "silver": (190, 190, 190),
    "white": (240, 240, 240),
}
"""As OpenCV has them: blue, green, red."""
_UNKNOWN = (90, 140, 160)
_TEXT = (0, 200, 255)


def picture(car: Car | None) -> Image:
    """What the camera under the cabin's ceiling sees: the floor with its stripes, and the car if there is one."""
    image = np.full((HEIGHT_PX, WIDTH_PX, 3), 75, np.uint8)
    image[::40] = 95
    if car is not None:
        _draw(image, car)
    _write(image, "SIMULATED", (12, HEIGHT_PX - 14))
    return image


def _draw(image: Image, car: Car) -> None:
    half_length, half_width = car.length_mm // _MM_PER_PX // 2, car.width_mm // _MM_PER_PX // 2
    middle_x, middle_y = WIDTH_PX // 2, HEIGHT_PX // 2
    colour = _COLOURS.get(str(car.record.get("colour", "")), _UNKNOWN)
    corners = (middle_x - half_length, middle_y - half_width), (middle_x + half_length, middle_y + half_width)
    cv2.rectangle(image, *corners, colour, -1)
    glass = (
        (middle_x - half_length // 2, middle_y - half_width + 14),
        (middle_x + half_length // 2, middle_y + half_width - 14),
    )
    cv2.rectangle(image, *glass, (60, 50, 45), -1)
    _write(image, f"{car.record.get('make', '?')} {car.record.get('model', '?')}  tag {car.tag}", (12, 30))


def _write(image: Image, text: str, at: tuple[int, int]) -> None:
    cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.8, _TEXT, 2)


class CabinPictures:
    """The files in a folder, one for each of these cabins."""

    def __init__(self, folder: Path, booths: Sequence[Booth]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._booths = booths
        self._shown: dict[int, Car | None] = {}

    def path(self, cabin: int) -> Path:
        """The picture of a cabin."""
        return self._folder / f"cabin{cabin}.jpg"

    def refresh(self) -> None:
        """Draw anew what has changed. Raises OSError."""
        for booth in self._booths:
            if booth.number not in self._shown or self._shown[booth.number] != booth.car:
                self._shown[booth.number] = booth.car
                self._save(self.path(booth.number), picture(booth.car))

    @staticmethod
    def _save(path: Path, image: Image) -> None:
        """Whole or not at all: somebody may be looking."""
        fresh = path.with_suffix(".new")
        fresh.write_bytes(cv2.imencode(".jpg", image)[1].tobytes())
        os.replace(fresh, path)
