"""What every new order has: a slot, a number, its row and its answer (orders-if.md 4.4, 4.5). Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from towerd.orders.book import Circumstances, OrderAccepted, OrderBook, Request
from towerd.orders.choice import next_number
from towerd.orders.claim_parts import SlotShown
from towerd.orders.claims import Collect, StockIn, StockOut, TestDrive
from towerd.orders.model import Order, Slot, Vehicle
from towerd.orders.rules import OrderRules

AnOrder = TestDrive | Collect | StockIn | StockOut
"""Tokens that are orders: somebody comes to the tower with a number."""


def at_json(at: datetime) -> str:
    """A time as orders and slots show it: to the second where it has no fraction."""
    spec: Literal["milliseconds", "seconds"] = "milliseconds" if at.microsecond else "seconds"
    return at.astimezone(UTC).isoformat(timespec=spec).replace("+00:00", "Z")


def slot_json(slot: Slot | None) -> SlotShown | None:
    """A slot as `examples.json` shows it."""
    return None if slot is None else {"from": at_json(slot.from_at), "until": at_json(slot.until_at)}


def wait_until(claims: AnOrder) -> datetime | None:
    """Until when the customer waits for a car that still has to arrive; None for one who does not."""
    return claims.wait_until if isinstance(claims, TestDrive) else None


def slot_of(claims: AnOrder, now: datetime, rules: OrderRules) -> Slot:
    """When the customer comes: as the token says, else now."""
    if claims.slot is not None:
        return Slot(claims.slot.from_at, claims.slot.until_at)
    begins_at = now.replace(microsecond=0)
    until_at = wait_until(claims)
    return Slot(begins_at, begins_at + timedelta(seconds=rules.walk_in_s) if until_at is None else until_at)


def slot_fits(slot: Slot, claims: AnOrder, now: datetime, rules: OrderRules) -> bool:
    """Whether the slot is not over, neither it nor `wait_until` lies too far ahead, and one that was asked for is not too long."""
    last_at = now + timedelta(seconds=rules.max_ahead_s + rules.clock_leeway_s)
    until_at = wait_until(claims)
    ahead = slot.from_at <= last_at and (until_at is None or until_at <= last_at)
    lasts = slot.until_at - max(slot.from_at, now)
    return ahead and slot.until_at > now and (claims.slot is None or lasts <= timedelta(seconds=rules.slot_most_s))


def number_for(book: OrderBook, circumstances: Circumstances) -> str | None:
    """The new order's number; None where all are borne."""
    return next_number(book, circumstances.last_number, circumstances.number_step)


def accept(
    request: Request, claims: AnOrder, vehicle: Vehicle | None, slot: Slot, number: str, circumstances: Circumstances
) -> OrderAccepted:
    """The order with its vehicle, slot and number, and the answer to it. Without a vehicle it waits for one to arrive."""
    now = circumstances.now
    person = claims if isinstance(claims, TestDrive) else None
    consents = person is not None and person.consent is not None and person.consent.face
    awaits = person is not None and vehicle is None
    order = Order(
        id=claims.jti,
        kind=claims.kind,
        issuer=claims.iss,
        customer=claims.sub,
        vehicle=vehicle.id if vehicle is not None else None,
        state="awaiting_stock" if awaits else "accepted",
        since_at=now,
        accepted_at=now,
        number=number,
        code_mac=request.code_mac or "",
        code_only=request.face != "enrolled" or not consents,
        slot=slot,
        services=tuple(person.services) if person is not None else (),
        payload_sha256=request.payload_sha256,
        terms=person.terms.model_dump(mode="json") if person is not None and person.terms is not None else {},
        wish=claims.vehicle.model_dump() if awaits else {},
        wait_until_at=wait_until(claims) if awaits else None,
        pseudonym=request.pseudonym,
    )
    result = {
        "order": order.id,
        "state": order.state,
        "vehicle": order.vehicle,
        "slot": slot_json(slot),
        "number": number,
        "code_only": order.code_only,
        "ready_in_s": circumstances.ready_s.get(order.vehicle or ""),
    }
    return OrderAccepted(order, int(number), result)
