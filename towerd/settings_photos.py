"""The section of the settings about the cameras in the cabins."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from towerd.fsm.config import PhotoRules
from towerd.settings_parts import Duration, Section

Source = Annotated[str, Field(min_length=1, max_length=2000)]
Cameras = Annotated[tuple[Source, ...], Field(max_length=8)]
_SPARE_S = 5.0
"""A shot is told as late by its own process first, and by the core only where that is not heard of."""


class PhotoSettings(Section):
    """`[photos]`: cameras that look at a car before its loan and after (orders-if.md 5.3, 5.4)."""

    cabin_1: Cameras = ()
    """Cameras of cabin 1, each by index (0), URL (rtsp, http), or the path of a picture. Empty: no photos are taken there."""
    cabin_2: Cameras = ()
    """Cameras of cabin 2."""
    limit_s: Annotated[float, Field(ge=2, le=30)] = 6.0
    """How long the cameras may take; then the car is handed over, or taken in, without their photos."""
    kept_s: Duration = 86400.0
    """How long photos are kept once their car is released, or is this tower's no more. Then their key is destroyed."""

    def sources(self) -> dict[int, tuple[str, ...]]:
        """The cameras by cabin, where there are any."""
        return {number: found for number, found in ((1, self.cabin_1), (2, self.cabin_2)) if found}

    def value(self) -> PhotoRules:
        """As the domain takes it."""
        return PhotoRules(frozenset(self.sources()), self.limit_s + _SPARE_S, self.kept_s)
