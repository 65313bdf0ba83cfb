"""Which kinds of acts a week had: a week in which nobody does a thing says nothing of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from tests.weeks.city import WRONG, City
from tests.weeks.trouble import BLOWS

_TOLD = (
    "order_bound",
    "order_expired",
    "order_staged",
    "order_no_show",
    "order_cancelled",
    "loan_overdue",
    "loan_sold",
    "loan_returned_elsewhere",
    "vehicle_stocked_out",
    "vehicle_fetched",
    "consent_withdrawn",
    "privacy_erased",
)
KINDS = frozenset(
    {
        *_TOLD,
        *BLOWS,
        *(f"brought back with another {what}" for what in WRONG),
        "identified by code",
        "identified by face",
        "stocked in by a dealer",
        "fetched although promised",
        "moved to another bay",
        "moved by hand",
        "power cut",
        "restart",
    }
)
"""What somebody does, or what befalls the tower, in some of the weeks."""


def acts_of(city: City) -> Counter[str]:
    """How often each kind came in this week: as it was told outside, else as those know who did it."""
    told = Counter(_names(city.tower.ear.events))
    sent_off = Counter(f"brought back with another {why.removeprefix('wrong_')}" for _vehicle, why in city.sent_off)
    return Counter({"power cut": city.tower.cuts}) + city.did + sent_off + told


def _names(events: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for one in events:
        kind, data = one.get("type", ""), one.get("data", {})
        if kind in _TOLD:
            yield kind
        if kind == "order_handed_over":
            yield f"identified by {data['identified_by']}"
        if kind == "vehicle_stocked_in" and one["order"] is not None:
            yield "stocked in by a dealer"
        if kind == "order_failed" and (data["reason"] or "").startswith("vehicle_fetched"):
            yield "fetched although promised"
        if kind == "move_done" and data["purpose"] == "move":
            yield "moved to another bay"
