"""The section of the settings about driving in."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from towerd.cabin.intake import IntakeRules
from towerd.settings_parts import Positive, Section


class IntakeSettings(Section):
    """`[intake]`: how long people are waited for when a car is driven in."""

    wait_s: Positive = 300.0
    """How long the outer door stands open for a car that does not come; twice that while somebody is in the doorway."""
    page_s: Positive = 300.0
    """How long a car may stand in a cabin with something owed and nobody near, before fault 4002 pages people."""
    read_s: Annotated[float, Field(ge=1, le=120)] = 10.0
    """How long tag and measures may take to be read, before the car is turned away."""
    report_age_s: Annotated[float, Field(ge=0, le=86400)] = 900.0
    """How young a report of odometer and charge or fuel must be when a car comes back; else its driver types them
    (orders-if.md 6.4)."""

    def value(self) -> IntakeRules:
        """As the domain takes it."""
        return IntakeRules(self.wait_s, self.page_s, self.read_s, self.report_age_s)
