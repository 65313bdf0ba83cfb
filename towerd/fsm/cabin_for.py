"""Which cabin may open for a car that is to be driven in (orders-if.md 6.4). Pure."""

from __future__ import annotations

from towerd.cabin.model import Cabin, DoorState
from towerd.errors import Refusal
from towerd.fsm.intake_book import bays_spoken_for, intake_in, intake_of
from towerd.fsm.inventory import is_unknown, vehicle_at
from towerd.fsm.obstacles import may_command, obstacles
from towerd.fsm.owing import pleas
from towerd.fsm.turn import Turn
from towerd.fsm.wishes import free_bays
from towerd.orders.book import Largest
from towerd.orders.model import Vehicle
from towerd.orders.stock_in import too_large
from towerd.places import cabin
from towerd.plc.snapshot import Snapshot


def largest(machine: Snapshot) -> Largest:
    """What this tower takes, by its PLC."""
    limits = machine.identity
    return Largest(limits.max_length_mm, limits.max_width_mm, limits.max_height_mm, limits.max_mass_kg)


def cabin_for(turn: Turn, vehicle: Vehicle, wanted: int | None) -> int | Refusal:
    """The cabin that may open for a vehicle that is to be driven in; else why none may."""
    machine = turn.snapshot
    before = intake_of(turn.tables, vehicle.id)
    if before is not None:
        return Refusal(("already_returning",), f"The car is awaited in cabin {before.cabin}.")
    if machine is None or not may_command(turn.state):
        why = "; ".join(obstacle.text for obstacle in obstacles(turn.state))
        return Refusal(("tower_out_of_service",), f"The tower takes no car in now: {why}.")
    if too_large(vehicle.record, largest(machine)):
        return Refusal(("too_large",), "The car is larger or heavier than this tower takes.")
    if len(free_bays(turn, machine, vehicle)) <= bays_spoken_for(turn.tables):
        return Refusal(("no_bay_free",), "No bay is free for the car.")
    free = [shown.number for shown in machine.cabins if wanted in (None, shown.number) and is_free(turn, shown)]
    if not free:
        return Refusal(("no_cabin_free",), " ".join(["No cabin is free.", *pleas(turn.tables)]))
    return free[0]


def is_free(turn: Turn, shown: Cabin) -> bool:
    """Whether a cabin is empty, shut towards the shaft, and nobody's: neither an order's, nor a job's, nor in doubt."""
    tables, place = turn.tables, cabin(shown.number)
    spoken_for = (
        intake_in(tables, shown.number) is not None
        or vehicle_at(tables, place) is not None
        or is_unknown(tables, place)
        or any(order.cabin == shown.number for order in tables.open_orders.values())
        or any(move.open and move.target == place for move in tables.moves.values())
        or any(job.ended_at is None and place in (job.source, job.target) for job in tables.jobs.values())
    )
    return not spoken_for and shown.deserted and shown.inner_door is DoorState.CLOSED
