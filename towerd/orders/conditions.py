"""What staff say of a vehicle: out of service, to be looked at, free again (orders-if.md 3 `condition`, 5.3). Pure."""

from __future__ import annotations

from collections.abc import Collection, Container
from typing import Final, Literal, get_args

from towerd.errors import Refusal
from towerd.orders.book import ConditionAsked, OrderBook
from towerd.orders.claims import ConditionClaim

SetCondition = Literal["out_of_service", "available", "inspection"]
OutReason = Literal["damage", "cleaning", "charge_low", "service_due", "recalled"]
REASONS: Final[tuple[str, ...]] = get_args(OutReason)


def condition_denies(
    vehicle: str, condition: SetCondition, reasons: Collection[str], known: Container[str]
) -> Refusal | None:
    """Why a vehicle cannot be said to be so: nobody knows it, or it is out of service for no reason, or free with one."""
    if vehicle not in known:
        return Refusal(("no_such_vehicle",), f"The tower knows no vehicle {vehicle}.")
    if condition == "out_of_service" and not reasons:
        return Refusal(("malformed",), f"A vehicle is out of service for a reason: {', '.join(REASONS)}.")
    if condition == "available" and reasons:
        return Refusal(("malformed",), "A vehicle with a reason against it is not available.")
    return None


def decide_condition(claims: ConditionClaim, book: OrderBook) -> ConditionAsked | Refusal:
    """Put a vehicle out of service, have it looked at, or release it."""
    asked, reasons = claims.condition, tuple(dict.fromkeys(claims.reasons))
    denied = condition_denies(claims.vehicle.id, asked, reasons, book.vehicles)
    result = {"order": None, "state": asked}
    return denied or ConditionAsked(claims.vehicle.id, asked, reasons, claims.note, claims.sub, result)
