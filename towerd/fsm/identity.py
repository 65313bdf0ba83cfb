"""Who stands at the gate: looks, codes, and how long a decision holds (orders-if.md 6.1, 6.2; invariant 7). Pure."""

from __future__ import annotations

from dataclasses import replace

from towerd.errors import Refusal
from towerd.faceid.liveness import FAILED, missing
from towerd.faceid.policy import decide_claim, decide_match
from towerd.fsm.alike import like_another
from towerd.fsm.book import in_time
from towerd.fsm.challenge import ask_to_turn, follow_challenge
from towerd.fsm.charts import ORDER
from towerd.fsm.commands import Watch
from towerd.fsm.decision import decision_holds
from towerd.fsm.events import CodeEntered, FaceHealthChanged, FaceLooked
from towerd.fsm.face_events import FaceChallenged, NumberEntered
from towerd.fsm.number import claimed, number_entered
from towerd.fsm.order_ends import end_order, may_end
from towerd.fsm.state import IdentityDecision
from towerd.fsm.turn import Turn
from towerd.orders.codes import CodeMatch, CodeMismatch, decide_code
from towerd.orders.model import Order, OrderState

WAITING: frozenset[OrderState] = frozenset({"accepted", "arrived", "identified", "delivering", "staged", "ready"})
"""States in which the customer may still be asked who they are: until the car has left."""
_SLOW_S = (0.0, 2.0, 4.0, 10.0)


def _compared(turn: Turn) -> list[Order]:
    """Waiting orders that a face may serve, also those decided already: their customers may be look-alikes (6.1)."""
    return [
        order
        for order in turn.tables.open_orders.values()
        if order.state in WAITING and not order.code_only and order.id in turn.tables.faces and in_time(turn, order)
    ]


def _asked_for(turn: Turn, compared: list[Order]) -> list[Order]:
    return [order for order in compared if not decision_holds(turn, order)]


def watch_waiting(turn: Turn) -> None:
    """Tell the face worker who may be at the gate, whenever that changes; nobody is compared while nobody is asked for."""
    compared = _compared(turn) if turn.volatile.face_available else []
    faces = turn.tables.faces
    wanted = {order.id: faces[order.id].sha256 for order in compared} if _asked_for(turn, compared) else {}
    if wanted != turn.volatile.watching:
        turn.set(watching=wanted, asked=turn.volatile.asked if wanted else None)
        turn.ask(Watch(wanted))


def slower(failed: int) -> float:
    """How long the kiosk waits after so many failures in a row, s (orders-if.md 6.2)."""
    return _SLOW_S[min(failed, len(_SLOW_S) - 1)]


def identify(turn: Turn, order: Order, decision: IdentityDecision) -> Order:
    """The person of this order is at the gate: remember it for a while, and move the order on."""
    turn.set(decisions={**turn.volatile.decisions, order.id: decision})
    known = {
        "identified_by": decision.by,
        "identified_at": turn.now,
        "liveness": decision.liveness,
        "score": decision.score,
    }
    if order.state == "accepted":
        order = turn.move_order(order, ORDER.next(order.state, "arrive"), arrived_at=turn.now)  # type: ignore[arg-type]
        turn.tell("order_arrived", {"vehicle": order.vehicle}, order)
    elif order.ahead and not order.has_come:
        order = replace(order, arrived_at=turn.now)
        turn.tell("order_arrived", {"vehicle": order.vehicle}, order)
    if ORDER.allows(order.state, "identify"):
        order = turn.move_order(order, ORDER.next(order.state, "identify"), **known)  # type: ignore[arg-type]
    else:
        # the same state goes on, since when it began: nobody loses the place in the queue by showing the face again
        order = replace(order, **known)  # type: ignore[arg-type]
        turn.put("orders", order.id, order)
    data = {"by": decision.by, "liveness": decision.liveness, "score": decision.score}
    turn.tell("order_identified", data, order)
    return order


def _look_failed(turn: Turn, liveness: str, outcome: str, why: str) -> None:
    failed = turn.volatile.failed_looks_in_row + 1
    turn.set(failed_looks_in_row=failed, look_allowed_mono_s=turn.mono_s + slower(failed))
    turn.tell("look_failed", {"outcome": outcome, "why": why, "liveness": liveness, "in_row": failed})


