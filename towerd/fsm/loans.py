"""A car that has left, and one that comes back: its loan begins, and ends (orders-if.md 5.1, 5.2). Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from towerd.errors import Refusal
from towerd.fsm.book import order_of
from towerd.fsm.charts import LOAN
from towerd.fsm.forgetting import forget_vehicle
from towerd.fsm.intake_book import intake_of
from towerd.fsm.lost import settle_gone
from towerd.fsm.photos import facts_of
from towerd.fsm.turn import Turn
from towerd.orders.book import LoanEnded
from towerd.orders.choice import HERE
from towerd.orders.eligibility import LOAN_ENDED
from towerd.orders.loan_facts import NOTHING_SAID, Findings, end_facts, values_out
from towerd.orders.model import Condition, Loan, Order, Vehicle
from towerd.places import Place

FETCHED: Final = "fetched"
"""The reason of a car that a technician has driven out without an order."""
ENDED_ELSEWHERE: Final = ("sold", "returned_elsewhere")
"""States of a loan whose car is this tower's no more."""


def begin_loan(turn: Turn, order: Order, vehicle: Vehicle) -> None:
    """The car of a test drive is with its customer until it is due back."""
    record = vehicle.record
    rules = turn.config.rules.for_model(record.make, record.model)
    due_at = turn.now + rules.drive
    state = LOAN.initial
    loan = Loan(
        order.id,
        order.customer,
        record.id,
        state,  # type: ignore[arg-type]
        turn.now,
        due_at,
        order.number,
        odometer_out_km=vehicle.odometer_km,
        charge_out_ratio=vehicle.charge_ratio,
        fuel_out_ratio=vehicle.fuel_ratio,
        pseudonym=order.pseudonym,
    )
    turn.put("loans", loan.id, loan)
    _tell_out(turn, loan)


def _tell_out(turn: Turn, loan: Loan) -> None:
    due_back_s = round((loan.due_back_at - turn.now).total_seconds(), 1)
    about = {"vehicle": loan.vehicle, "due_back_s": due_back_s}
    turn.tell("loan_out", {**about, **values_out(loan), **facts_of(turn, loan.id, "out")}, loan)


def _end_facts(turn: Turn, loan: Loan, found: Findings) -> dict[str, Any]:
    facts = end_facts(loan, turn.tables.vehicles[loan.vehicle], found, turn.now)
    return {**facts, **facts_of(turn, loan.id, "out", "back")}


def take_back(turn: Turn, vehicle: Vehicle, place: Place) -> Vehicle:
    """A car that was out is the tower's again, and somebody has to look at it first (5.3).

    That a technician has fetched it ends with its coming back; why it is out of service does not.
    """
    reasons = tuple(reason for reason in vehicle.reasons if reason != FETCHED)
    rests_as: Condition = "out_of_service" if vehicle.rests_as == "out_of_service" else "inspection"
    changed = {"place": place, "condition": rests_as, "rests_as": rests_as, "reasons": reasons, "kept_for": None}
    return turn.put_vehicle(vehicle, **changed)


def follow_cars_back(turn: Turn) -> None:
    """A car that is known to stand in the tower is out no more, however that came to be known: a technician's word, a stock
    file, its tag. Who drives in at a cabin has been seen to it before (`driving_in`).
    """
    if not turn.touched("vehicles"):
        return
    loans = {loan.vehicle: loan for loan in turn.tables.loans.values() if loan.state not in LOAN_ENDED}
    inside = [one for one in turn.tables.vehicles.values() if one.place.kind in HERE]
    for vehicle in [one for one in inside if one.id in loans or FETCHED in one.reasons]:
        back = take_back(turn, vehicle, vehicle.place)
        if vehicle.id in loans:
            place = back.place
            loan_returns(turn, loans[vehicle.id].id, place.position if place.kind == "cabin" else None)
            loan_returned(turn, loans[vehicle.id].id, NOTHING_SAID, 0.0)
        tell_condition(turn, back)


