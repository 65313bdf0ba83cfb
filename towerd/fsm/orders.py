"""Orders as they come in and as they end (orders-if.md 3 to 5). Pure; the rules themselves are in `towerd.orders`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

from towerd.errors import Refusal
from towerd.faults import NO_TOWER
from towerd.fsm.book import book_of
from towerd.fsm.cabin_for import largest
from towerd.fsm.commands import DestroyFaceKey, RecordAs, StoreSealed
from towerd.fsm.conditions import set_condition
from towerd.fsm.decision import decision_holds
from towerd.fsm.erasing import erase_asked, finish_erasures
from towerd.fsm.events import ClockJudged, CommandRefused, OrderRequested, RequestAnswered
from towerd.fsm.expiring import destroy_face, drop_old
from towerd.fsm.intake_book import bays_spoken_for
from towerd.fsm.inventory import note_orders
from towerd.fsm.kept_rows import AnswerRow, FaceRow
from towerd.fsm.loans import loan_leaves, watch_loans
from towerd.fsm.obstacles import may_command
from towerd.fsm.order_ends import end_order, lost_vehicle, may_end
from towerd.fsm.packml import send_packml
from towerd.fsm.photos import expire_photos
from towerd.fsm.turn import Turn
from towerd.fsm.whom import are_gone, destroy_old_keys, keep, let_go
from towerd.fsm.wishes import free_bays
from towerd.jobs.transfer import minimum_s
from towerd.orders.aliases import NOBODY
from towerd.orders.book import (
    Circumstances,
    ConditionAsked,
    ErasureAsked,
    EtaNoted,
    FaceWithdrawn,
    LoanEnded,
    MotionAsked,
    OrderAccepted,
    OrderBook,
    OrderCancelled,
    Outcome,
    Remembered,
    Repeated,
    Request,
    VehicleReported,
    answer_of,
)
from towerd.orders.lifecycle import decide_request
from towerd.orders.model import Order, Vehicle
from towerd.orders.requests import recall, remember, remember_request, too_many_requests
from towerd.orders.taking import at_json
from towerd.places import CARRIAGE, cabin
from towerd.plc.snapshot import PackmlCommand, PackmlState, Snapshot

_PC_COMMAND = 1


def ready_s(turn: Turn, vehicle: Vehicle) -> float | None:
    """The least time in s until a vehicle could be at its cabin, from where the carriage stands; None where unknown."""
    machine, kinematics = turn.snapshot, turn.config.kinematics
    if machine is None or vehicle.place.kind not in ("bay", "carriage"):
        return None
    start = (float(machine.lift.actual), machine.turntable.actual / 100.0)
    target = cabin(1)
    if vehicle.place == CARRIAGE:
        travel_s = kinematics.travel_s(*start, target.station)
        return travel_s + kinematics.fork_cycle_s + (2 * kinematics.inner_door_s) / kinematics.speed_up
    return minimum_s(vehicle.place, target, start, kinematics)


def _bays_free(turn: Turn, machine: Snapshot, vehicle: Vehicle) -> int:
    """Bays with room for a vehicle that nobody counts on: no car inside, none that is driven in, none that is announced."""
    orders = turn.tables.open_orders.values()
    announced = {order.vehicle for order in orders if order.kind == "stock_in"}
    announced -= {row.vehicle for row in turn.tables.intakes.values() if row.open}
    return len(free_bays(turn, machine, vehicle)) - bays_spoken_for(turn.tables) - len(announced)


def ready_times_s(turn: Turn, names: Iterable[str]) -> dict[str, float]:
    """`ready_s` of the vehicles of these names, where it is known, by id."""
    vehicles = turn.tables.vehicles
    times = {name: ready_s(turn, vehicles[name]) for name in names if name in vehicles}
    return {key: value for key, value in times.items() if value is not None}


def tell_awaiting(turn: Turn, order: Order) -> None:
    """The customer hears that the car still has to arrive; `late`: although the slot has begun."""
    until = at_json(order.wait_until_at) if order.wait_until_at is not None else None
    turn.tell("order_awaiting_stock", {"wait_until": until, "late": order.late_told}, order)


def _circumstances(turn: Turn) -> Circumstances:
    machine = turn.snapshot
    return Circumstances(
        now=turn.now,
        ready_s={key: round(value, 1) for key, value in ready_times_s(turn, turn.tables.vehicles).items()},
        last_number=turn.tables.meta.last_number,
        number_step=turn.config.number_step,
        clock_sure=turn.volatile.clock_sure,
        out_of_service=not NO_TOWER.isdisjoint(turn.tables.faults),
        bays_free=partial(_bays_free, turn, machine) if machine is not None else None,
        largest=largest(machine) if machine is not None else None,
    )


def _keep(turn: Turn, rows: tuple[Remembered, ...]) -> None:
    for row in rows:
        kept = AnswerRow(row.key, row.payload_sha256, row.issuer, row.ok, row.reasons, row.result, row.until_at)
        turn.put("answers", row.key, kept)


def _take_order(turn: Turn, event: OrderRequested, outcome: OrderAccepted) -> Outcome:
    order = outcome.order
    if event.known is not None:
        # what drives are counted under stands for the name for good, and the claims bear the alias: not both in the history
        turn.ask(RecordAs(replace(event, known=replace(event.known, handle=""))))
    turn.put("orders", order.id, order)
    turn.set_meta(last_number=outcome.last_number)
    if outcome.arrives is not None:
        turn.put("vehicles", outcome.arrives.id, outcome.arrives)
    # why a car that its dealer takes out is not offered outlives the order, if that is cancelled
    note_orders(turn, order.vehicle)
    if not order.code_only and event.face_sha256 is not None:
        turn.put("faces", order.id, FaceRow(order.id, event.face_sha256))
        turn.ask(StoreSealed(order.id, event.face_sha256))
    data = {"kind": order.kind, **turn.car(order.vehicle), "code_only": order.code_only}
    if order.vehicle is None:
        tell_awaiting(turn, order)
    else:
        turn.tell("order_accepted", data, order)
    return outcome


def _motion(turn: Turn, outcome: MotionAsked) -> Outcome:
    machine = turn.snapshot
    if outcome.verb == "hold":
        turn.set_meta(mqtt_hold=True)
        if machine is not None and machine.system.packml_state is PackmlState.EXECUTE:
            send_packml(turn, PackmlCommand.HOLD)
    elif turn.tables.meta.mqtt_hold:
        turn.set_meta(mqtt_hold=False)
        # only what an operator far away has held goes on by an operator far away
        system = machine.system if machine is not None and not turn.tables.meta.person_holds else None
        if system is not None and system.packml_state is PackmlState.HELD and system.stop_reason == _PC_COMMAND:
            send_packml(turn, PackmlCommand.UNHOLD)
    else:
        return Refusal(("too_late",), "No operator holds the tower.")
    by = None if outcome.customer == NOBODY else outcome.customer
    turn.tell("mode_changed", {"what": outcome.verb, "by": by, "reason": outcome.reason})
    return outcome


def _withdraw_face(turn: Turn, _event: OrderRequested, outcome: FaceWithdrawn) -> Outcome:
    order = outcome.order
    turn.put("orders", order.id, order)
    turn.tell("consent_withdrawn", {"state": order.state}, order)
    if order.id in turn.tables.faces:
        destroy_face(turn, order.id)
    return outcome


def _cancel(turn: Turn, _event: OrderRequested, outcome: OrderCancelled) -> Outcome:
    order = turn.tables.orders[outcome.order.id]
    if not may_end(turn, order, "cancel"):
        return Refusal(("too_late",), f"The order is {order.state}.")
    end_order(turn, order, "cancelled", outcome.order.reason)
    return outcome


def _set_condition(turn: Turn, _event: OrderRequested, asked: ConditionAsked) -> Outcome:
    vehicle = turn.tables.vehicles[asked.vehicle]
    set_condition(turn, vehicle, asked.condition, asked.reasons, by=asked.by, note=asked.note)
    return asked


def _note_report(turn: Turn, _event: OrderRequested, outcome: VehicleReported) -> Outcome:
    turn.put("vehicles", outcome.vehicle.id, outcome.vehicle)
    return outcome


def _note_eta(turn: Turn, _event: OrderRequested, outcome: EtaNoted) -> Outcome:
    turn.put("orders", outcome.order.id, outcome.order)
    return outcome


_APPLY: Final[dict[type, Callable[[Turn, OrderRequested, Any], Outcome]]] = {
    OrderAccepted: _take_order,
    OrderCancelled: _cancel,
    LoanEnded: lambda turn, _event, outcome: loan_leaves(turn, outcome),
    ConditionAsked: _set_condition,
    VehicleReported: _note_report,
    FaceWithdrawn: _withdraw_face,
    EtaNoted: _note_eta,
    ErasureAsked: lambda turn, _event, outcome: erase_asked(turn, outcome),
    MotionAsked: lambda turn, _event, outcome: _motion(turn, outcome),
}
"""What an outcome changes; where it is refused or repeated, nothing but the memory of answers."""


def _outcome(turn: Turn, event: OrderRequested, request: Request, book: OrderBook) -> Outcome:
    """What comes of it, applied. Whose key was destroyed while it was on its way is asked to send it again."""
    if are_gone(turn, event.keys):
        return Refusal(("busy",), "Its customer is being forgotten.")
    outcome = decide_request(request, book, turn.config.rules, _circumstances(turn))
    if type(outcome) in _APPLY:
        outcome = _APPLY[type(outcome)](turn, event, outcome)
    return outcome


def order_requested(turn: Turn, event: OrderRequested) -> None:
    """A verified token: decide, keep the answer, answer. What was asked before is answered as before."""
    tables = turn.tables
    book = book_of(tables, turn.snapshot)
    request = Request(
        event.claims,
        event.payload_sha256,
        event.code_mac,
        event.face,
        event.face_reasons,
        event.reply.req_id,
        event.expires_at,
        event.known,
        event.limited,
        event.late,
    )
    outcome = _outcome(turn, event, request, book)
    rows = remember(request, book, outcome, turn.config.rules, turn.now)
    kept_face = isinstance(outcome, OrderAccepted) and not outcome.order.code_only
    repeated = isinstance(outcome, Repeated)
    if event.face == "enrolled" and not kept_face and not repeated and str(event.claims["jti"]) not in tables.orders:
        turn.ask(DestroyFaceKey(str(event.claims["jti"])))
    taken = not isinstance(outcome, (Refusal, Repeated))
    (keep if taken else let_go)(turn, event.keys)
    ok, reasons, result = answer_of(outcome)
    if not taken:
        answered = RequestAnswered(event.verb, ok, reasons, result, event.reply, rows, not repeated)
        request_answered(turn, answered)
        turn.ask(RecordAs(answered))
        return
    _keep(turn, rows)
    turn.answer(event.reply, ok, reasons, result)


def request_answered(turn: Turn, event: RequestAnswered) -> None:
    """A token that changes nothing but the memory of answers."""
    if event.told:
        turn.tell("order_refused", {"verb": event.verb, "reasons": list(event.reasons)})
    _keep(turn, event.kept)
    turn.answer(event.reply, event.ok, event.reasons, event.result)


def command_refused(turn: Turn, event: CommandRefused) -> None:
    """A command that did not get as far as a verified token: an event, the answer, nothing else (3.3).

    A req_id seen before gets its first answer again; where too many are kept already, `busy`.
    """
    tables, rules = turn.tables, turn.config.rules
    before = recall(event.reply.req_id, tables.answers, turn.now)
    if before is not None:
        turn.answer(event.reply, before.ok, before.reasons, before.result)
        return
    book = book_of(tables, turn.snapshot)
    full = too_many_requests(book, rules, turn.now, verified=False)
    reasons = ("busy",) if full else event.reasons
    _keep(turn, remember_request(event.reply.req_id, event.expires_at, Refusal(reasons, ""), rules, turn.now))
    turn.tell("command_dropped", {"verb": event.verb, "reasons": list(event.reasons)}, audit=False)
    turn.answer(event.reply, False, reasons)


def _missed(turn: Turn) -> None:
    for order in tuple(turn.tables.open_orders.values()):
        late = order.slot is not None and order.slot.until_at < turn.now
        # an order without a car is not missed by its customer: `lost.py` ends it
        lost = lost_vehicle(turn.tables, order) is not None
        if late and not decision_holds(turn, order) and not lost and may_end(turn, order, "miss"):
            end_order(turn, order, "no_show", "slot_passed")


def _undelivered(turn: Turn) -> None:
    """Tell a customer who was there that no car comes, a while after slot and last look: nobody waits for ever (5.1)."""
    wait = timedelta(seconds=turn.config.rules.lost_wait_s)
    for order in tuple(turn.tables.open_orders.values()):
        if order.state not in ("identified", "delivering") or order.slot is None:
            continue
        late = max(order.slot.until_at, order.identified_at or order.since_at) + wait < turn.now
        # what is lost is looked for, and ended by `lost.py`
        settled_elsewhere = lost_vehicle(turn.tables, order) is not None
        if late and not (settled_elsewhere or decision_holds(turn, order)) and may_end(turn, order, "fail"):
            why = "vehicle_unavailable" if may_command(turn.state) else "tower_out_of_service"
            end_order(turn, order, "failed", why)


def clock_judged(turn: Turn, event: ClockJudged) -> None:
    """The clock became sure or unsure; unsure, no token but hold is taken (orders-if.md 4.4)."""
    if event.sure != turn.volatile.clock_sure:
        turn.set(clock_sure=event.sure)
        turn.tell("clock_sure" if event.sure else "clock_unsure")


def every_minute(turn: Turn) -> None:
    """What time alone brings about: slots that pass, keys that are due, rows that need not be kept."""
    _missed(turn)
    _undelivered(turn)
    watch_loans(turn)
    expire_photos(turn)
    drop_old(turn)
    destroy_old_keys(turn)
    finish_erasures(turn)
