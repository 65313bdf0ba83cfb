"""The section of the settings about cars that come back."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from towerd.orders.rules import ReleaseRules
from towerd.settings_parts import Ratio, Section


class ReleaseSettings(Section):
    """`[orders.release]`: when a returned car is offered again without staff (orders-if.md 5.3)."""

    by_rule: bool = False
    """Whether this rule releases cars at all. What is not known, a late return, and damage that the driver told of or was not
    asked about always leave a car to staff."""
    min_charge_ratio: Ratio = 0.5
    """Least charge of an electric car."""
    min_fuel_ratio: Ratio = 0.25
    """Least fuel of any other car."""
    most_km: Annotated[int, Field(ge=0)] = 500
    """How far it may have been driven."""
    photos: bool = True
    """Whether the cabin's cameras must all have seen it, before the loan and after (`[photos]`)."""

    def value(self) -> ReleaseRules:
        """As the domain takes it."""
        return ReleaseRules(**self.model_dump())
