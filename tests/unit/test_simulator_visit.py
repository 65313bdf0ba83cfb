from __future__ import annotations

import pytest

from simulator.cars import Car
from simulator.config import Actors
from tests.unit.simulator_bench import Bench


def test_a_car_comes_down_and_is_driven_away() -> None:
    bench = Bench(("bay:3-4", Car(77))).execute()
    bench.deliver(3, 4)
    assert bench.sim.truth() == {77: "cabin:1"}
    assert bench.cab()[10:12] == [0, 77]
    epoch = bench.epoch()
    bench.sim.drive_off(1)
    bench.run(8)
    assert bench.sim.truth() == {77: "gone"}
    assert bench.epoch() != epoch
    bench.done("CABIN1", 21, 0)
    assert not bench.clear_confirmed()
    bench.run(11)
    assert bench.clear_confirmed()
    assert bench.alarms() == set()
    assert bench.sim.plant.collisions == []
    assert all(record.result == 3 for record in bench.sim.executed)


def test_a_returned_car_is_stored() -> None:
    bench = Bench(actors=Actors(auto_press_clear=True), rated_person_detection=False).execute()
    bench.done("CABIN1", 21, 1, bench.epoch())
    bench.sim.drive_in(1, Car(88, length_mm=4000))
    bench.run(12)
    assert bench.clear_confirmed()
    bench.done("CABIN1", 21, 0)
    assert bench.clear_confirmed()
    assert bench.cab()[5] == 4000
    bench.done("CARRIAGE", 1, 0, 1)
    bench.done("CABIN1", 20, 1, bench.epoch())
    bench.done("CARRIAGE", 2, 0, 1, bench.epoch())
    bench.done("CABIN1", 20, 0)
    bench.done("CARRIAGE", 1, 2, 6)
    bench.done("BAYS", 10, 2, 6)
    bench.done("CARRIAGE", 3, 2, 6)
    bench.done("BAYS", 11, 2, 6)
    assert bench.sim.truth() == {88: "bay:2-6"}
    assert bench.sim.read(1024 + 11, 1) == [0b111]


def test_customers_of_the_demo_come_by_themselves() -> None:
    bench = Bench(("bay:1-1", Car(5)), actors=Actors(auto_drive_off=True, customer_delay_s=1.0)).execute()
    bench.deliver(1, 1)
    bench.run(8)
    assert bench.sim.truth() == {5: "gone"}


@pytest.mark.parametrize("act", ["drive_off", "drive_in"])
def test_nobody_drives_through_a_closed_door(act: str) -> None:
    bench = Bench()
    with pytest.raises(ValueError, match="not open"):
        bench.sim.drive_off(1) if act == "drive_off" else bench.sim.drive_in(1, 5)


def test_the_same_run_twice_is_the_same() -> None:
    def words() -> list[int]:
        bench = Bench(("bay:1-1", Car(5))).execute()
        bench.deliver(1, 1)
        return bench.sim.image.words

    assert words() == words()


def test_a_restart_keeps_cars_and_doors_and_forgets_the_rest() -> None:
    bench = Bench(("bay:1-1", Car(5))).execute()
    bench.deliver(1, 1)
    boot, epoch = bench.sim.read(5, 2), bench.epoch()
    bench.sim.restart_plc()
    assert bench.sim.read(5, 2) != boot
    assert bench.epoch() != epoch
    assert bench.sim.read(150, 2) == bench.sim.read(5, 2)
    assert bench.state == 2
    assert bench.link == 0
    assert bench.status("CARRIAGE").taken_seq == 0
    assert bench.cab()[2] == 2
    assert bench.cab()[12] == 1
    assert bench.sim.read(32, 8) == [0] * 8
    assert bench.sim.truth() == {5: "cabin:1"}
    assert bench.sim.read(224, 16)[3] & 2 == 0


def test_too_heavy_is_set_down_where_it_stood() -> None:
    bench = Bench(("bay:1-1", Car(5, mass_kg=2900))).execute()
    bench.done("CARRIAGE", 1, 1, 1)
    bench.done("BAYS", 10, 1, 1)
    assert bench.do("CARRIAGE", 2, 1, 1) == (4, 9)
    bench.run(1)
    assert bench.sim.truth() == {5: "bay:1-1"}
    assert 18 in bench.alarms()
    assert bench.state == 11
    assert bench.packml(5) == 6
    bench.acknowledge(18)
    assert bench.packml(5) == 0
    assert bench.do("CARRIAGE", 4, 2) == (3, 0)
    assert bench.sim.plant.fork_centred
