"""Faults of the tower as a whole: chain, fire, gates, mains, cabinet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.fault import Fault, Given, Param
from simulator.faults_drives import RESET

if TYPE_CHECKING:
    from simulator.core import Simulator

COOL_DC = 250


def _input(name: str) -> Callable[[Simulator, bool, Given], None]:
    def apply(sim: Simulator, on: bool, given: Given) -> None:
        setattr(sim.plant.inputs, name, on)

    return apply


def _estop(sim: Simulator, on: bool, given: Given) -> None:
    sim.plant.inputs.chain_ok = not on


def _mains(sim: Simulator, on: bool, given: Given) -> None:
    sim.plant.inputs.mains_ok = not on
    sim.plant.inputs.on_generator = on and bool(given["generator"])


def _hot(sim: Simulator, on: bool, given: Given) -> None:
    sim.plant.inputs.cabinet_temp_dc = int(given["temp_dc"]) if on else COOL_DC


FAULTS = (
    Fault("estop", "tower", "the emergency stop chain is open", RESET, _estop, (), (0, 1)),
    Fault("fire", "tower", "the fire alarm input is on", RESET, _input("fire"), (), (2, 1)),
    Fault(
        "gate_open", "tower", "a maintenance gate to the shaft is open", "clear; Unhold", _input("gate_open"), (), (5,)
    ),
    Fault("shaft_person", "tower", "a person is in the shaft", RESET, _input("shaft_person"), (), (40, 1)),
    Fault(
        "mains_lost",
        "tower",
        "mains is lost, and the drives stand, unless a generator carries the tower",
        "clear, or on_generator; Unhold",
        _mains,
        (Param("generator", "flag", "a generator takes over at once", default=False),),
        (6,),
    ),
    Fault(
        "on_generator",
        "tower",
        "a generator carries the tower; with mains_lost it clears alarm 6",
        "clear",
        _input("on_generator"),
    ),
    Fault("ups_low", "tower", "the battery of the UPS is low", "clear; Unhold", _input("ups_low"), (), (38,)),
    Fault(
        "cabinet_hot",
        "tower",
        "the control cabinet is too warm",
        "clear; acknowledge 37",
        _hot,
        (Param("temp_dc", "whole", "temperature in 0.1 °C", default=600, low=-400, high=1000),),
        (37,),
    ),
)
