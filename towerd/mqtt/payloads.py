"""What the tower publishes, exactly as `examples.json` shows it. Pure: a view goes in, bodies come out.

Bodies lack the envelope (`v`, `at`, `boot`, `seq`, `simulated`, orders-if.md 2.1): it is put around them when they leave.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from towerd.mqtt import shapes, topics
from towerd.orders.aliases import Whose
from towerd.orders.claim_parts import PublicJwk
from towerd.orders.eligibility import LOAN_ENDED
from towerd.orders.model import Loan, Order
from towerd.orders.taking import slot_json
from towerd.units import rfc3339
from towerd.view import AlarmView, BayView, CabinView, LiftView, Offer, View

Body = Mapping[str, Any]
KEPT = timedelta(hours=24)
"""How long an order or loan stays after its end (2)."""


# what is shelved or out of service stands in the list, with its end, and is not counted
_ANNOUNCED = ("unacked_active", "acked_active", "latched_unacked", "latched_acked")


def envelope(at: datetime, boot: int, seq: int, simulated: bool) -> shapes.Envelope:
    """The fields that every JSON payload begins with (2.1)."""
    return {"v": 1, "at": rfc3339(at), "boot": boot, "seq": seq, "simulated": simulated}


def _at(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)


def key_body(jwk: PublicJwk, thumbprint: str) -> shapes.KeyBody:
    """Topic `key`."""
    return {"jwk": jwk, "thumbprint": thumbprint}


def state_body(view: View) -> shapes.StateBody:
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


def _offers(offers: Mapping[str, Any]) -> shapes.OffersShown:
    return {"test_drive": offers.get("test_drive"), "purchase": offers.get("purchase")}


def _offer(offer: Offer, whose: Whose) -> shapes.CatalogueVehicle:
    record = offer.vehicle.record
    return {
        "id": record.id,
        "make": record.make,
        "model": record.model,
        "colour": record.colour,
        "year": record.year,
        "trim": record.trim,
        "propulsion": record.propulsion,
        "mass_kg": record.mass_kg,
        "length_mm": record.length_mm,
        "width_mm": record.width_mm,
        "height_mm": record.height_mm,
        "image_url": record.image_url,
        # whose key is gone stays as good as nameless
        "owner": whose(record.owner) or record.owner,
        "offers": _offers(record.offers),
        "condition": offer.vehicle.condition,
        "orderable_from": _at(offer.orderable_from_at),
        "ready_in_s": offer.ready_in_s,
    }


def catalogue_body(offers: tuple[Offer, ...], whose: Whose) -> shapes.CatalogueBody:
    """Topic `catalogue`: no tag, as that is what the machine knows the vehicle by. Owners are named as the platform does."""
    return {"vehicles": [_offer(offer, whose) for offer in offers]}


def lift_body(lift: LiftView) -> shapes.LiftBody:
    """Topic `lift`."""
    return {
        "quality": lift.quality,
        "position_mm": lift.position_mm,
        "velocity_mm_s": lift.velocity_mm_s,
        "floor": lift.floor,
        "rotation_deg": lift.rotation_deg,
        "fork_mm": lift.fork_mm,
        "loaded": lift.loaded,
        "vehicle": lift.vehicle,
    }


def cabin_body(cabin: CabinView) -> shapes.CabinBody:
    """Topic `cabin/{n}`."""
    return {
        "quality": cabin.quality,
        "outer_door": cabin.outer_door,
        "inner_door": cabin.inner_door,
        "vehicle": cabin.vehicle,
        "person": cabin.person,
        "clear_confirmed": cabin.clear_confirmed,
        "signal": cabin.signal,
        "order": cabin.order,
    }


def bay_body(bay: BayView) -> shapes.BayBody:
    """Topic `bay/{floor}-{position}`."""
    return {
        "quality": bay.quality,
        "occupied": bay.occupied,
        "vehicle": bay.vehicle,
        "locked": bay.locked,
        "disabled": bay.disabled,
        "fault": bay.fault,
        "reserved_for": bay.reserved_for,
    }


def order_body(order: Order, ready_in_s: float | None) -> shapes.OrderBody:
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


def loan_body(loan: Loan, at: datetime) -> shapes.LoanBody:
    """Topic `loan/{id}`; `at` is when it is shown."""
    # the seconds count from when the state says so: dates are looked at once a minute
    counts = loan.state not in (*LOAN_ENDED, "due_soon")
    overdue_s = max(0, int((at - loan.due_back_at).total_seconds())) if counts else 0
    return {
        "id": loan.id,
        "state": loan.state,
        "vehicle": loan.vehicle,
        "out_since": rfc3339(loan.out_since_at),
        "due_back": rfc3339(loan.due_back_at),
        "overdue_s": overdue_s,
        "reason": loan.reason,
    }


def _alarm(alarm: AlarmView) -> shapes.AlarmBody:
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


class OrderBodies:
    """The orders' bodies by topic. What was shown before is shown again, the very same, as long as its row is: a tower keeps
    many orders for a day, and few of them change.
    """

    def __init__(self) -> None:
        self._shown: dict[str, tuple[Order, float | None, Body]] = {}

    def of(self, view: View) -> dict[str, Body]:
        """Those of a view."""
        shown: dict[str, tuple[Order, float | None, Body]] = {}
        for order in view.orders:
            if not _kept(order.ended_at, view.at):
                continue
            topic, ready_in_s = topics.order(order.id), view.order_ready_in_s.get(order.id)
            before = self._shown.get(topic)
            same = before is not None and before[0] is order and before[1] == ready_in_s
            shown[topic] = before if same and before else (order, ready_in_s, order_body(order, ready_in_s))
        self._shown = shown
        return {topic: body for topic, (_, _, body) in shown.items()}


def bodies(view: View, orders: OrderBodies, whose: Whose) -> dict[str, Body]:
    """Every retained topic but `key` and the two availabilities, relative to the tower, with its body (2). `orders`: what
    was shown of them before.
    """
    found: dict[str, Body] = {
        topics.STATE: state_body(view),
        topics.CATALOGUE: catalogue_body(view.offers, whose),
        topics.LIFT: lift_body(view.lift),
        topics.ALARMS: {"alarms": [_alarm(alarm) for alarm in view.alarms]},
    }
    found |= {topics.cabin(cabin.number): cabin_body(cabin) for cabin in view.cabins}
    found |= {topics.bay(bay.place): bay_body(bay) for bay in view.bays}
    found |= orders.of(view)
    found |= {topics.loan(loan.id): loan_body(loan, view.at) for loan in view.loans if _kept(loan.ended_at, view.at)}
    return found


def answer_body(req_id: str, ok: bool, reasons: tuple[str, ...], result: Any) -> shapes.AnswerBody:
    """An answer (3.2); `req_id` null where the request could not be read."""
    return {"req_id": req_id or None, "ok": ok, "reasons": list(reasons), "result": result}
