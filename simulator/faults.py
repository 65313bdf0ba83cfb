"""Faults by name. Each changes the plant only; what follows from it is the program's business."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulator.kinematics import Axis
from simulator.plant import Plant

Where = Mapping[str, "int | str | float"]
INPUTS = {
    "fire": ("fire", True),
    "overspeed": ("overspeed", True),
    "slack_rope": ("slack_rope", True),
    "gate_open": ("gate_open", True),
    "shaft_person": ("shaft_person", True),
    "mains_lost": ("mains_ok", False),
    "on_generator": ("on_generator", True),
    "ups_low": ("ups_low", True),
    "brake_fault": ("brake_fault", True),
    "plc_internal": ("plc_internal", True),
    "tag_unreadable": ("tag_unreadable", True),
}
HOT_DC, COOL_DC = 600, 250


def _axis(plant: Plant, where: Where) -> Axis:
    for axis in plant.axes:
        if axis.name == where.get("axis"):
            return axis
    raise ValueError("axis must be lift, turntable or fork")


def _bay_index(plant: Plant, where: Where) -> int:
    floor, _, position = str(where.get("bay", "")).partition("-")
    if not (floor.isdecimal() and position.isdecimal()):
        raise ValueError("bay must be FLOOR-POSITION")
    station = (int(floor), int(position))
    if station[0] == 0 or station not in plant.layout.stations:
        raise ValueError(f"no such bay: {where['bay']}")
    return plant.layout.bay_index(*station)


def _jam(plant: Plant, on: bool, where: Where) -> None:
    axis = _axis(plant, where)
    axis.jammed = on
    if not on:
        axis.replan()


def _slow(plant: Plant, on: bool, where: Where) -> None:
    axis = _axis(plant, where)
    axis.speed_ratio = float(where.get("ratio", 0.2)) if on else 1.0
    axis.replan()


def _drive(plant: Plant, on: bool, where: Where) -> None:
    axis = _axis(plant, where)
    axis.drive_error = int(where.get("code", 7)) if on else 0


def _forced(plant: Plant, where: Where) -> dict[str, bool]:
    """The place whose sensor is meant: `bay`, `cabin`, or the carriage."""
    if "bay" in where:
        return plant.bays[_bay_index(plant, where)].forced
    if "cabin" in where:
        return plant.booths[int(where["cabin"]) - 1].forced
    return plant.carriage_forced


def _stuck(plant: Plant, on: bool, where: Where) -> None:
    """`sensor` of a place shows `value` whatever is true: first, second, locked, curtain, person, front, rear, …"""
    forced = _forced(plant, where)
    name = str(where.get("sensor", ""))
    if not name:
        raise ValueError("which sensor?")
    if on:
        forced[name] = bool(where.get("value", 0))
    else:
        forced.pop(name, None)


def _lock_jam(plant: Plant, on: bool, where: Where) -> None:
    plant.bays[_bay_index(plant, where)].lock.jammed = on


def _bay_flag(name: str) -> Callable[[Plant, bool, Where], None]:
    def act(plant: Plant, on: bool, where: Where) -> None:
        setattr(plant.bays[_bay_index(plant, where)], name, on)

    return act


def _booth_flag(name: str) -> Callable[[Plant, bool, Where], None]:
    def act(plant: Plant, on: bool, where: Where) -> None:
        setattr(plant.booths[int(where.get("cabin", 1)) - 1], name, on)

    return act


def _door_jam(plant: Plant, on: bool, where: Where) -> None:
    booth = plant.booths[int(where.get("cabin", 1)) - 1]
    door = booth.inner if where.get("door", "inner") == "inner" else booth.outer
    door.jammed = on


def _misplaced(plant: Plant, on: bool, where: Where) -> None:
    plant.booths[int(where.get("cabin", 1)) - 1].misplaced = int(where.get("bits", 1)) if on else 0


def _off_centre(plant: Plant, on: bool, where: Where) -> None:
    plant.carriage_off_centre = on


def _hot(plant: Plant, on: bool, where: Where) -> None:
    plant.inputs.cabinet_temp_dc = HOT_DC if on else COOL_DC


def _lose_reference(plant: Plant, on: bool, where: Where) -> None:
    _axis(plant, where).homed = not on


FAULTS: dict[str, Callable[[Plant, bool, Where], None]] = {
    "jam_axis": _jam,
    "slow_axis": _slow,
    "drive_fault": _drive,
    "lose_reference": _lose_reference,
    "sensor_stuck": _stuck,
    "jam_lock": _lock_jam,
    "bay_faulty": _bay_flag("faulty"),
    "bay_disabled": _bay_flag("disabled"),
    "bay_overhang": _bay_flag("overhang"),
    "door_blocked": _booth_flag("closing_edge"),
    "curtain_tripped": _booth_flag("curtain_tripped"),
    "doorway_blocked": _booth_flag("doorway_blocked"),
    "intercom_call": _booth_flag("intercom"),
    "jam_door": _door_jam,
    "vehicle_misplaced": _misplaced,
    "load_off_centre": _off_centre,
    "cabinet_hot": _hot,
}


def names() -> list[str]:
    """Every fault that can be injected."""
    return sorted([*FAULTS, *INPUTS, "frozen_plc", "wrong_tag"])


def inject(plant: Plant, name: str, on: bool, where: Where) -> None:
    """Set or clear a fault. Raises ValueError for an unknown name or place."""
    if name in INPUTS:
        field, value = INPUTS[name]
        setattr(plant.inputs, field, value if on else not value)
    elif name == "wrong_tag":
        plant.false_tag = int(where.get("tag", 1)) if on else None
    elif name in FAULTS:
        FAULTS[name](plant, on, where)
        plant.dirty_bays.update(range(len(plant.bays)))
    else:
        raise ValueError(f"no such fault: {name}; there are {', '.join(names())}")
