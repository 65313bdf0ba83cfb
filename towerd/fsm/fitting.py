"""Whether the PLC at the other end is that of the tower which settings and inventory describe (plc-if.md 2.1). Pure."""

from __future__ import annotations

from collections.abc import Iterator

from towerd.fsm.state import Tables
from towerd.lift.kinematics import Kinematics
from towerd.places import Place, cabin
from towerd.plc.snapshot import Identity


def _places(tables: Tables) -> Iterator[tuple[str, Place]]:
    for vehicle in tables.vehicles.values():
        yield f"vehicle {vehicle.id} stands", vehicle.place
    for order in tables.open_orders.values():
        if order.cabin is not None:
            yield f"order {order.id} is", cabin(order.cabin)
    for job in tables.jobs.values():
        if job.state in ("running", "held"):
            yield f"job {job.id} ends", job.target


def _has(identity: Identity, place: Place) -> bool:
    if place.kind == "cabin":
        return place.position <= identity.cabins
    return place.kind != "bay" or (place.floor <= identity.floors and place.position <= identity.positions)


def differs(identity: Identity, kinematics: Kinematics, tables: Tables) -> str | None:
    """What the PLC says of its tower beside what settings or inventory say, or None where they agree.

    More cabins in the settings than the tower has are no contradiction: the settings' defaults name two.
    """
    if identity.positions != kinematics.positions:
        return (
            f"the PLC has {identity.positions} bays on a floor, machine.kinematics.positions is {kinematics.positions}"
        )
    if identity.cabins > len(kinematics.cabin_deg):
        return f"the PLC has {identity.cabins} cabins, machine.kinematics.cabin_deg names {len(kinematics.cabin_deg)}"
    shape = f"{identity.floors} floors of {identity.positions} bays and {identity.cabins} cabins"
    for what, place in _places(tables):
        if not _has(identity, place):
            return f"the PLC has {shape}, {what} in {place}"
    return None