def tell_condition(turn: Turn, vehicle: Vehicle, by: str | None = None, note: str | None = None) -> None:
    """The world hears what a car is when nobody has or moves it, and why."""
    data = {"vehicle": vehicle.id, "condition": vehicle.rests_as, "reasons": list(vehicle.reasons)}
    turn.tell("vehicle_condition", {**data, "by": by, "note": note})


def loan_returns(turn: Turn, loan_id: str, cabin: int | None) -> None:
    """The car of the loan stands in a cabin, and its tag was read there; nothing where that is known.

    `cabin` None: it was found elsewhere in the tower.
    """
    loan = turn.tables.loans[loan_id]
    if LOAN.allows(loan.state, "return"):
        _put(turn, loan, "return")
        turn.tell("loan_returning", {"vehicle": loan.vehicle, "cabin": cabin}, loan)


def loan_drives_off(turn: Turn, loan_id: str) -> None:
    """The car was driven out of the cabin again, or is told to be: the loan goes on; nothing where it did all the time."""
    loan = turn.tables.loans[loan_id]
    if LOAN.allows(loan.state, "drive_off"):
        _put(turn, loan, "drive_off")
        _tell_out(turn, loan)


def loan_returned(turn: Turn, loan_id: str, found: Findings, button_wait_s: float) -> dict[str, Any]:
    """The car is taken in (6.4); the facts that were told. `button_wait_s`: how long it stood for want of the button."""
    loan = turn.tables.loans[loan_id]
    facts = _end_facts(turn, loan, found)
    _put(turn, loan, "take_in", ended_at=turn.now)
    turn.tell("loan_returned", {**facts, "button_wait_s": round(button_wait_s, 1)}, loan)
    return facts


def loan_leaves(turn: Turn, ended: LoanEnded) -> LoanEnded | Refusal:
    """The car is bought, or back at another tower: it is this tower's no more, and its tag may come in again.

    Too late while a cabin is open for its return. Later orders of it get another. Where the cabin that it has left still
    closes, that order names it until it is over (`end_stay`).
    """
    loan = ended.loan
    if intake_of(turn.tables, loan.vehicle) is not None:
        return Refusal(("too_late",), "The car is being driven in.")
    facts = _end_facts(turn, loan, NOTHING_SAID)
    turn.put("loans", loan.id, loan)
    turn.tell(f"loan_{loan.state}", {**facts, **ended.data}, loan)  # type: ignore[arg-type]
    settle_gone(turn, turn.tables.vehicles[loan.vehicle])
    if order_of(turn, loan.vehicle) is None:
        forget_vehicle(turn, loan.vehicle)
    return ended


def watch_loans(turn: Turn) -> None:
    """Tell each loan that is nearly due, and each that is overdue, once."""
    for loan in tuple(turn.tables.loans.values()):
        record = turn.tables.vehicles[loan.vehicle].record if loan.ended_at is None else None
        if record is None:
            continue
        left_s = (loan.due_back_at - turn.now).total_seconds()
        rules = turn.config.rules.for_model(record.make, record.model)
        if left_s <= 0 and LOAN.allows(loan.state, "pass_due"):
            _put(turn, loan, "pass_due")
            turn.tell("loan_overdue", {"vehicle": record.id, "overdue_h": round(-left_s / 3600, 2)}, loan)
        elif 0 < left_s <= rules.due_soon_s and LOAN.allows(loan.state, "near_due"):
            _put(turn, loan, "near_due")
            turn.tell("loan_due_soon", {"vehicle": record.id, "due_back_h": round(left_s / 3600, 2)}, loan)


def _put(turn: Turn, loan: Loan, trigger: str, **values: object) -> None:
    state = LOAN.next(loan.state, trigger)
    turn.put("loans", loan.id, replace(loan, state=state, **values))  # type: ignore[arg-type]
