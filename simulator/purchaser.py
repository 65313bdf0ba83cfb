"""What the stand-in's customers want and bring: claims of orders (orders-if.md 4.4). No connection here."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

TOKEN_S = 3600


def utc(at: datetime) -> str:
    """A time as claims bear it."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer asks for. `vehicle` is an id; else the first of the catalogue that fits the rest is meant.

    `slot_in_s` and `slot_s`: when the customer comes, from now, and for how long; None: now, at the tower. `changes`
    replaces whole claims, None leaves one out: for orders that are to be refused.
    """

    customer: str
    code: str
    selfie_jpeg: bytes | None = None
    vehicle: str | None = None
    make: str | None = None
    model: str | None = None
    colour: str | None = None
    slot_in_s: float | None = None
    slot_s: float = 1800.0
    changes: Mapping[str, Any] = field(default_factory=dict)


def pick(catalogue: Mapping[str, Any], wish: Wish) -> dict[str, Any]:
    """The first vehicle on offer that fits the wish and can be had when the customer comes. Raises LookupError where there is none."""
    comes_at = datetime.now(UTC) + timedelta(seconds=wish.slot_in_s or 0.0)
    wanted = {"id": wish.vehicle, "make": wish.make, "model": wish.model, "colour": wish.colour}
    for vehicle in catalogue["vehicles"]:
        fits = all(value is None or vehicle[name] == value for name, value in wanted.items())
        from_at = vehicle["orderable_from"]
        in_time = from_at is None or datetime.fromisoformat(from_at) <= comes_at
        if fits and in_time and "test_drive" in vehicle["offers"]:
            return dict(vehicle)
    asked = ", ".join(f"{name} {value}" for name, value in wanted.items() if value) or "any vehicle"
    raise LookupError(f"the tower offers no test drive of {asked}")


def head(kind: str, iss: str, tower: str, customer: str, token_id: str) -> dict[str, Any]:
    """The claims of every token, valid from now for an hour."""
    return stamped({"iss": iss, "aud": tower, "sub": customer, "jti": token_id, "kind": kind})


def stamped(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Claims that are valid from now for an hour."""
    now_s = int(datetime.now(UTC).timestamp())
    return {**claims, "iat": now_s, "exp": now_s + TOKEN_S}


def eligibility(deposit: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A member of good standing who has paid the deposit."""
    return {
        "member": True,
        "credit_score": 731,
        "test_drives_60_days": 0,
        "cars_out": 0,
        "licence_until": f"{now.year + 5}-04-30",
        "identity_checked": True,
        "deposit": {"amount": deposit["deposit"], "currency": deposit["currency"], "paid": True},
        "fee_paid": False,
        "as_of": utc(now),
    }


def drive_claims(vehicle: Mapping[str, Any], wish: Wish) -> dict[str, Any]:
    """The claims of a test drive of `vehicle`, without those of every token."""
    now = datetime.now(UTC)
    by_model = {name: vehicle[name] for name in ("make", "model", "colour")}
    claims: dict[str, Any] = {
        "vehicle": {"id": wish.vehicle} if wish.vehicle else by_model,
        "code": wish.code,
        "terms": {"version": "2026-09", "hash": "sha256:" + "0" * 64, "accepted_at": utc(now)},
        "eligibility": eligibility(vehicle["offers"]["test_drive"], now),
        "services": [],
    }
    if wish.slot_in_s is not None:
        from_at = now + timedelta(seconds=wish.slot_in_s)
        claims["slot"] = {"from": utc(from_at), "until": utc(from_at + timedelta(seconds=wish.slot_s))}
    if wish.selfie_jpeg is not None:
        claims["selfie"] = base64.b64encode(wish.selfie_jpeg).decode()
        claims["consent"] = {"face": True, "at": utc(now), "text_version": "2026-09"}
    claims.update(wish.changes)
    return {name: value for name, value in claims.items() if value is not None}
