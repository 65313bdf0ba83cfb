"""`[[machine.bay_sizes]]`: what the bays of each size class take (registers.csv BAY)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from towerd.bays.sizes import Size
from towerd.settings_parts import Section

_Most = Annotated[int, Field(ge=1, le=65535)]


class BaySizeSettings(Section):
    """`[[machine.bay_sizes]]`: the largest vehicle of a bay's size class; the first is class 0, the next 1, and so on."""

    length_mm: _Most
    """Length."""
    width_mm: _Most
    """Width."""
    height_mm: _Most
    """Height."""
    mass_kg: _Most
    """Mass."""

    def value(self) -> Size:
        """As the domain takes it."""
        return Size(self.length_mm, self.width_mm, self.height_mm, self.mass_kg)


BaySizes = Annotated[tuple[BaySizeSettings, ...], Field(max_length=16)]
