"""What technicians say of cars outside: that one is out after all, or back without having been driven in. Pure."""

from __future__ import annotations

from typing import Any

from towerd.fsm.book import move_of, wanted_by
from towerd.fsm.delivering import open_job
from towerd.fsm.hand import Denied
from towerd.fsm.intake_book import intake_of
from towerd.fsm.loans import FETCHED
from towerd.fsm.manual_events import PlaceSet
from towerd.fsm.recognising import is_found, tags_read
from towerd.fsm.turn import Turn
from towerd.orders.eligibility import LOAN_ENDED
from towerd.orders.model import Vehicle
from towerd.places import OUT, UNKNOWN, Place


def back_denies(turn: Turn, vehicle_id: str, place: Place) -> Denied | None:
    """Whether it takes more than a name to say that a car stands at `place`: it is out, and its loan would end for good."""
    vehicle = turn.tables.vehicles.get(vehicle_id)
    if vehicle is None or vehicle.place != OUT:
        return None
    loan = next(
        (one for one in turn.tables.loans.values() if one.vehicle == vehicle_id and one.state not in LOAN_ENDED), None
    )
    lent = f"on loan under the number {loan.number}, and its loan would end" if loan is not None else "out by the books"
    where = str(place).removeprefix("bay:")
    cure = f"Is it the car that you mean? If it is back: towerctl bay set {where} {vehicle_id} --override, with the reason."
    return Denied("car_is_out", f"{vehicle_id} is {lent}", cure)


def _busy_denies(turn: Turn, vehicle: Vehicle) -> Denied | None:
    """Whether somebody still counts on finding the car in the tower."""
    tables, name = turn.tables, vehicle.id
    job, move, intake, order = open_job(turn), move_of(tables, name), intake_of(tables, name), wanted_by(turn, name)
    if job is not None and job.vehicle == name:
        return Denied("job_open", f"job {job.id} is at {name}", f"towerctl job cancel {job.id} first.")
    if move is not None:
        return Denied("move_open", f"move {move.id} is about {name}", f"towerctl cancel-move {move.id} first.")
    if intake is not None:
        text = f"{name} is being driven in at cabin {intake.cabin}"
        return Denied("already_returning", text, f"towerctl drive-in-cancel {intake.cabin} first.")
    if order is not None:
        cure = "Ask again when the order has ended or has another car; towerctl why says until when it waits."
        return Denied("order_open", f"order {order.id} waits for {name}", cure)
    return None


def _outside_denies(turn: Turn, vehicle: Vehicle | None) -> Denied | None:
    if vehicle is None or is_found(vehicle):
        text = "only a car that the tower has a record of can be outside"
        return Denied("no_such_vehicle", text, "towerctl bay set out VEHICLE; towerctl status lists the vehicles.")
    place = vehicle.place
    if place == OUT:
        return Denied("already_out", f"{vehicle.id} is out by the books", "Nothing is to be said of it.")
    if place != UNKNOWN:
        where = str(place).removeprefix("bay:")
        cure = f"First say what stands there: towerctl bay set {where} empty, or the car that it is. Then ask again."
        return Denied("car_is_here", f"by the books {vehicle.id} stands in {place}", cure)
    read = tags_read(turn.snapshot) if turn.snapshot is not None else {}
    seen = next((at for at, tag in read.items() if tag == vehicle.record.tag), None)
    if seen is not None:
        cure = f"It is in the tower: towerctl bay set {seen} {vehicle.id}, with the reason."
        return Denied("tag_read", f"its tag is read at {seen}", cure)
    return _busy_denies(turn, vehicle)


def car_outside(turn: Turn, event: PlaceSet) -> Denied | None:
    """Write down that a car of which nobody knows where it is stands outside: it may be driven in, with every check.

    A loan that has ended is over: who brings the car asks the staff. The caller has seen that this technician may speak.
    """
    vehicle = turn.tables.vehicles.get(event.vehicle or "")
    denied = _outside_denies(turn, vehicle)
    if vehicle is None or denied is not None:
        return denied
    reasons = tuple(dict.fromkeys((*vehicle.reasons, FETCHED)))
    turn.put_vehicle(vehicle, place=OUT, condition="out", reasons=reasons)
    told: dict[str, Any] = {"place": str(OUT), "vehicle": vehicle.id, "reason": event.reason, "by": event.by}
    turn.tell("manual_intervention", told)
    turn.answer(event.reply, True, (), told | {"text": f"It comes back by: towerctl drive-in {vehicle.id}"})
    return None
