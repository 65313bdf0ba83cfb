"""Every fault of the simulator's catalogue with the parameters that matter here: the rows of the matrix."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.fault import AXES, BAY_SENSORS, CABIN_SENSORS, CARRIAGE_SENSORS
from simulator.faults import CATALOGUE

BAY, OTHER_BAY, CABIN = "1-1", "2-3", 1
"""Bay of the car that is ordered, that of another car, and the cabin."""

ORDERED = "ordered"
"""Wherever the ordered car is."""

Value = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Variant:
    """A fault with its parameters."""

    fault: str
    params: dict[str, Value] = field(default_factory=dict)

    @property
    def name(self) -> str:
        shown = " ".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.fault} {shown}".strip()

    @property
    def lasting(self) -> bool:
        return CATALOGUE[self.fault].lasting


def _stuck() -> list[Variant]:
    found = [
        Variant("sensor_stuck", {"sensor": name, "value": on, "bay": BAY}) for name in BAY_SENSORS for on in (0, 1)
    ]
    found += [
        Variant("sensor_stuck", {"sensor": name, "value": on, "cabin": CABIN})
        for name in CABIN_SENSORS
        for on in (0, 1)
    ]
    return found + [
        Variant("sensor_stuck", {"sensor": name, "value": on}) for name in CARRIAGE_SENSORS for on in (0, 1)
    ]


_BY_AXIS = ("jam_axis", "slow_axis", "drive_fault", "lose_reference")
_BY_BAY = ("jam_lock", "slow_lock", "lock_by_hand", "bay_faulty", "bay_disabled", "bay_overhang")
_BY_DOOR = ("jam_door", "slow_door", "door_by_hand")
_GIVEN: dict[str, list[Variant]] = {
    "sensor_stuck": _stuck(),
    "sensors_disagree": [
        Variant("sensors_disagree", {"bay": BAY}),
        Variant("sensors_disagree", {"cabin": CABIN}),
        Variant("sensors_disagree"),
    ],
    "swap_cars": [Variant("swap_cars", {"first": ORDERED, "second": f"bay:{OTHER_BAY}"})],
    "wrong_tag": [Variant("wrong_tag", {"place": place}) for place in ("carriage", "cabin:1", "everywhere")],
    "tag_unreadable": [Variant("tag_unreadable", {"place": place}) for place in ("carriage", "cabin:1", "everywhere")],
    "vehicle_too_large": [Variant("vehicle_too_large", {"what": what}) for what in ("long", "wide", "high", "heavy")],
    "mains_lost": [Variant("mains_lost", {"generator": 0}), Variant("mains_lost", {"generator": 1})],
    "frozen_plc": [Variant("frozen_plc", {"answers": 0}), Variant("frozen_plc", {"answers": 1})],
    "restart_plc": [Variant("restart_plc", {"unreferenced": 0}), Variant("restart_plc", {"unreferenced": 1})],
    "wrong_identity": [
        Variant("wrong_identity", {"what": what}) for what in ("magic", "major", "word_order", "layout_crc")
    ],
    "register_forced": [
        Variant("register_forced", {"block": "SYS", "field": "block_id", "value": 0}),
        Variant("register_forced", {"block": "CAB1", "field": "outer_door", "value": 9}),
    ],
}
_WIRE_SHARE = 0.5


def _of(name: str) -> list[Variant]:
    if name in _GIVEN:
        return _GIVEN[name]
    if name in _BY_AXIS:
        return [Variant(name, {"axis": axis}) for axis in AXES]
    if name in _BY_BAY:
        return [Variant(name, {"bay": BAY})]
    if name in _BY_DOOR:
        return [Variant(name, {"door": door}) for door in ("inner", "outer")]
    if CATALOGUE[name].group == "wire" and name != "cable_out":
        return [Variant(name, {"ratio": _WIRE_SHARE}), Variant(name)]
    return [Variant(name)]


VARIANTS = tuple(variant for name in CATALOGUE for variant in _of(name))
