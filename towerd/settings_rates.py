"""`[orders.rates]`: how many orders a sender may hand in, whatever becomes of them (orders-if.md 4.5, `rate_limited`)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from towerd.orders.rates import OrderRates
from towerd.settings_parts import Section


class RateSettings(Section):
    """`[orders.rates]`: how many orders a sender may hand in, whatever becomes of them; then `rate_limited`."""

    by_issuer_a_minute: Annotated[int, Field(ge=1)] = 2400
    """Of one issuer: more than a tower takes in."""
    by_customer_a_minute: Annotated[int, Field(ge=1)] = 6
    """Of one customer."""
    by_dealer_a_minute: Annotated[int, Field(ge=1)] = 30
    """Of one dealer's cars in and out: more than a truck brings."""

    def value(self) -> OrderRates:
        """As the intake takes it; it has heard of nobody yet."""
        return OrderRates(self.by_issuer_a_minute, self.by_customer_a_minute, self.by_dealer_a_minute)
