"""What the kiosk asks for when a car is to be driven in: granted, or refused with the reason (orders-if.md 6.4). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from towerd.cabin.intake_words import advice
from towerd.errors import Refusal
from towerd.fsm.book import order_of
from towerd.fsm.cabin_for import cabin_for
from towerd.fsm.driving_in import turn_away
from towerd.fsm.identity import slower
from towerd.fsm.intake_book import intake_in
from towerd.fsm.intake_events import DriveInCancelled, DriveInRequested
from towerd.fsm.intake_row import Intake
from towerd.fsm.recognising import FOUND
from towerd.fsm.securing import result_of
from towerd.fsm.state import CabinAsked
from towerd.fsm.turn import Turn
from towerd.orders.eligibility import LOAN_ENDED
from towerd.orders.model import Loan, Vehicle
from towerd.places import OUT, UNKNOWN


@dataclass(frozen=True, slots=True)
class _Expected:
    kind: Literal["loan", "vehicle"]
    about: str
    vehicle: Vehicle


def drive_in_requested(turn: Turn, event: DriveInRequested) -> None:
    """Open a free cabin for a car that is expected, or say every reason why not."""
    if turn.mono_s < turn.volatile.code_allowed_mono_s and not event.staff:
        wait_s = round(turn.volatile.code_allowed_mono_s - turn.mono_s, 1)
        turn.answer(event.reply, False, ("slow_down",), {"text": f"Try again in {wait_s} s.", "wait_s": wait_s})
        return
    found = _expected(turn, event)
    number = cabin_for(turn, found.vehicle, event.cabin) if isinstance(found, _Expected) else found
    if isinstance(number, Refusal):
        if not isinstance(found, _Expected) and not event.staff:
            _slow_down(turn, event, number)
        text = f"{number.text} {_room_asked(turn, event)}" if number.reasons == ("no_cabin_free",) else number.text
        turn.answer(event.reply, False, number.reasons, {"text": text})
        return
    assert isinstance(found, _Expected)
    turn.set(failed_codes_in_row=0, cabin_asked=None)
    row = Intake(number, found.kind, found.about, found.vehicle.id, event.by, "opening", turn.now, turn.now)
    turn.put("intakes", number, row)
    turn.tell("manual_intervention", {"drive_in": row.vehicle, "for": row.kind, "cabin": number, "by": event.by})
    turn.answer(event.reply, True, (), result_of(turn, row))


def _room_asked(turn: Turn, event: DriveInRequested) -> str:
    """A car that waits in a cabin for a customer who has not come makes room; the next free cabin is kept for this driver."""
    turn.set(cabin_asked=CabinAsked(event.cabin, turn.now, turn.mono_s))
    ahead = any(order.ahead and event.cabin in (None, order.cabin) for order in turn.tables.open_orders.values())
    return "The car in it is put back: ask again in a minute." if ahead else "Ask again in a minute."


def _slow_down(turn: Turn, event: DriveInRequested, refusal: Refusal) -> None:
    # wrong numbers slow the kiosk down, as wrong codes do (6.2)
    failed = turn.volatile.failed_codes_in_row + 1
    turn.set(failed_codes_in_row=failed, code_allowed_mono_s=turn.mono_s + slower(failed))
    turn.tell("code_failed", {"reasons": list(refusal.reasons), "by": event.by})


def _expected(turn: Turn, event: DriveInRequested) -> _Expected | Refusal:
    tables = turn.tables
    for loan in tables.loans.values():
        if loan.state not in LOAN_ENDED and _names(event, loan):
            return _Expected("loan", loan.id, tables.vehicles[loan.vehicle])
    if event.number is not None:
        return Refusal(("no_such_number",), f"No car is out under the number {event.number}.")
    if event.staff and (event.vehicle or "").startswith(FOUND):
        text = (
            f"{event.vehicle} has no record to check it by: its dealer announces it (stock_in), then types its number."
        )
        return Refusal(("no_record",), text)
    vehicle = tables.vehicles.get(event.vehicle or "")
    if vehicle is None or not event.staff:
        return Refusal(("no_such_loan",), "This car is not lent by this tower.")
    if vehicle.place != OUT:
        cure = f"If it is outside after all: towerctl bay set out {vehicle.id}, with the reason."
        is_lost = vehicle.place == UNKNOWN
        text = f"Nobody knows where {vehicle.id} is. {cure}" if is_lost else f"{vehicle.id} is in {vehicle.place}."
        return Refusal(("not_out",), text)
    order = order_of(turn, vehicle.id)
    if order is not None and order.state == "handed_over":
        # forgotten as soon as the cabin that it has left is closed
        return Refusal(("not_out",), f"{vehicle.id} has just left cabin {order.cabin} for good.")
    return _Expected("vehicle", vehicle.id, vehicle)


def _names(event: DriveInRequested, loan: Loan) -> bool:
    return loan.number == event.number if event.number is not None else loan.vehicle == event.vehicle


def drive_in_cancelled(turn: Turn, event: DriveInCancelled) -> None:
    """Give it up: the car is driven out again if it is in, and the door closes. Too late once the car is taken in."""
    row = intake_in(turn.tables, event.cabin)
    if row is None:
        turn.answer(event.reply, False, ("nobody_drives_in",), {"text": f"Nobody drives into cabin {event.cabin}."})
        return
    if row.state == "storing":
        turn.answer(event.reply, False, ("too_late",), {"text": advice(row.cabin, row.state, row.reasons)})
        return
    if row.state != "turned_away":
        row = turn_away(turn, row, "cancelled")
        turn.tell("manual_intervention", {"drive_in_cancelled": row.vehicle, "cabin": row.cabin, "by": event.by})
    turn.answer(event.reply, True, (), result_of(turn, row))
