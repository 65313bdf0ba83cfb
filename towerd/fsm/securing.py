"""The driver's answer at the kiosk: the car is secured, what its dashboard reads, whether it came to harm (orders-if.md 6.4, 6.5). Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from towerd.cabin.intake_words import advice, question
from towerd.fsm.intake_book import intake_in
from towerd.fsm.intake_events import CarSecured
from towerd.fsm.intake_row import Intake
from towerd.fsm.owing import pleas
from towerd.fsm.state import Tables
from towerd.fsm.turn import Turn
from towerd.orders.loan_facts import Findings
from towerd.orders.readings import Value, implausible, wanted_values

_ANSWERABLE = ("positioning", "reading", "securing", "clearing", "closing")


def wanted_of(tables: Tables, row: Intake, now: datetime, age_s: float) -> tuple[Value, ...]:
    """Which values the driver of this car still has to type; none for a car that nobody has lent."""
    loan = tables.loans.get(row.about) if row.kind == "loan" and row.state in _ANSWERABLE else None
    vehicle = tables.vehicles.get(row.vehicle)
    if vehicle is None:
        return ()
    known = row.found.reading.given()
    return tuple(name for name in wanted_values(vehicle, loan, now, age_s) if name not in known)


def car_secured(turn: Turn, event: CarSecured) -> None:
    """The driver's answer at the kiosk; it counts for the car that stands there now, and for no other.

    What is missing or cannot be is asked for once more. The second answer counts whatever it says, and what is wrong with it
    is told: nobody is kept from giving a car back by a dashboard that cannot be read.
    """
    row, machine = intake_in(turn.tables, event.cabin), turn.snapshot
    if row is None:
        turn.answer(event.reply, False, ("nobody_drives_in",), {"text": f"Nobody drives into cabin {event.cabin}."})
        return
    if machine is None or row.state not in _ANSWERABLE:
        turn.answer(event.reply, False, ("not_yet",), {"text": advice(row.cabin, row.state, row.reasons)})
        return
    found = _found(turn, row, event)
    again = bool(found.doubts) and not row.asked_again
    row = replace(row, found=found, asked_again=row.asked_again or again)
    if not again:
        row = replace(row, secured_epoch=machine.cabin(row.cabin).occupancy_epoch)
        about = {"secured": row.vehicle, "cabin": row.cabin, "by": event.by, "damage": event.damage}
        turn.tell("manual_intervention", {**about, **event.reading.given(), "doubts": list(found.doubts)})
    turn.put("intakes", row.cabin, row)
    turn.answer(event.reply, not again, found.doubts if again else (), result_of(turn, row))


def _found(turn: Turn, row: Intake, event: CarSecured) -> Findings:
    """What is known of the car with this answer: what was typed before counts on where nothing else was typed."""
    vehicle = turn.tables.vehicles[row.vehicle]
    wrong = implausible(event.reading, vehicle, turn.now)
    reading = event.reading.without(wrong).over(row.found.reading)
    known = replace(row, found=Findings(reading))
    missing = [
        f"{_noun(name)}_missing"
        for name in wanted_of(turn.tables, known, turn.now, turn.config.intake.report_age_s)
        if name not in wrong
    ]
    doubts = (*(f"{_noun(name)}_implausible" for name in sorted(wrong)), *missing)
    return Findings(reading, doubts, row.found.damage if event.damage is None else event.damage)


def _noun(name: Value) -> str:
    return name.split("_", maxsplit=1)[0]


def text_of(tables: Tables, row: Intake, now: datetime, age_s: float) -> str:
    """What the driver of this car does next, in words."""
    text = advice(row.cabin, row.state, row.reasons)
    wanted = wanted_of(tables, row, now, age_s) if row.state == "securing" else ()
    return f"{text} {question(wanted, again=row.asked_again)}" if wanted else text


def result_of(turn: Turn, row: Intake) -> dict[str, object]:
    """What the kiosk is told of this car: what its driver does next, which values are to be typed, what others are asked."""
    age_s = turn.config.intake.report_age_s
    return {
        "cabin": row.cabin,
        "vehicle": row.vehicle,
        "state": row.state,
        "text": text_of(turn.tables, row, turn.now, age_s),
        "wanted": list(wanted_of(turn.tables, row, turn.now, age_s)),
        "please": pleas(turn.tables),
    }
