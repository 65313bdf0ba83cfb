"""What becomes of a verified token (orders-if.md 3.3, 4.3 to 4.5). Pure: what the tables hold goes in, a value comes out.

`decide_request` is the way in; it looks first whether the same was asked before, then asks the decider of its kind.
What the core then keeps of the answer is named by `requests.remember`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from towerd.errors import Refusal
from towerd.orders.book import (
    Circumstances,
    MotionAsked,
    OrderAccepted,
    OrderBook,
    OrderCancelled,
    Outcome,
    Request,
)
from towerd.orders.choice import choose_vehicle, next_number
from towerd.orders.claims import (
    MALFORMED,
    Cancel,
    Claims,
    Collect,
    Hold,
    Purchase,
    Resume,
    ReturnedElsewhere,
    TestDrive,
    read_claims,
)
from towerd.orders.eligibility import drive_reasons, history_reasons
from towerd.orders.loan_ends import decide_purchase, decide_returned_elsewhere
from towerd.orders.model import Order, Slot, Vehicle
from towerd.orders.requests import first_answer, too_many_requests
from towerd.orders.rules import DriveRules, OrderRules

CANCELLABLE = frozenset({"accepted", "awaiting_stock", "arrived", "identified", "delivering", "staged"})
"""Until the outer door opens for hand-over (3.4); a car that is on its way then goes back. The core sees the door."""


def at_json(at: datetime) -> str:
    """A time as orders and slots show it: to the second where it has no fraction."""
    spec: Literal["milliseconds", "seconds"] = "milliseconds" if at.microsecond else "seconds"
    return at.astimezone(UTC).isoformat(timespec=spec).replace("+00:00", "Z")


def slot_json(slot: Slot | None) -> dict[str, str] | None:
    """A slot as `examples.json` shows it."""
    return None if slot is None else {"from": at_json(slot.from_at), "until": at_json(slot.until_at)}


def _slot(claims: TestDrive, now: datetime, rules: OrderRules) -> Slot:
    if claims.slot is not None:
        return Slot(claims.slot.from_at, claims.slot.until_at)
    begins_at = now.replace(microsecond=0)
    if claims.wait_until is not None:
        return Slot(begins_at, claims.wait_until)
    return Slot(begins_at, begins_at + timedelta(seconds=rules.walk_in_s))


def _slot_fits(slot: Slot, claims: TestDrive, now: datetime, rules: OrderRules) -> bool:
    last_at = now + timedelta(seconds=rules.max_ahead_s + rules.clock_leeway_s)
    ahead = slot.from_at <= last_at and (claims.wait_until is None or claims.wait_until <= last_at)
    return ahead and slot.until_at > now


def _customer_reasons(
    claims: TestDrive, due_at: datetime, drive: DriveRules, book: OrderBook, rules: OrderRules, now: datetime
) -> tuple[str, ...]:
    terms = () if claims.terms is not None else ("terms_missing",)
    if claims.eligibility is None:
        return (*terms, "not_eligible")
    said = drive_reasons(claims.eligibility, due_at, drive, rules, now)
    return (*terms, *said, *history_reasons(claims.eligibility, claims.sub, book, rules, now))


def _order(request: Request, claims: TestDrive, vehicle: Vehicle, slot: Slot, number: str, now: datetime) -> Order:
    consents = claims.consent is not None and claims.consent.face
    return Order(
        id=claims.jti,
        kind="test_drive",
        issuer=claims.iss,
        customer=claims.sub,
        vehicle=vehicle.id,
        state="accepted",
        since_at=now,
        accepted_at=now,
        number=number,
        code_mac=request.code_mac or "",
        code_only=request.face != "enrolled" or not consents,
        slot=slot,
        services=tuple(claims.services),
        payload_sha256=request.payload_sha256,
        terms=claims.terms.model_dump(mode="json") if claims.terms else {},
    )


def _accepted(order: Order, circumstances: Circumstances) -> OrderAccepted:
    result = {
        "order": order.id,
        "state": order.state,
        "vehicle": order.vehicle,
        "slot": slot_json(order.slot),
        "number": order.number,
        "code_only": order.code_only,
        "ready_in_s": circumstances.ready_s.get(order.vehicle or ""),
    }
    return OrderAccepted(order, int(order.number), result)


def decide_order(
    request: Request, claims: TestDrive, book: OrderBook, rules: OrderRules, circumstances: Circumstances
) -> OrderAccepted | Refusal:
    """Accept a test drive with its vehicle, slot and number, or refuse it with every reason that holds (4.4, 4.5)."""
    now = circumstances.now
    if not request.code_mac:
        return MALFORMED
    slot = _slot(claims, now, rules)
    choice = choose_vehicle(claims.vehicle, book, "test_drive", circumstances.ready_s, rules)
    number = next_number(book, circumstances.last_number, circumstances.number_step)
    drive = rules.drive if isinstance(choice, str) else rules.for_model(choice.record.make, choice.record.model)
    reasons = [
        *(request.face_reasons if request.face == "refused" else ()),
        *((choice,) if isinstance(choice, str) else ()),
        *(() if _slot_fits(slot, claims, now, rules) else ("slot_conflict",)),
        *_customer_reasons(claims, slot.until_at + drive.drive, drive, book, rules, now),
        *(("tower_out_of_service",) if circumstances.out_of_service else ()),
        *(("busy",) if number is None else ()),
    ]
    if reasons or isinstance(choice, str) or number is None:
        return Refusal(tuple(reasons), "The order is not taken: " + ", ".join(reasons))
    return _accepted(_order(request, claims, choice, slot, number, now), circumstances)


def decide_cancel(claims: Cancel, book: OrderBook, now: datetime) -> OrderCancelled | Refusal:
    """End an order before its car is handed over. Whoever names another customer's order learns nothing of it (4.3)."""
    order = book.orders.get(claims.order)
    if order is None or order.customer != claims.sub:
        return Refusal(("no_such_order",), f"There is no order {claims.order} of this customer.")
    if order.state not in CANCELLABLE:
        return Refusal(("too_late",), f"The order is {order.state}.")
    ended = replace(order, state="cancelled", since_at=now, ended_at=now, reason=claims.reason)
    return OrderCancelled(ended, {"order": order.id, "state": ended.state})


