"""What staff say of a vehicle (orders-if.md 3 `condition`, 5.3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.orders_kit import book, circumstances, claims, request, vehicle
from towerd.errors import Refusal
from towerd.orders.book import ConditionAsked
from towerd.orders.conditions import condition_denies
from towerd.orders.lifecycle import decide_request
from towerd.orders.rules import OrderRules


def decide(**changes: Any) -> Any:
    asked = request(claims("condition", **changes))
    return decide_request(asked, book(vehicle()), OrderRules(), circumstances())


def test_a_vehicle_is_put_out_of_service_with_its_reasons() -> None:
    result = {"order": None, "state": "out_of_service"}
    note = "scratch on the left door"
    assert decide() == ConditionAsked("v_0042", "out_of_service", ("damage",), note, "dealer_3", result)
    assert decide(reasons=["damage", "cleaning", "damage"]).reasons == ("damage", "cleaning")


@pytest.mark.parametrize("condition", ["available", "inspection"])
def test_it_is_released_or_to_be_looked_at(condition: str) -> None:
    assert decide(condition=condition, reasons=[]).condition == condition


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"vehicle": {"id": "v_none"}}, "no_such_vehicle"),
        ({"reasons": []}, "malformed"),
        ({"condition": "available"}, "malformed"),
        ({"reasons": ["rust"]}, "malformed"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], reason: str) -> None:
    refused = decide(**changes)
    assert isinstance(refused, Refusal)
    assert refused.reasons == (reason,)


def test_a_reason_says_what_may_be_given() -> None:
    refused = condition_denies("v_1", "out_of_service", (), {"v_1"})
    assert refused is not None
    assert "recalled" in refused.text
