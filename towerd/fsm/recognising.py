"""Which car it really is: by its tag, wherever one is read (invariants 4 and 11). Pure.

A car of which the tower has no record gets one of its own for as long as it is moved: without a tag, so that none is
compared before it has been read. Once a tag is read, the car is whose tag it is, and what was taken for it is unknown.
"""

from __future__ import annotations

from dataclasses import replace

from towerd.faults import WRONG_VEHICLE
from towerd.fsm.book import move_of, wanted_by
from towerd.fsm.forgetting import forget_vehicle, rebind
from towerd.fsm.inventory import FORK, forget_unknown, mark_unknown, vehicle_at
from towerd.fsm.latch import raise_fault
from towerd.fsm.state import Job, Move
from towerd.fsm.turn import Turn
from towerd.jobs.transfer import content_of
from towerd.orders.model import Vehicle, VehicleRecord
from towerd.places import CARRIAGE, OUT, UNKNOWN, Place, cabin
from towerd.plc.snapshot import Snapshot

FOUND = "found-"
"""How the ids of cars begin that have no record but their place."""
_FREE_TO_MOVE = ("available", "reserved", "moving", "unknown", "out")


def is_found(vehicle: Vehicle) -> bool:
    """Whether all that is known of a vehicle is where it was found."""
    return vehicle.id.startswith(FOUND)


def _nothing_known(vehicle_id: str, tag: int) -> VehicleRecord:
    # what cannot be known reads empty or 0; offers are what would make it orderable
    return VehicleRecord(vehicle_id, tag, "", "", "", 0, "", "petrol", 0, 0, 0, 0, "", "", {})


def found_vehicle(turn: Turn, place: Place, by: str, tag: int = 0) -> Vehicle:
    """A record for the car at a place that has none, as long as it is moved."""
    number = turn.set_meta(job_seq=turn.tables.meta.job_seq + 1).job_seq
    vehicle = Vehicle(_nothing_known(f"{FOUND}{number}", tag), place, "unknown", ("no_record",))
    turn.put("vehicles", vehicle.id, vehicle)
    forget_unknown(turn, place)
    turn.tell("vehicle_found", {"vehicle": vehicle.id, "place": str(place), "by": by})
    return vehicle


def add_move(turn: Turn, move: Move) -> Move:
    """Keep a move under the next number, and tell it; `move.id` does not count."""
    number = turn.set_meta(job_seq=turn.tables.meta.job_seq + 1).job_seq
    kept = replace(move, id=number)
    turn.put("moves", number, kept)
    data = {"move": number, "purpose": kept.purpose, "vehicle": kept.vehicle, "from": str(kept.source), "by": kept.by}
    turn.tell("move_asked", {**data, "to": str(kept.target) if kept.target else None, "reason": kept.reason})
    return kept


def _occupied(machine: Snapshot, place: Place) -> bool:
    return place.kind in ("bay", "cabin", "carriage") and content_of(machine, place) == "occupied"


def tags_read(machine: Snapshot) -> dict[Place, int]:
    """The tags that are read now, by place; a tag of 0 is none."""
    read = {cabin(shown.number): shown.tag for shown in machine.cabins if shown.content == "occupied"}
    if machine.load.state == "loaded":
        read[CARRIAGE] = machine.load.tag
    return {place: tag for place, tag in read.items() if tag}


def _leave_behind(turn: Turn, machine: Snapshot, vehicle: Vehicle, by: str) -> None:
    """What stands where `vehicle` was believed to be is another car; its tag is to be read as well."""
    place = vehicle.place
    if not _occupied(machine, place):
        return
    other = found_vehicle(turn, place, by)
    rebind(turn, vehicle.id, other.id, jobs=False)
    if place.kind == "bay" and move_of(turn.tables, other.id) is None:
        add_move(turn, Move(0, "identify", other.id, place, None, by, turn.now))


def _asked_for_itself(job_or_move: Job | Move | None) -> bool:
    return job_or_move is not None and job_or_move.purpose == "identify"


def recognise(turn: Turn, place: Place, tag: int, by: str) -> None:
    """The car at `place` bears `tag`: correct the inventory, at both places (audited).

    A tag that is read in two places at once says nothing: the machine stops (fault 3002).
    """
    machine, here = turn.snapshot, vehicle_at(turn.tables, place)
    if machine is None or here is None or here.record.tag == tag:
        return
    known = next((row for row in turn.tables.vehicles.values() if row.record.tag == tag), None)
    if known is None and is_found(here):
        turn.put_vehicle(here, record=replace(here.record, tag=tag))
        turn.tell("tag_unknown", {"vehicle": here.id, "tag": tag, "place": str(place), "by": by})
        return
    if known is not None and tags_read(machine).get(known.place) == tag:
        raise_fault(turn, WRONG_VEHICLE, f"tag {tag} is read at {place} and at {known.place}")
        return
    seen = known or found_vehicle(turn, OUT, by, tag)
    _leave_behind(turn, machine, seen, by)
    _take_its_place(turn, here, seen)
    data = {"place": str(place), "tag": tag, "vehicle": seen.id, "was": here.id, "before": str(seen.place), "by": by}
    condition = "moving" if seen.condition in _FREE_TO_MOVE and not is_found(seen) else seen.condition
    condition = condition if seen.rests_as == "available" else seen.rests_as
    turn.put_vehicle(turn.tables.vehicles[seen.id], place=place, condition=condition)
    turn.tell("inventory_corrected", data)


def _take_its_place(turn: Turn, here: Vehicle, seen: Vehicle) -> None:
    if is_found(here):
        forget_vehicle(turn, here.id, now=seen.id)
        return
    if _asked_for_itself(move_of(turn.tables, here.id)):
        # its bay was asked about, not the car
        rebind(turn, here.id, seen.id)
    turn.put_vehicle(here, place=UNKNOWN, condition="unknown")
    data = {"vehicle": here.id, "place": str(here.place), "reason": "another tag read"}
    turn.tell("vehicle_unknown", data, wanted_by(turn, here.id))


def read_tags(turn: Turn) -> None:
    """Take what the readers say of cars that are not known yet, or whose tag somebody wants read."""
    machine = turn.snapshot
    if machine is None:
        return
    for place, tag in tags_read(machine).items():
        here = vehicle_at(turn.tables, place)
        if here is None or here.record.tag == tag:
            continue
        move = move_of(turn.tables, here.id)
        if here.record.tag == 0 or _asked_for_itself(move):
            recognise(turn, place, tag, move.by if move else "towerd")


def believe_tags(turn: Turn, by: str) -> None:
    """A technician has seen that the tags are right, and the inventory is not."""
    machine = turn.snapshot
    if machine is None or FORK in turn.tables.steps:
        return
    for place, tag in tags_read(machine).items():
        recognise(turn, place, tag, by)


def settle_found(turn: Turn) -> None:
    """A car that is still not known once it stands in a bay is unknown, and its place with it; one that is out is no concern."""
    found = [turn.tables.vehicles[key] for key in turn.tables.vehicles if key.startswith(FOUND)]
    for vehicle in [row for row in found if row.place.kind in ("bay", "out")]:
        busy = any(job.vehicle == vehicle.id and job.state in ("running", "held") for job in turn.tables.jobs.values())
        if busy or move_of(turn.tables, vehicle.id) is not None:
            continue
        if vehicle.place != OUT:
            tag = vehicle.record.tag
            mark_unknown(
                turn, vehicle.place, f"tag {tag} is of no known vehicle" if tag else "occupied without a record"
            )
        forget_vehicle(turn, vehicle.id)
