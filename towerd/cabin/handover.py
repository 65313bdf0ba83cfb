"""Handing a car over in a cabin: what comes next, from what the cabin shows. Pure (invariant 7, orders-if.md 5.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from towerd.cabin.model import Cabin, DoorState, Signal

Stage = Literal["waiting", "open", "left"]


@dataclass(frozen=True, slots=True)
class Gate:
    """What the outer door asks before it opens to hand over a car.

    `tag` is that of the order's vehicle, `read_tag` and `read_epoch` those of the reading in that cabin, `identified`
    whether a decision about the person, made by this process and young enough, stands now.
    """

    tag: int
    read_tag: int
    read_epoch: int
    identified: bool


@dataclass(frozen=True, slots=True)
class Denied:
    """The gate stays shut. `wrong_vehicle`: this is another car."""

    why: str
    wrong_vehicle: bool = False


def gate_denies(shown: Cabin, gate: Gate) -> Denied | None:
    """Why the outer door must stay closed, or None. Presence is never enough: the tag must be that of the order's car."""
    if shown.content != "occupied":
        return Denied("no vehicle in the cabin")
    if shown.tag not in (0, gate.tag):
        return Denied(f"tag {shown.tag} read, {gate.tag} expected", wrong_vehicle=True)
    if gate.tag == 0 or shown.tag != gate.tag or gate.read_tag != gate.tag:
        return Denied("the vehicle's tag is not read")
    if shown.occupancy_epoch != gate.read_epoch:
        return Denied("the cabin was entered or left since the tag was read")
    if shown.inner_door is not DoorState.CLOSED:
        return Denied("the inner door is not closed")
    if not gate.identified:
        return Denied("the customer is not identified")
    return None


def fetch_denies(shown: Cabin) -> Denied | None:
    """Why the outer door must stay closed to the technician who fetches the car by name, or None (invariant 7)."""
    if shown.content != "occupied":
        return Denied("no vehicle in the cabin")
    if shown.inner_door is not DoorState.CLOSED:
        return Denied("the inner door is not closed")
    return None


def stage(shown: Cabin) -> Stage:
    """How far the hand-over has come, by the cabin alone: the door still shut, open with the car in it, or the car gone."""
    if shown.content == "empty" and shown.tag == 0:
        return "left"
    return "open" if shown.outer_door is DoorState.OPEN else "waiting"


def wanted_signal(shown: Cabin, *, handing_over: bool, left: bool) -> Signal:
    """The sign that fits: forward for the customer's car, leave when the car is gone and somebody stays, else red."""
    if left and shown.outer_door is not DoorState.CLOSED:
        return Signal.RED if shown.deserted else Signal.LEAVE_CABIN
    if handing_over and shown.outer_door is DoorState.OPEN:
        return Signal.DRIVE_FORWARD
    return Signal.RED
