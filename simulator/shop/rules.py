"""What the shop itself holds customers to, over all towers (orders-if.md 1.4, 4.4), and what it says of them. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from simulator.purchaser import utc
from simulator.shop.following import has_car, is_open
from simulator.shop.model import Account, Position
from simulator.shop.rows import OrderRow

DRIVES_LIMIT = 5
WINDOW = timedelta(days=60)
GOOD_CREDIT = 700
_EARTH_KM = 6371.0


def drives_60_days(rows: Iterable[OrderRow], now: datetime) -> int:
    """Test drives of one customer that began in the last 60 days, or are still to come, at whichever tower."""
    since = utc(now - WINDOW)
    return sum(
        row.kind == "test_drive" and (row.out_since >= since if row.out_since is not None else is_open(row))
        for row in rows
    )


def cars_out(rows: Iterable[OrderRow]) -> int:
    """Cars that one customer has out or has ordered to drive, at whichever tower."""
    return sum(map(has_car, rows))


def against(rows: Iterable[OrderRow], now: datetime) -> tuple[str, ...]:
    """Why one customer may not order another test drive now; the contract's words."""
    mine = tuple(rows)
    held = {
        "trial_limit": drives_60_days(mine, now) >= DRIVES_LIMIT,
        "customer_has_a_car": cars_out(mine) >= 1,
    }
    return tuple(code for code, holds in held.items() if holds)


def drives_free(account: Account) -> bool:
    """Whether no fee falls due: members of good credit."""
    return account.member and account.credit_score is not None and account.credit_score >= GOOD_CREDIT


def eligibility(
    account: Account, rows: Iterable[OrderRow], deposit: Mapping[str, Any], fee_paid: bool, now: datetime
) -> dict[str, Any]:
    """The platform's word on a customer, from its own books over all towers; `deposit` as the claim has it."""
    mine = tuple(rows)
    said: dict[str, Any] = {
        "member": account.member,
        "credit_score": account.credit_score,
        "test_drives_60_days": drives_60_days(mine, now),
        "cars_out": cars_out(mine),
        "licence_until": None if account.licence_until is None else account.licence_until.isoformat(),
        "identity_checked": account.identity_checked,
        "deposit": dict(deposit),
        "fee_paid": fee_paid,
        "as_of": utc(now),
    }
    # the contract shows these claims with no null: what is not known is left out
    return {name: value for name, value in said.items() if value is not None}


def distance_km(one: Position, other: Position) -> float:
    """Along the great circle."""
    lat, other_lat = math.radians(one.lat_deg), math.radians(other.lat_deg)
    lon = math.radians(other.lon_deg - one.lon_deg)
    half = math.sin((other_lat - lat) / 2) ** 2 + math.cos(lat) * math.cos(other_lat) * math.sin(lon / 2) ** 2
    return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(half)))
