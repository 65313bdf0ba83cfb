"""The rules of one model (orders-if.md 4.4)."""

from __future__ import annotations

from datetime import timedelta

from towerd.orders.rules import DriveRules, OrderRules


def test_a_model_has_its_own_rules_or_those_of_all() -> None:
    short = DriveRules(drive_s=3600.0)
    rules = OrderRules(by_model={"Ford Mondeo": short})
    assert rules.for_model("Ford", "Mondeo") is short
    assert rules.for_model("Ford", "Focus") is rules.drive
    assert (short.drive, rules.drive.drive) == (timedelta(hours=1), timedelta(days=3))
