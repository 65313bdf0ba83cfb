"""The tower's own rules about orders, all configurable (orders-if.md 4.4, 6.2). The defaults are those of the first towers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class DriveRules:
    """Rules that may differ by model. `free_credit_score` frees members from the fee, and buys in instalments.

    `due_soon_s`: how long before its end a drive is told to be due.
    """

    drive_s: float = 3 * 86400.0
    due_soon_s: float = 6 * 3600.0
    free_credit_score: int = 700
    min_charge_ratio: float = 0.5

    @property
    def drive(self) -> timedelta:
        """How long a test drive lasts."""
        return timedelta(seconds=self.drive_s)


@dataclass(frozen=True, slots=True)
class ReleaseRules:
    """When a car that came back is offered again without staff (orders-if.md 5.3), where the site wants that at all.

    It has at least this charge, or this fuel, and was driven no further than `most_km`; its driver has said that it came to
    no harm, and it came back in time. `photos`: each camera of the cabin has seen it before and after.
    """

    by_rule: bool = False
    min_charge_ratio: float = 0.5
    min_fuel_ratio: float = 0.25
    most_km: int = 500
    photos: bool = True


@dataclass(frozen=True, slots=True)
class OrderRules:
    """All rules. `by_model` is keyed `make model`, such as `Ford Mondeo`.

    `turnaround_s`: from a car's being due back until somebody else may have it, time to look at it included.
    `slot_most_s`: how long a slot may be. `walk_in_s`: how long an order without a slot waits for the customer.
    `lost_wait_s`: how long an order waits for a lost
    vehicle to be found, and past its slot for one that is not brought. `open_drives_per_customer` counts cars out
    and test drives that are still to come. `unknown_charge_leaves`: whether an electric car of unknown charge is offered. `stage`: cars are
    brought forward, to stand ready `stage_ahead_s` before they are wanted, and go back when nobody comes for `stage_keep_s`.
    """

    drive: DriveRules = field(default_factory=DriveRules)
    by_model: Mapping[str, DriveRules] = field(default_factory=dict)
    release: ReleaseRules = field(default_factory=ReleaseRules)
    turnaround_s: float = 2 * 3600.0
    max_ahead_s: float = 30 * 86400.0
    slot_most_s: float = 86400.0
    walk_in_s: float = 1800.0
    lost_wait_s: float = 1800.0
    trial_limit: int = 5
    trial_window_s: float = 60 * 86400.0
    open_drives_per_customer: int = 1
    eligibility_age_s: float = 86400.0
    clock_leeway_s: float = 30.0
    unknown_charge_leaves: bool = False
    wrong_codes_lock: int = 5
    wrong_codes_end: int = 20
    code_lock_s: float = 600.0
    answers_kept_s: float = 60.0
    answers_limit: int = 10_000
    down_payment_percent: int = 10
    stock_out_a_day: int = 10
    deliveries_an_hour: int = 240
    stage: bool = True
    stage_ahead_s: float = 60.0
    stage_keep_s: float = 1800.0

    @property
    def turnaround(self) -> timedelta:
        """From a car's being due back until somebody else may have it."""
        return timedelta(seconds=self.turnaround_s)

    def for_model(self, make: str, model: str) -> DriveRules:
        """The rules of one model."""
        return self.by_model.get(f"{make} {model}", self.drive)
