"""A driver at a cabin, as tests play one."""

from __future__ import annotations

import pytest

from simulator.cars import Car
from simulator.config import SimulatorConfig
from simulator.core import Simulator
from simulator.driver import TOO_FAR_BACK, Driver

CAR = Car(4711)


def opened() -> Simulator:
    sim = Simulator(SimulatorConfig(floors=1, positions=2))
    sim.plant.booths[0].outer.position_ratio = 1.0
    return sim


def test_a_driver_comes_corrects_leaves_looks_and_goes() -> None:
    sim = opened()
    booth, driver = sim.plant.booths[0], Driver(sim.plant, 1)
    driver.drive_in(CAR, TOO_FAR_BACK)
    assert (booth.car, booth.misplaced, booth.person, booth.motion) == (CAR, TOO_FAR_BACK, True, True)
    driver.correct()
    driver.get_out()
    assert (booth.misplaced, booth.person, booth.clear_pressed) == (0, False, False)
    driver.come_back()
    assert booth.person
    driver.drive_out()
    assert booth.car is None
    assert sim.truth() == {4711: "gone"}
    driver.drive_in(CAR)
    assert sim.truth() == {4711: "cabin:1"}


def test_what_cannot_be() -> None:
    sim = opened()
    driver = Driver(sim.plant, 1)
    with pytest.raises(ValueError, match="no car can leave"):
        driver.drive_out()
    sim.place_vehicle(CAR, "bay:1-1")
    with pytest.raises(ValueError, match="stands in bay:1-1"):
        driver.drive_in(CAR)
    driver.drive_in(Car(1))
    with pytest.raises(ValueError, match="shut or taken"):
        driver.drive_in(Car(2))
    driver.get_out()
    driver.press()
    assert sim.plant.booths[0].clear_pressed
    sim.plant.booths[0].outer.position_ratio = 0.0
    assert not driver.door_open
    with pytest.raises(ValueError, match="no car can leave"):
        driver.drive_out()