def _motion(claims: Hold | Resume) -> MotionAsked:
    state = "held" if isinstance(claims, Hold) else "resumed"
    return MotionAsked(claims.kind, claims.sub, claims.reason, {"order": None, "state": state})


def _by_kind(
    request: Request, claims: Claims, book: OrderBook, rules: OrderRules, circumstances: Circumstances
) -> Outcome:
    match claims:
        case Collect():
            pass
        case TestDrive():
            return decide_order(request, claims, book, rules, circumstances)
        case Cancel():
            return decide_cancel(claims, book, circumstances.now)
        case Purchase():
            return decide_purchase(claims, book, rules, circumstances.now)
        case ReturnedElsewhere():
            return decide_returned_elsewhere(claims, book, circumstances.now)
        case Hold() | Resume():
            return _motion(claims)
    return Refusal(("kind_not_allowed",), f"This tower does not serve {request.claims['kind']}.")


def decide_request(request: Request, book: OrderBook, rules: OrderRules, circumstances: Circumstances) -> Outcome:
    """What becomes of a verified token. Repeats get their first answer, whatever the tables say now (3.3, 4.3)."""
    try:
        claims = read_claims(request.claims)
    except ValueError:
        return MALFORMED
    before = first_answer(request, claims, book, circumstances.now)
    if before is not None:
        return before
    if not isinstance(claims, Hold) and too_many_requests(book, rules, circumstances.now, verified=True):
        return Refusal(("busy",), "Too many requests are remembered.")
    if not circumstances.clock_sure and not isinstance(claims, Hold):
        return Refusal(("clock_unsure",), "The tower does not trust its clock yet.")
    return _by_kind(request, claims, book, rules, circumstances)
