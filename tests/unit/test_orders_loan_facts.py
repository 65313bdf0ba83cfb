"""The facts of a loan that ends, in one event (orders-if.md 5.2, 5.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.support.core_kit import vehicle
from tests.support.values import AT
from towerd.orders.loan_facts import NOTHING_SAID, Findings, end_facts
from towerd.orders.model import Loan
from towerd.orders.readings import Reading

LOAN = Loan(
    "ord-1",
    "cust-1",
    "car-1",
    "returning",
    AT - timedelta(days=4),
    AT - timedelta(hours=36),
    "4711",
    odometer_out_km=1000,
    fuel_out_ratio=1.0,
)


def test_what_the_driver_has_typed() -> None:
    found = Findings(Reading(1250, fuel_ratio=0.25), ("charge_implausible",), damage=False)
    assert end_facts(LOAN, vehicle(odometer_km=1000), found, AT) == {
        "vehicle": "car-1",
        "make": "Kestrel",
        "model": "Three",
        "out_s": 4 * 86400.0,
        "overdue_s": 36 * 3600.0,
        "odometer_out_km": 1000,
        "charge_out_ratio": None,
        "fuel_out_ratio": 1.0,
        "odometer_km": 1250,
        "charge_ratio": None,
        "fuel_ratio": 0.25,
        "driven_km": 250,
        "read_by": "driver",
        "read_at": "2026-11-25T08:00:00.123Z",
        "doubts": ["charge_implausible"],
        "damage": False,
    }


def test_what_a_report_has_told_since_it_left() -> None:
    car = vehicle(odometer_km=1300, charge_ratio=0.5, reported_at=AT - timedelta(hours=1))
    facts = end_facts(LOAN, car, NOTHING_SAID, AT)
    assert (facts["odometer_km"], facts["charge_ratio"], facts["driven_km"]) == (1300, 0.5, 300)
    assert (facts["read_by"], facts["read_at"]) == ("report", "2026-11-25T07:00:00.123Z")
    unknown = end_facts(replace(LOAN, odometer_out_km=None), car, NOTHING_SAID, AT)
    assert unknown["driven_km"] is None


def test_what_was_known_before_it_left_tells_nothing() -> None:
    car = vehicle(odometer_km=1000, fuel_ratio=1.0, reported_at=AT - timedelta(days=5))
    facts = end_facts(replace(LOAN, due_back_at=AT), car, NOTHING_SAID, AT)
    assert (facts["odometer_km"], facts["fuel_ratio"], facts["driven_km"], facts["read_by"]) == (None,) * 4
    assert (facts["read_at"], facts["damage"], facts["overdue_s"]) == (None, None, 0.0)
