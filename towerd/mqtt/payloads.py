"""What the tower publishes, exactly as `examples.json` shows it. Pure: a view goes in, bodies come out.

Bodies lack the envelope (`v`, `at`, `boot`, `seq`, `simulated`, orders-if.md 2.1): it is put around them when they leave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from towerd.mqtt import topics
from towerd.orders.eligibility import LOAN_ENDED
from towerd.orders.model import Loan, Order
from towerd.orders.taking import slot_json
from towerd.units import rfc3339
from towerd.view import AlarmView, BayView, CabinView, LiftView, Offer, View

Body = dict[str, Any]
KEPT = timedelta(hours=24)
"""How long an order or loan stays after its end (2)."""


# what is shelved or out of service stands in the list, with its end, and is not counted
_ANNOUNCED = ("unacked_active", "acked_active", "latched_unacked", "latched_acked")


def envelope(at: datetime, boot: int, seq: int, simulated: bool) -> Body:
    """The fields that every JSON payload begins with (2.1)."""
    return {"v": 1, "at": rfc3339(at), "boot": boot, "seq": seq, "simulated": simulated}


def _at(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)


def key_body(jwk: Mapping[str, str], thumbprint: str) -> Body:
    """Topic `key`."""
    return {"jwk": dict(jwk), "thumbprint": thumbprint}


def state_body(view: View) -> Body:
    """Topic `state`, and the result of the verb `state`."""
    active = sum(alarm.state in _ANNOUNCED for alarm in view.alarms)
    return {
        "mode": view.mode,
        "packml": view.packml,
        "stop_reason": view.stop_reason,
        "activity": {
            "what": view.activity.what,
            "order": view.activity.order,
            "step": view.activity.step,
            "since": rfc3339(view.activity.since_at),
            "remaining_s": view.activity.remaining_s,
        },
        "can_deliver": view.can_deliver,
        "why_not": list(view.why_not),
        "identification": {
            "engine": view.engine,
            "liveness": list(view.liveness),
            "face_alone": list(view.face_alone),
            "face_available": view.face_available,
        },
        "alarms_active": active,
        "version": view.version,
    }


def _offer(offer: Offer) -> Body:
    record = asdict(offer.vehicle.record)
    del record["tag"]
    return {
        **record,
        "condition": offer.vehicle.condition,
        "orderable_from": _at(offer.orderable_from_at),
        "ready_in_s": offer.ready_in_s,
    }


def catalogue_body(offers: tuple[Offer, ...]) -> Body:
    """Topic `catalogue`: no tag, as that is what the machine knows the vehicle by."""
    return {"vehicles": [_offer(offer) for offer in offers]}


def lift_body(lift: LiftView) -> Body:
    """Topic `lift`."""
    return asdict(lift)


def cabin_body(cabin: CabinView) -> Body:
    """Topic `cabin/{n}`."""
    names = (
        "quality",
        "outer_door",
        "inner_door",
        "vehicle",
        "person",
        "clear_confirmed",
        "signal",
        "order",
    )
    return {name: getattr(cabin, name) for name in names}


def bay_body(bay: BayView) -> Body:
    """Topic `bay/{floor}-{position}`."""
    names = ("quality", "occupied", "vehicle", "locked", "disabled", "fault", "reserved_for")
    return {name: getattr(bay, name) for name in names}


def order_body(order: Order, ready_in_s: float | None) -> Body:
    """Topic `order/{id}`: neither customer, number nor code (2.1)."""
    return {
        "id": order.id,
        "kind": order.kind,
        "state": order.state,
        "since": rfc3339(order.since_at),
        "reason": order.reason,
        "vehicle": order.vehicle,
        "slot": slot_json(order.slot),
        "cabin": order.cabin,
        "ready_in_s": ready_in_s,
    }


def loan_body(loan: Loan, at: datetime) -> Body:
    """Topic `loan/{id}`; `at` is when it is shown."""
    until_at = loan.ended_at or at
    overdue_s = 0 if loan.state in LOAN_ENDED else max(0, int((until_at - loan.due_back_at).total_seconds()))
    return {
        "id": loan.id,
        "state": loan.state,
        "vehicle": loan.vehicle,
        "out_since": rfc3339(loan.out_since_at),
        "due_back": rfc3339(loan.due_back_at),
        "overdue_s": overdue_s,
        "reason": loan.reason,
    }


def _alarm(alarm: AlarmView) -> Body:
    return {
        "code": alarm.code,
        "name": alarm.name,
        "priority": alarm.priority,
        "state": alarm.state,
        "since": rfc3339(alarm.since_at),
        "shelved_until": _at(alarm.shelved_until_at),
        "text": alarm.text,
    }


def _kept(ended_at: datetime | None, at: datetime) -> bool:
    return ended_at is None or at - ended_at < KEPT


def bodies(view: View) -> dict[str, Body]:
    """Every retained topic but `key` and the two availabilities, relative to the tower, with its body (2)."""
    found = {
        topics.STATE: state_body(view),
        topics.CATALOGUE: catalogue_body(view.offers),
        topics.LIFT: lift_body(view.lift),
        topics.ALARMS: {"alarms": [_alarm(alarm) for alarm in view.alarms]},
    }
    found |= {topics.cabin(cabin.number): cabin_body(cabin) for cabin in view.cabins}
    found |= {topics.bay(bay.place): bay_body(bay) for bay in view.bays}
    found |= {
        topics.order(order.id): order_body(order, view.order_ready_in_s.get(order.id))
        for order in view.orders
        if _kept(order.ended_at, view.at)
    }
    found |= {topics.loan(loan.id): loan_body(loan, view.at) for loan in view.loans if _kept(loan.ended_at, view.at)}
    return found


def answer_body(req_id: str, ok: bool, reasons: tuple[str, ...], result: Body | None) -> Body:
    """An answer (3.2); `req_id` null where the request could not be read."""
    return {"req_id": req_id or None, "ok": ok, "reasons": list(reasons), "result": result}
