"""Vehicles, and the stock file that says which stands where."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Car:
    """A vehicle as the plant sees it: what its tag, the scales and the light grids would say."""

    tag: int
    mass_kg: int = 1500
    length_mm: int = 4300
    width_mm: int = 1800
    height_mm: int = 1500
    record: dict[str, Any] = field(default_factory=dict, compare=False)


def car_from_record(record: dict[str, Any]) -> Car:
    """A vehicle record (orders-if.md 4.4) as a car. Raises ValueError where a number is missing or no number."""
    try:
        return Car(
            tag=int(record["tag"]),
            mass_kg=int(record["mass_kg"]),
            length_mm=int(record["length_mm"]),
            width_mm=int(record["width_mm"]),
            height_mm=int(record["height_mm"]),
            record=record,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"vehicle record {record.get('id', '?')}: {error!r}") from error


def read_stock(path: Path) -> list[tuple[str, Car]]:
    """Pairs of place and car from a JSON stock file `{"vehicles": [{…, "bay": "3-4"}]}`.

    Raises ValueError where the file is not of that form or a tag comes twice, OSError where it cannot be read.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or not isinstance(content.get("vehicles"), list):
        raise ValueError(  # noqa: TRY004 - the file is wrong, not the call
            f"{path}: a stock file is an object with the list 'vehicles'"
        )
    stock: list[tuple[str, Car]] = []
    seen: set[int] = set()
    for record in content["vehicles"]:
        car = car_from_record(record)
        if car.tag in seen:
            raise ValueError(f"{path}: tag {car.tag} comes twice")
        seen.add(car.tag)
        if record.get("bay") is not None:
            stock.append((f"bay:{record['bay']}", car))
    return stock
