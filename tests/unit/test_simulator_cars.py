from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.cars import Car, read_stock
from simulator.core import Simulator

RECORD = {"id": "v1", "tag": 7, "mass_kg": 1, "length_mm": 2, "width_mm": 3, "height_mm": 4, "bay": "3-4"}


def stock(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "stock.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_stock_file_fills_the_bays(tmp_path: Path) -> None:
    sim = Simulator(stock=read_stock(stock(tmp_path, {"vehicles": [RECORD, RECORD | {"tag": 8, "bay": None}]})))
    assert sim.truth() == {7: "bay:3-4"}
    assert sim.read(1024 + 15, 1) == [0b111]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ([], "stock file"),
        ({"vehicles": [RECORD, RECORD]}, "comes twice"),
        ({"vehicles": [{"id": "v1"}]}, "vehicle record v1"),
    ],
)
def test_a_wrong_stock_file_is_refused(tmp_path: Path, content: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_stock(stock(tmp_path, content))


@pytest.mark.parametrize("place", ["bay:0-1", "bay:6-1", "bay:x", "cabin:2", "roof"])
def test_no_vehicle_in_a_place_that_is_none(place: str) -> None:
    with pytest.raises(ValueError, match="no such"):
        Simulator().place_vehicle(Car(7), place)


def test_no_two_vehicles_in_one_place_and_one_vehicle_in_one_place() -> None:
    sim = Simulator(stock=[("bay:1-1", Car(7)), ("cabin:1", Car(8))])
    with pytest.raises(ValueError, match="taken by tag 7"):
        sim.place_vehicle(9, "bay:1-1")
    sim.place_vehicle(7, "carriage")
    assert sim.truth() == {7: "carriage", 8: "cabin:1"}
