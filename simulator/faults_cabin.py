"""Faults of the cabins: doors, people, vehicles in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.fault import CABIN, DOOR, Fault, Given, Param

if TYPE_CHECKING:
    from simulator.booth import Booth
    from simulator.core import Simulator
    from simulator.kinematics import Mechanism

Apply = Callable[["Simulator", bool, Given], None]
OVERSIZE = {"long": 1, "wide": 2, "high": 4, "heavy": 8}


def _booth(sim: Simulator, given: Given) -> Booth:
    return sim.plant.booths[int(given["cabin"]) - 1]


def _door(sim: Simulator, given: Given) -> Mechanism:
    booth = _booth(sim, given)
    return booth.inner if given["door"] == "inner" else booth.outer


def _flag(name: str) -> Apply:
    def apply(sim: Simulator, on: bool, given: Given) -> None:
        setattr(_booth(sim, given), name, on)

    return apply


def _jam(sim: Simulator, on: bool, given: Given) -> None:
    _door(sim, given).jammed = on


def _slow(sim: Simulator, on: bool, given: Given) -> None:
    _door(sim, given).speed_ratio = float(given["ratio"]) if on else 1.0


def _by_hand(sim: Simulator, on: bool, given: Given) -> None:
    if on:
        booth, end = _booth(sim, given), 1 if given["to"] == "open" else 0
        booth.by_hand = booth.by_hand or given["door"] == "outer"
        _door(sim, given).drive(end)


def _misplaced(sim: Simulator, on: bool, given: Given) -> None:
    _booth(sim, given).misplaced = int(given["bits"]) if on else 0


def _oversize(sim: Simulator, on: bool, given: Given) -> None:
    _booth(sim, given).oversize = OVERSIZE[str(given["what"])] if on else 0


def _exit(sim: Simulator, on: bool, given: Given) -> None:
    if on:
        sim.press_exit(int(given["cabin"]))


FAULTS = (
    Fault(
        "door_blocked",
        "doors",
        "something stops the outer door half way down; it reopens and tries three times (error 7)",
        "clear; acknowledge 22 or 23",
        _flag("closing_edge"),
        (CABIN,),
        (22, 23),
    ),
    Fault(
        "jam_door",
        "doors",
        "the door does not move",
        "clear; acknowledge 22 to 25; for the inner door Unhold",
        _jam,
        (CABIN, DOOR),
        (22, 23, 24, 25),
    ),
    Fault(
        "slow_door",
        "doors",
        "the door reaches only a part of its speed",
        "clear",
        _slow,
        (CABIN, DOOR, Param("ratio", "number", "share of the speed", default=0.2, low=0.001, high=1.0)),
    ),
    Fault(
        "door_by_hand",
        "doors",
        "somebody forces the door without any command",
        "OUTER_DOOR or INNER_DOOR",
        _by_hand,
        (CABIN, DOOR, Param("to", "choice", "the end", default="open", choices=("open", "closed"))),
        lasting=False,
    ),
    Fault(
        "curtain_tripped",
        "people",
        "something stands in the light curtain; 26 and 27 come when the outer door closes",
        "clear; acknowledge 26 or 27; press the button outside",
        _flag("obstacle"),
        (CABIN,),
        (26, 27, 22, 23),
    ),
    Fault(
        "doorway_blocked",
        "doors",
        "something reaches through the inner door",
        "clear",
        _flag("doorway_blocked"),
        (CABIN,),
    ),
    Fault(
        "person",
        "people",
        "a person is in the cabin; 20 and 21 come while the inner door is not closed",
        "clear; press the button outside; Unhold",
        _flag("stranger"),
        (CABIN,),
        (20, 21),
    ),
    Fault(
        "motion",
        "people",
        "something moves in the cabin that the machine does not move",
        "clear; press the button outside",
        _flag("unrest"),
        (CABIN,),
    ),
    Fault(
        "exit_button",
        "people",
        "somebody in the cabin presses the exit button",
        "the outer door has been open; Unhold, or Clear where the fork was in that cabin",
        _exit,
        (CABIN,),
        (32, 33),
        lasting=False,
    ),
    Fault("intercom_call", "people", "somebody in the cabin calls", "clear", _flag("intercom"), (CABIN,)),
    Fault(
        "button_forgotten",
        "people",
        "nobody presses the button outside after a driver has left",
        "clear; press the button outside",
        _flag("button_forgotten"),
        (CABIN,),
    ),
    Fault(
        "vehicle_misplaced",
        "vehicles",
        "the vehicle in the cabin stands out of position; shown with the outer door closed",
        "clear; acknowledge 30 or 31",
        _misplaced,
        (CABIN, Param("bits", "whole", "1 too far forward, 2 back, 4 left, 8 right", default=1, low=1, high=15)),
        (30, 31),
    ),
    Fault(
        "vehicle_too_large",
        "vehicles",
        "the gauge of the cabin finds the vehicle beyond a limit; shown with the outer door closed",
        "clear; acknowledge 28 or 29",
        _oversize,
        (CABIN, Param("what", "choice", "which limit", default="long", choices=tuple(OVERSIZE))),
        (28, 29),
    ),
)
