"""What came of a fork command, by the sensors (plc-if.md 6.2). Pure."""

from __future__ import annotations

from typing import Literal

from towerd.bays.model import BayBits
from towerd.cabin.model import CabinSensors
from towerd.jobs.transfer import content_of
from towerd.places import Place, bay, cabin
from towerd.plc.codes import FORK_CODES, Args, Code
from towerd.plc.snapshot import Snapshot

Outcome = Literal["before", "after", "unknown"]


def fork_place(args: Args) -> Place:
    """The place that FORK_GET or FORK_PUT names: floor 0 is a cabin."""
    floor, position = args[0], args[1]
    return cabin(position) if floor == 0 else bay(floor, position)


def _without(first: bool, second: bool, override: int) -> tuple[bool, bool]:
    """Both sensors of a pair; one that is left out says what the other says."""
    if override & 1:
        return second, second
    return (first, first) if override & 2 else (first, second)


def _seen_at(machine: Snapshot, place: Place, override: int) -> str:
    if not override & 3:
        return content_of(machine, place)
    first, second = _without(*place_sensors(machine, place), override)
    return {(True, True): "occupied", (False, False): "empty"}.get((first, second), "disagree")


def _seen_on_carriage(machine: Snapshot, override: int) -> str:
    front, rear = _without(machine.load.present_front, machine.load.present_rear, override >> 2)
    return {(True, True): "loaded", (False, False): "empty"}.get((front, rear), "disagree")


def place_sensors(machine: Snapshot, place: Place) -> tuple[bool, bool]:
    """The first and the second occupancy sensor of a bay or a cabin (5.10)."""
    if place.kind == "cabin":
        seen = machine.cabin(place.position).sensors
        return CabinSensors.VEHICLE_FRONT in seen, CabinSensors.VEHICLE_REAR in seen
    word = machine.bay_word(place.floor, place.position)
    return bool(word & BayBits.OCCUPIED_A), bool(word & BayBits.OCCUPIED_B)


def settle(code: int, args: Args, machine: Snapshot) -> Outcome:
    """Whether the vehicle is where it was, where it was to go, or neither can be told.

    Sensors that arg3 left out of the question are left out here too: the other of the pair decides alone (5.11).
    Raises ValueError on another command than FORK_GET and FORK_PUT.
    """
    if code not in FORK_CODES:
        raise ValueError(f"command {code} moves no vehicle between places")
    there = _seen_at(machine, fork_place(args), args[3])
    carried = _seen_on_carriage(machine, args[3])
    taken = there == "empty" and carried == "loaded"
    left = there == "occupied" and carried == "empty"
    if not taken and not left:
        return "unknown"
    return "after" if taken == (code == Code.FORK_GET) else "before"
