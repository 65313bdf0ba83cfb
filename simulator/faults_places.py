"""Faults of bays, carriage, sensors, tags and vehicles."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.fault import BAY, BAY_SENSORS, CABIN_SENSORS, CARRIAGE_SENSORS, Fault, Given, Param

if TYPE_CHECKING:
    from simulator.core import Simulator
    from simulator.mechanics import BayPlace

Apply = Callable[["Simulator", bool, Given], None]


def _index(sim: Simulator, bay: object) -> int:
    floor, _, position = str(bay).partition("-")
    return sim.plant.layout.bay_index(int(floor), int(position))


def _place(sim: Simulator, given: Given) -> BayPlace:
    index = _index(sim, given["bay"])
    sim.plant.dirty_bays.add(index)
    return sim.plant.bays[index]


def _bay_flag(name: str) -> Apply:
    def apply(sim: Simulator, on: bool, given: Given) -> None:
        setattr(_place(sim, given), name, on)

    return apply


def _jam_lock(sim: Simulator, on: bool, given: Given) -> None:
    _place(sim, given).lock.jammed = on


def _slow_lock(sim: Simulator, on: bool, given: Given) -> None:
    _place(sim, given).lock.speed_ratio = float(given["ratio"]) if on else 1.0


def _lock_by_hand(sim: Simulator, on: bool, given: Given) -> None:
    if on:
        _place(sim, given).lock.position_ratio = 1.0 if given["to"] == "locked" else 0.0


def _forced(sim: Simulator, given: Given) -> tuple[dict[str, bool], tuple[str, ...]]:
    """What is forced at a place, and the names of its sensors."""
    if "bay" in given and "cabin" in given:
        raise ValueError("a sensor belongs to a bay or to a cabin, not to both")
    if "bay" in given:
        return _place(sim, given).forced, BAY_SENSORS
    if "cabin" in given:
        return sim.plant.booths[int(given["cabin"]) - 1].forced, CABIN_SENSORS
    return sim.plant.carriage_forced, CARRIAGE_SENSORS


def _stuck(sim: Simulator, on: bool, given: Given) -> None:
    forced, names = _forced(sim, given)
    sensor = str(given["sensor"])
    if sensor not in names:
        raise ValueError(f"no sensor {sensor} there; there are {', '.join(names)}")
    if on:
        forced[sensor] = bool(given["value"])
    else:
        forced.pop(sensor, None)


def _disagree(sim: Simulator, on: bool, given: Given) -> None:
    forced, names = _forced(sim, given)
    for sensor, value in zip(names[:2], (True, False), strict=True):
        if on:
            forced[sensor] = value
        else:
            forced.pop(sensor, None)


def _load_lost(sim: Simulator, on: bool, given: Given) -> None:
    for sensor in CARRIAGE_SENSORS[:2]:
        if on:
            sim.plant.carriage_forced[sensor] = False
        else:
            sim.plant.carriage_forced.pop(sensor, None)


def _off_centre(sim: Simulator, on: bool, given: Given) -> None:
    sim.plant.carriage_off_centre = on


def _overload(sim: Simulator, on: bool, given: Given) -> None:
    sim.plant.extra_mass_kg = int(given["kg"]) if on else 0


def _tag(sim: Simulator, on: bool, given: Given) -> None:
    place = str(given["place"])
    if on:
        sim.plant.false_tags[place] = int(given.get("tag", 0))
    else:
        sim.plant.false_tags.pop(place, None)


def _swap(sim: Simulator, on: bool, given: Given) -> None:
    if on:
        sim.swap_cars(str(given["first"]), str(given["second"]))


ANY_BAY = Param("bay", "bay", "FLOOR-POSITION, for a sensor of a bay", key=True, optional=True)
ANY_CABIN = Param(
    "cabin", "cabin", "for a sensor of a cabin; without bay and cabin the carriage", key=True, optional=True
)
READER = Param("place", "place", "carriage, cabin:1, cabin:2", default="everywhere", key=True)
RATIO = Param("ratio", "number", "share of the speed", default=0.2, low=0.001, high=1.0)
SENSORS = ", ".join(dict.fromkeys((*BAY_SENSORS, *CABIN_SENSORS, *CARRIAGE_SENSORS)))
FAULTS = (
    Fault(
        "sensor_stuck",
        "sensors",
        "a sensor shows a value whatever is true",
        "clear; acknowledge what it had brought about",
        _stuck,
        (
            Param("sensor", "text", SENSORS, key=True),
            Param("value", "flag", "what it shows", default=False),
            ANY_BAY,
            ANY_CABIN,
        ),
        (16, 20, 21, 22, 23, 24, 25, 26, 27, 32, 33, 34, 35),
    ),
    Fault(
        "sensors_disagree",
        "sensors",
        "of the two presence sensors of a place one is on and one is off",
        "clear; on the carriage Unhold",
        _disagree,
        (ANY_BAY, ANY_CABIN),
        (16, 34),
    ),
    Fault("jam_lock", "bays", "the lock does not move", "clear; acknowledge 35", _jam_lock, (BAY,), (35,)),
    Fault("slow_lock", "bays", "the lock reaches only a part of its speed", "clear", _slow_lock, (BAY, RATIO)),
    Fault(
        "lock_by_hand",
        "bays",
        "somebody moves the lock by hand, at once",
        "BAY_LOCK or BAY_UNLOCK",
        _lock_by_hand,
        (BAY, Param("to", "choice", "the end", default="unlocked", choices=("unlocked", "locked"))),
        lasting=False,
    ),
    Fault("bay_faulty", "bays", "the PLC marks the bay as faulty", "clear", _bay_flag("faulty"), (BAY,)),
    Fault("bay_disabled", "bays", "the bay is disabled at the PLC's panel", "clear", _bay_flag("disabled"), (BAY,)),
    Fault(
        "bay_overhang",
        "bays",
        "a vehicle reaches out of its bay",
        "clear; Unhold",
        _bay_flag("overhang"),
        (BAY,),
        (36,),
    ),
    Fault(
        "load_lost",
        "carriage",
        "neither sensor of the carriage sees the vehicle any more",
        "clear; acknowledge 17; the reset button and Clear",
        _load_lost,
        alarms=(17, 1),
    ),
    Fault("load_off_centre", "carriage", "the vehicle stands off the middle of the carriage", "clear", _off_centre),
    Fault(
        "overload",
        "carriage",
        "what the fork carries weighs more than it should",
        "clear; acknowledge 18; HOME 2; Unhold",
        _overload,
        (Param("kg", "whole", "how much more", default=2000, low=1, high=20000),),
        (18,),
    ),
    Fault(
        "tag_unreadable",
        "tags",
        "the reader reads nothing",
        "clear; acknowledge 19",
        _tag,
        (READER,),
        (19,),
    ),
    Fault(
        "wrong_tag",
        "tags",
        "the reader reads another tag",
        "clear",
        _tag,
        (READER, Param("tag", "whole", "what it reads", default=1, low=1, high=0xFFFF_FFFF)),
    ),
    Fault(
        "swap_cars",
        "bays",
        "two places change their vehicles behind the daemon's back; the sensors see nothing",
        "swap_cars again; otherwise taking stock",
        _swap,
        (
            Param("first", "place", "bay:3-4, carriage or cabin:1"),
            Param("second", "place", "another"),
        ),
        lasting=False,
    ),
)
