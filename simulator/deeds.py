"""The acts by name, for the control port and for scenarios: what each takes, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.cars import Car, car_from_record
from simulator.driver import Driver

if TYPE_CHECKING:
    from simulator.core import Simulator

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Deed:
    """One act. `needs` are its parameters, `a|b` asks for one of two; `takes` may be left out."""

    text: str
    do: Callable[[Simulator, Params], None]
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


def _car(params: Params) -> Car | int:
    return car_from_record(params["vehicle"]) if "vehicle" in params else int(params["tag"])


def _driver(sim: Simulator, params: Params) -> Driver:
    cabin = int(params["cabin"])
    if not 1 <= cabin <= sim.config.cabins:
        raise ValueError(f"no such cabin: {cabin}")
    return Driver(sim.plant, cabin)


def _arrive(sim: Simulator, params: Params) -> None:
    car = _car(params)
    vehicle = car if isinstance(car, Car) else sim.plant.gone.get(car, Car(car))
    _driver(sim, params).drive_in(vehicle, int(params.get("misplaced", 0)))


CABIN = ("cabin",)
DEEDS: dict[str, Deed] = {
    "drive_off": Deed("a driver boards and drives away", lambda sim, p: sim.drive_off(int(p["cabin"])), CABIN),
    "drive_in": Deed(
        "a vehicle drives in, its driver leaves on foot",
        lambda sim, p: sim.drive_in(int(p["cabin"]), _car(p)),
        ("cabin", "tag|vehicle"),
    ),
    "arrive": Deed(
        "a driver drives in and stays at the wheel; `misplaced`: 1 too far forward, 2 back, 4 left, 8 right",
        _arrive,
        ("cabin", "tag|vehicle"),
        ("misplaced",),
    ),
    "correct": Deed(
        "the driver moves the car within the cabin",
        lambda sim, p: _driver(sim, p).correct(int(p.get("misplaced", 0))),
        CABIN,
        ("misplaced",),
    ),
    "get_out": Deed("the driver leaves on foot; the car stays", lambda sim, p: _driver(sim, p).get_out(), CABIN),
    "come_back": Deed("a person walks in", lambda sim, p: _driver(sim, p).come_back(), CABIN),
    "drive_out": Deed("the driver drives the car away at once", lambda sim, p: _driver(sim, p).drive_out(), CABIN),
    "place_vehicle": Deed(
        "put a vehicle into bay:3-4, carriage, cabin:1, or take it away with gone",
        lambda sim, p: sim.place_vehicle(_car(p), str(p["place"])),
        ("tag|vehicle", "place"),
    ),
    "press_clear": Deed("press the button outside the cabin", lambda sim, p: sim.press_clear(int(p["cabin"])), CABIN),
    "press_exit": Deed("press the exit button in the cabin", lambda sim, p: sim.press_exit(int(p["cabin"])), CABIN),
    "open_by_hand": Deed(
        "push the outer door open from inside, without power or with the fork in the cabin",
        lambda sim, p: sim.open_by_hand(int(p["cabin"])),
        CABIN,
    ),
    "person": Deed(
        "a person is in the cabin, or is no longer",
        lambda sim, p: sim.person(int(p["cabin"]), bool(p["present"])),
        ("cabin", "present"),
    ),
    "motion": Deed(
        "something moves in the cabin, or no longer",
        lambda sim, p: sim.motion(int(p["cabin"]), bool(p["present"])),
        ("cabin", "present"),
    ),
    "curtain": Deed(
        "something stands in the light curtain, or no longer",
        lambda sim, p: sim.curtain(int(p["cabin"]), bool(p["tripped"])),
        ("cabin", "tripped"),
    ),
    "press_reset": Deed("press the reset button at the tower", lambda sim, p: sim.press_reset()),
    "set_key": Deed(
        "turn the key: 0 off, 1 auto, 2 manual, 3 maintenance", lambda sim, p: sim.set_key(int(p["mode"])), ("mode",)
    ),
    "enabling": Deed("hold or release the enabling switch", lambda sim, p: sim.enabling(bool(p["held"])), ("held",)),
    "estop": Deed("press or release an emergency stop", lambda sim, p: sim.estop(bool(p["pressed"])), ("pressed",)),
    "restart_plc": Deed("the PLC starts anew", lambda sim, p: sim.restart_plc()),
}


def check(name: str, params: Params) -> Deed:
    """The act of that name. Raises ValueError for an unknown one, or parameters that are not its own."""
    if name not in DEEDS:
        raise ValueError(f"no such act: {name}; there are {', '.join(sorted(DEEDS))}")
    deed = DEEDS[name]
    allowed = {one for need in deed.needs for one in need.split("|")} | set(deed.takes)
    unknown = sorted(set(params) - allowed)
    if unknown:
        raise ValueError(f"{name} has no {', '.join(unknown)}")
    missing = [need for need in deed.needs if not set(need.split("|")) & set(params)]
    if missing:
        raise ValueError(f"{name} asks for {', '.join(missing)}")
    return deed


def perform(sim: Simulator, name: str, params: Params) -> None:
    """Do an act and write it down. Raises ValueError where it is unknown, asked wrongly, or cannot be done now."""
    deed = check(name, params)
    try:
        deed.do(sim, params)
    except (TypeError, IndexError) as error:
        raise ValueError(f"{name}: {error}") from error
    sim.note(" ".join([f"act {name}", *(f"{key}={value}" for key, value in params.items())]))
