"""The files that the demo writes: which cars stand where, and the settings of its towerd."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.config import Kinematics, SimulatorConfig
from simulator.kinematics import trapezoid_time_s
from simulator.layout import build_layout

TOWER = "demo-1"
FLOORS, POSITIONS, CABINS = 5, 6, 1

# make, model, trim, propulsion, mass kg, length, width, height mm, deposit in cents, price in cents, colours
_MODELS: tuple[tuple[Any, ...], ...] = (
    ("Ford", "Mondeo", "Hybrid", "hybrid", 1780, 4871, 1852, 1482, 50000, 3890000, ("blue", "white", "black")),
    ("Ford", "Focus", "Titanium", "petrol", 1390, 4378, 1825, 1471, 40000, 2990000, ("red", "grey", "white")),
    ("Volkswagen", "Golf", "Style", "petrol", 1380, 4284, 1789, 1491, 40000, 3190000, ("red", "white", "black")),
    ("Volkswagen", "Passat", "Business", "diesel", 1610, 4917, 1852, 1506, 50000, 4290000, ("grey", "blue")),
    ("Toyota", "Corolla", "Comfort", "hybrid", 1370, 4370, 1790, 1435, 40000, 2890000, ("white", "silver")),
    ("Skoda", "Octavia", "Selection", "petrol", 1400, 4689, 1829, 1470, 40000, 2990000, ("green", "silver", "black")),
)


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the demo's parts listen, on 127.0.0.1."""

    broker: int
    plc: int
    control: int
    camera: int


# at a dealer's, in no tower
_SHOWROOM: tuple[tuple[Any, ...], ...] = (
    ("Ford", "Focus", "Titanium", "petrol", 1390, 4378, 1825, 1471, 40000, 2990000, ("green",)),
    ("Skoda", "Enyaq", "Electric", "electric", 2090, 4649, 1879, 1616, 60000, 4690000, ("blue",)),
)


def stock(seed: int, after: int = 0) -> dict[str, Any]:
    """A stock file's content: 16 cars of four makes in 30 bays; the same seed gives the same tower.

    `after`: their numbers begin after this one.
    """
    bays = [f"{floor}-{position}" for floor in range(1, FLOORS + 1) for position in range(1, POSITIONS + 1)]
    places = random.Random(seed).sample(bays, len(bays))  # noqa: S311 - the same tower again is what is wanted
    vehicles = _records(_MODELS, after)
    return {"vehicles": [{**one, "bay": place} for one, place in zip(vehicles, places, strict=False)]}


def showroom(after: int) -> list[dict[str, Any]]:
    """Records of cars that stand in no tower; their numbers begin after `after`."""
    return _records(_SHOWROOM, after)


def _records(models: tuple[tuple[Any, ...], ...], after: int) -> list[dict[str, Any]]:
    vehicles: list[dict[str, Any]] = []
    for make, model, trim, propulsion, mass, length, width, height, deposit, price, colours in models:
        for colour in colours:
            number = after + len(vehicles) + 1
            vehicles.append(
                {
                    "id": f"v_{number:04d}",
                    "tag": 3_054_420_000 + number,
                    "make": make,
                    "model": model,
                    "colour": colour,
                    "year": 2026,
                    "trim": trim,
                    "propulsion": propulsion,
                    "mass_kg": mass,
                    "length_mm": length,
                    "width_mm": width,
                    "height_mm": height,
                    "image_url": f"https://shop.example/v_{number:04d}.jpg",
                    "owner": "dealer_3",
                    "offers": {
                        "test_drive": {"fee": 4900, "deposit": deposit, "currency": "EUR"},
                        "purchase": {"price": price, "currency": "EUR"},
                    },
                }
            )
    return vehicles


def kinematics(speed_up: float) -> dict[str, Any]:
    """The simulator's mechanics as towerd's settings name them, so that its forecast is that of this plant."""
    plant = Kinematics()
    config = SimulatorConfig(floors=FLOORS, positions=POSITIONS, cabins=CABINS)
    layout = build_layout(config)
    first, second = layout.floor_heights_mm[1:3]
    return {
        "lift_mm_s": plant.lift_velocity_mm_s,
        "lift_mm_s2": plant.lift_acceleration_mm_s2,
        "turntable_deg_s": plant.turntable_velocity_cdeg_s / 100,
        "turntable_deg_s2": plant.turntable_acceleration_cdeg_s2 / 100,
        "fork_out_s": round(
            trapezoid_time_s(plant.fork_stroke_mm, plant.fork_velocity_mm_s, plant.fork_acceleration_mm_s2), 4
        ),
        # the pick goes up and comes down again in each cycle of the fork
        "fork_pick_s": 2 * plant.pick_s,
        "bay_lock_s": plant.lock_s,
        "inner_door_s": plant.inner_door_s,
        "outer_door_s": plant.outer_door_s,
        "ground_mm": layout.floor_heights_mm[0],
        "first_floor_mm": first,
        "floor_pitch_mm": second - first,
        "cabin_deg": [layout.station(0, cabin).turntable_cdeg / 100 for cabin in range(1, CABINS + 1)],
        "positions": POSITIONS,
        "speed_up": speed_up,
    }


def settings(ports: Ports, socket: Path, engine: str, speed_up: float, tower: str = TOWER) -> dict[str, Any]:
    """The settings of the demo's towerd. What a real tower must not have is marked in `config/tower.example.toml`.

    Where `ports.camera` is 0 there is no camera.
    """
    camera = {"camera": f"http://127.0.0.1:{ports.camera}/stream"} if ports.camera else {}
    return {
        "": {"state_dir": "state"},
        "tower": {"id": tower, "name": "Demo"},
        "plc": {"host": "127.0.0.1", "port": ports.plc},
        "machine": {"auto_start": True, "resume_after_link_loss": True, "stop_grace_s": 5.0},
        "machine.kinematics": kinematics(speed_up),
        "mqtt": {"host": "127.0.0.1", "port": ports.broker},
        "orders": {"trust_clock": True},
        "face": {"engine": engine, **camera, "liveness": ["challenge"]},
        "api": {"socket": str(socket)},
        "keys": {
            "tower_key_file": "keys/tower.jwk",
            "issuers_file": "issuers.json",
            "code_secret_file": "keys/codes.secret",
            "faces_dir": "keys/faces",
        },
        "log": {"level": "info", "format": "json"},
    }


def toml(tables: dict[str, dict[str, Any]]) -> str:
    """Tables of plain values as TOML: JSON writes strings, numbers, truths and lists of them as TOML does."""
    lines = ["# Written by the demo. Only for a simulated tower: it starts by itself."]
    for name, values in tables.items():
        lines += [f"\n[{name}]"] if name else []
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"
