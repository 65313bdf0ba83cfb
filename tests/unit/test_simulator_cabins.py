"""A tower with two cabins: two in every respect, and neither in the other's way."""

from __future__ import annotations

import pytest

from simulator.cars import Car
from simulator.config import Actors
from tests.unit.simulator_bench import EXECUTE, HELD, UNHOLD, Bench

C, B = "CARRIAGE", "BAYS"
UNIT = {1: "CABIN1", 2: "CABIN2"}


def tower(*cars: tuple[str, Car], **actors: object) -> Bench:
    return Bench(*cars, cabins=2, actors=Actors(**actors), rated_person_detection=False).execute()  # type: ignore[arg-type]


def deliver(bench: Bench, cabin: int, floor: int, position: int) -> None:
    bench.done(C, 1, floor, position)
    bench.done(B, 10, floor, position)
    bench.done(C, 2, floor, position)
    bench.done(B, 11, floor, position)
    bench.done(C, 1, 0, cabin)
    bench.sim.press_clear(cabin)
    bench.run(0.2)
    bench.done(UNIT[cabin], 20, 1, bench.epoch(cabin))
    bench.done(C, 3, 0, cabin, bench.epoch(cabin))
    bench.done(UNIT[cabin], 20, 0)
    bench.done(UNIT[cabin], 21, 1, bench.epoch(cabin))


def test_two_customers_come_and_drive_off_side_by_side() -> None:
    bench = tower(("bay:1-1", Car(5)), ("bay:1-2", Car(6)))
    deliver(bench, 1, 1, 1)
    deliver(bench, 2, 1, 2)
    assert bench.sim.truth() == {5: "cabin:1", 6: "cabin:2"}
    assert (bench.cab(1)[11], bench.cab(2)[11]) == (5, 6)
    bench.sim.drive_off(1)
    bench.sim.drive_off(2)
    bench.run(2)
    assert all(booth.person_detected for booth in bench.sim.plant.booths)
    bench.run(6)
    assert bench.sim.truth() == {5: "gone", 6: "gone"}


def test_customers_come_by_themselves_to_both() -> None:
    bench = tower(("bay:1-1", Car(5)), ("bay:1-2", Car(6)), auto_drive_off=True, customer_delay_s=1.0)
    deliver(bench, 2, 1, 2)
    bench.run(8)
    deliver(bench, 1, 1, 1)
    bench.run(8)
    assert bench.sim.truth() == {5: "gone", 6: "gone"}


@pytest.mark.parametrize("cabin", [1, 2])
def test_one_cabin_changes_nothing_in_the_other(cabin: int) -> None:
    bench = tower()
    other = 3 - cabin
    bench.sim.press_clear(1)
    bench.sim.press_clear(2)
    bench.run(0.2)
    before = bench.cab(other)
    epoch = bench.epoch(cabin)
    bench.done(UNIT[cabin], 21, 1, bench.epoch(cabin))
    bench.done(UNIT[cabin], 22, 2)
    bench.sim.inject("person", cabin=cabin)
    bench.sim.inject("motion", cabin=cabin)
    bench.sim.inject("curtain_tripped", cabin=cabin)
    bench.sim.inject("intercom_call", cabin=cabin)
    bench.run(1)
    assert bench.epoch(cabin) != epoch
    assert not bench.clear_confirmed(cabin)
    assert bench.clear_confirmed(other)
    assert bench.cab(other) == before


@pytest.mark.parametrize("cabin", [1, 2])
def test_the_exit_button_opens_its_own_door(cabin: int) -> None:
    bench = tower()
    bench.sim.press_exit(cabin)
    bench.run(8)
    assert (bench.state, bench.stop_reason) == (HELD, 9)
    assert [bench.cab(number)[2] for number in (1, 2)] == ([2, 0] if cabin == 1 else [0, 2])
    assert bench.alarms() == set()
    assert bench.unacked() == {31 + cabin}


@pytest.mark.parametrize("cabin", [1, 2])
def test_a_person_in_one_holds_the_tower_only_while_its_inner_door_is_open(cabin: int) -> None:
    bench = tower()
    other = 3 - cabin
    bench.done(C, 1, 0, cabin)
    bench.sim.press_clear(cabin)
    bench.run(0.2)
    bench.done(UNIT[cabin], 20, 1, bench.epoch(cabin))
    bench.sim.inject("person", cabin=other)
    bench.run(1)
    assert bench.state == EXECUTE
    bench.sim.inject("person", cabin=cabin)
    bench.run(1)
    assert (bench.state, bench.stop_reason) == (HELD, 8)
    assert bench.alarms() == {19 + cabin}
    bench.sim.clear("person", cabin=cabin)
    bench.sim.press_clear(cabin)
    bench.run(0.2)
    assert bench.packml(UNHOLD) == 0


def test_both_outer_doors_and_the_lift_move_at_once() -> None:
    bench = tower(("bay:3-3", Car(5)))
    seqs = {unit: bench.send(unit, 21, 1, bench.epoch(number)) for number, unit in UNIT.items()}
    lift = bench.send(C, 1, 3, 3)
    bench.run(1)
    assert [bench.status(unit).active_seq for unit in (*UNIT.values(), C)] == [*seqs.values(), lift]
    assert bench.wait(C, lift) == (3, 0)
    assert [bench.wait(unit, seq) for unit, seq in seqs.items()] == [(3, 0), (3, 0)]


def test_the_fork_asks_the_cabin_it_is_at() -> None:
    bench = tower(("carriage", Car(5)))
    bench.done(C, 1, 0, 2)
    bench.sim.press_clear(2)
    bench.run(0.2)
    bench.done("CABIN2", 20, 1, bench.epoch(2))
    assert bench.refusal(C, 3, 0, 2, bench.epoch(1)) == 11
    assert bench.refusal(C, 3, 0, 1, bench.epoch(1)) in (6, 10)
    assert bench.refusal("CABIN1", 20, 1, bench.epoch(1)) in (6, 10)
    bench.done(C, 3, 0, 2, bench.epoch(2))
    assert bench.sim.truth() == {5: "cabin:2"}


def test_a_forgotten_button_is_that_of_one_cabin() -> None:
    bench = tower(auto_press_clear=True, staff_delay_s=1.0)
    bench.sim.inject("button_forgotten", cabin=1)
    for number, unit in UNIT.items():
        bench.done(unit, 21, 1, bench.epoch(number))
        bench.sim.drive_in(number, Car(10 + number))
    bench.run(10)
    assert (bench.clear_confirmed(1), bench.clear_confirmed(2)) == (False, True)
    bench.sim.clear("button_forgotten")
    bench.sim.press_clear(1)
    bench.run(0.2)
    assert bench.clear_confirmed(1)