def face_looked(turn: Turn, event: FaceLooked) -> None:
    """Decide over a burst of frames. A failed look slows the next ones down and locks nobody."""
    if turn.mono_s < turn.volatile.look_allowed_mono_s or turn.volatile.asked is not None:
        return
    compared = _compared(turn)
    asked = _asked_for(turn, compared)
    if not asked:
        return
    customers = {order.id: order.customer for order in compared}
    claim = claimed(turn, compared)
    if claim is None:
        decision = decide_match(event.scores, customers, turn.config.policy)
    else:
        decision = decide_claim(event.scores, customers, claim.customer, turn.config.policy)
    if decision.outcome != "matched":
        _look_failed(turn, event.liveness, decision.outcome, decision.why)
        return
    theirs = sorted(
        (o for o in asked if o.customer == decision.customer),
        key=lambda o: (claim is not None and o.id != claim.id, o.accepted_at),
    )
    # none: known already, and still in view
    if theirs and _face_serves(turn, event, theirs[0]):
        turn.set(failed_looks_in_row=0, look_allowed_mono_s=turn.mono_s, claim=None)
        found = IdentityDecision(theirs[0].id, "face", turn.mono_s, event.liveness, decision.score)
        identify(turn, theirs[0], found)


def _face_serves(turn: Turn, event: FaceLooked, order: Order) -> bool:
    """Whether the matching face is enough for this order (6.1); asks for what is still missing, or fails the look."""
    if order.kind not in turn.config.face_alone:
        _look_failed(turn, event.liveness, "not_sure", f"a {order.kind} wants the code too")
        return False
    if any(like_another(turn, one) for one in turn.tables.open_orders.values() if one.customer == order.customer):
        _look_failed(turn, event.liveness, "not_sure", "another customer who waits looks alike: the code decides")
        return False
    # what did not run never counts as passed, and what was seen through never counts at all
    wanting = missing(event.liveness, turn.config.liveness)
    if event.liveness != FAILED and not wanting:
        return True
    if event.liveness != FAILED and wanting == ("challenge",):
        ask_to_turn(turn, event.track)
    else:
        _look_failed(turn, event.liveness, "not_sure", f"liveness {event.liveness}: the code decides")
    return False


def number_typed(turn: Turn, event: NumberEntered) -> None:
    """A number at the kiosk, without a code: the face is compared with that order alone."""
    number_entered(turn, event, _compared(turn), slower)


def face_challenged(turn: Turn, event: FaceChallenged) -> None:
    """The face in view turns, or does not: a failed challenge is a failed look."""
    follow_challenge(turn, event, _look_failed)


def _code_refused(turn: Turn, event: CodeEntered, mismatch: CodeMismatch) -> None:
    failed = turn.volatile.failed_codes_in_row + 1
    turn.set(failed_codes_in_row=failed, code_allowed_mono_s=turn.mono_s + slower(failed))
    refusal, order = mismatch.refusal, mismatch.order
    before = turn.tables.orders[order.id] if order is not None else None
    ends = order is not None and not order.open
    if order is not None and before is not None and ends and not may_end(turn, before, "fail"):
        # its door opens: whoever guesses at the kiosk must not make the tower forget a car that is leaving
        order = replace(before, wrong_codes=order.wrong_codes)
        refusal = Refusal(("wrong_code",), "Number or code is wrong.")
    if order is not None:
        turn.put("orders", order.id, order)
    locked = "code_locked" in refusal.reasons and order is not None
    turn.tell("code_locked" if locked else "code_failed", {"reasons": list(refusal.reasons), "by": event.by}, order)
    if before is not None and order is not None and not order.open:
        end_order(turn, before, "failed", order.reason, wrong_codes=order.wrong_codes)
    # which numbers exist is nobody's business at the kiosk
    public = tuple("wrong_code" if reason == "wrong_number" else reason for reason in refusal.reasons)
    turn.answer(event.reply, False, public, {"text": refusal.text})


def code_entered(turn: Turn, event: CodeEntered) -> None:
    """Number and code at the kiosk or from a technician's keyboard."""
    if turn.mono_s < turn.volatile.code_allowed_mono_s:
        wait_s = round(turn.volatile.code_allowed_mono_s - turn.mono_s, 1)
        turn.answer(event.reply, False, ("slow_down",), {"text": f"Try again in {wait_s} s.", "wait_s": wait_s})
        return
    match = decide_code(event.number, event.code_mac, turn.tables.orders, turn.config.rules, turn.now)
    if not isinstance(match, CodeMatch):
        _code_refused(turn, event, match)
        return
    order = match.order
    if not in_time(turn, order):
        turn.answer(event.reply, False, ("too_early",), {"text": "The slot has not begun."})
        return
    turn.set(failed_codes_in_row=0, code_allowed_mono_s=turn.mono_s)
    turn.put("orders", order.id, order)
    if order.state in WAITING:
        order = identify(turn, order, IdentityDecision(order.id, "code", turn.mono_s, "not_checked", None))
    turn.answer(event.reply, True, (), {"order": order.id, "state": order.state, "vehicle": order.vehicle})


def face_health_changed(turn: Turn, event: FaceHealthChanged) -> None:
    """The worker or its camera came or went; without them number and code still serve."""
    turn.set(face_available=event.available, face_reason=event.reason, watching={}, asked=None)
