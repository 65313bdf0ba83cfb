"""Each reject code provoked, and the order in which reasons are looked for (plc-if.md 5)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.cars import Car
from tests.unit.simulator_bench import MAINTENANCE, MANUAL, RESET, START, STOP, Bench

LIFT_TO, GET, PUT, HOME, UNLOCK, LOCK, INNER, OUTER, SIGNAL = 1, 2, 3, 4, 10, 11, 20, 21, 22
C, B, K = "CARRIAGE", "BAYS", "CABIN1"


def nothing(bench: Bench) -> None:
    """The tower as it is in Execute, in Auto, homed, everything closed."""


def stopped(bench: Bench) -> None:
    bench.packml(STOP)


def maintenance(bench: Bench) -> None:
    bench.sim.set_key(MAINTENANCE)
    bench.run(0.3)


def link_lost(bench: Bench) -> None:
    bench.beating = False
    bench.run(1.2)


def not_homed(bench: Bench) -> None:
    bench.sim.fault("lose_reference", axis="lift")


def fork_not_homed(bench: Bench) -> None:
    bench.done(C, LIFT_TO, 1, 1)
    bench.done(B, UNLOCK, 1, 1)
    bench.sim.fault("lose_reference", axis="fork")


def at_bay(bench: Bench) -> None:
    bench.done(C, LIFT_TO, 1, 1)


def bay_open(bench: Bench) -> None:
    at_bay(bench)
    bench.done(B, UNLOCK, 1, 1)


def bay_faulty(bench: Bench) -> None:
    bay_open(bench)
    bench.sim.fault("bay_faulty", bay="1-1")


def bay_disagrees(bench: Bench) -> None:
    bay_open(bench)
    bench.sim.fault("sensor_stuck", bay="1-1", sensor="second", value=0)


def waited(bench: Bench) -> None:
    """Long enough for the cabin to be confirmed clear."""
    bench.run(11)


def at_cabin(bench: Bench) -> None:
    bench.done(C, LIFT_TO, 0, 1)
    bench.run(11)


def person_in_cabin(bench: Bench) -> None:
    at_cabin(bench)
    bench.sim.person(1, present=True)


def unconfirmed(bench: Bench) -> None:
    at_cabin(bench)
    bench.sim.motion(1, present=True)
    bench.run(0.2)
    bench.sim.motion(1, present=False)


def inner_open(bench: Bench) -> None:
    at_cabin(bench)
    bench.done(K, INNER, 1, bench.epoch())


def outer_open(bench: Bench) -> None:
    bench.done(K, OUTER, 1, bench.epoch())


def outer_open_at_cabin(bench: Bench) -> None:
    at_cabin(bench)
    outer_open(bench)
    bench.sim.press_clear(1)


def outer_open_with_person(bench: Bench) -> None:
    outer_open(bench)
    bench.sim.person(1, present=True)


def outer_open_with_curtain(bench: Bench) -> None:
    outer_open(bench)
    bench.sim.curtain(1, tripped=True)


def gate(bench: Bench) -> None:
    bench.sim.fault("gate_open")


def lift_under_way(bench: Bench) -> None:
    bench.send(C, LIFT_TO, 5, 3)
    bench.run(0.5)


def exit_pressed(bench: Bench) -> None:
    bench.sim.press_exit(1)
    bench.sim.step(0.1)


def load_disagrees(bench: Bench) -> None:
    bench.sim.fault("sensor_stuck", sensor="front", value=1)


def manual_released(bench: Bench) -> None:
    bench.packml(STOP)
    bench.packml(RESET)
    bench.sim.set_key(MANUAL)
    bench.run(0.2)


E = -1  # the cabin's epoch at the time of sending
TABLE: list[tuple[Callable[[Bench], None], str, int, tuple[int, ...], int]] = [
    (nothing, C, UNLOCK, (1, 1), 1),
    (nothing, B, LIFT_TO, (1, 1), 1),
    (nothing, K, 99, (), 1),
    (nothing, C, LIFT_TO, (6, 1), 2),
    (nothing, C, LIFT_TO, (0, 2), 2),
    (nothing, C, LIFT_TO, (1, 7), 2),
    (nothing, C, HOME, (3,), 2),
    (nothing, C, LIFT_TO, (1, 1, 0, 4), 2),
    (nothing, B, UNLOCK, (0, 1), 2),
    (nothing, K, INNER, (2,), 2),
    (nothing, K, SIGNAL, (7,), 2),
    (link_lost, C, LIFT_TO, (1, 1), 8),
    (link_lost, K, SIGNAL, (1,), 8),
    (maintenance, C, LIFT_TO, (1, 1), 4),
    (maintenance, K, SIGNAL, (1,), 4),
    (stopped, C, LIFT_TO, (1, 1), 5),
    (stopped, K, OUTER, (0,), 5),
    (stopped, K, SIGNAL, (1,), 0),
    (stopped, K, OUTER, (1, E), 0),
    (stopped, K, INNER, (0,), 0),
    (manual_released, C, HOME, (0,), 9),
    (manual_released, B, LOCK, (1, 1), 9),
    (manual_released, K, OUTER, (1, E), 0),
    (lift_under_way, C, LIFT_TO, (1, 1), 3),
    (exit_pressed, K, SIGNAL, (1,), 3),
    (not_homed, C, LIFT_TO, (1, 1), 7),
    (not_homed, B, UNLOCK, (1, 1), 7),
    (not_homed, K, INNER, (1, 0), 7),
    (fork_not_homed, C, GET, (1, 1), 7),
    (at_cabin, K, INNER, (1, 0), 11),
    (nothing, K, OUTER, (1, 0), 11),
    (inner_open, C, PUT, (0, 1, 0), 11),
    (person_in_cabin, K, INNER, (1, E), 10),
    (unconfirmed, K, INNER, (1, E), 10),
    (outer_open_with_person, K, OUTER, (0,), 10),
    (gate, C, HOME, (0,), 5),  # the gate holds at once
    (inner_open, C, LIFT_TO, (1, 1), 6),
    (inner_open, K, OUTER, (1, E), 6),
    (inner_open, C, GET, (0, 1, E), 6),  # no vehicle in the cabin
    (bay_open, C, LIFT_TO, (2, 1), 6),
    (bay_open, C, HOME, (9,), 6),
    (at_bay, C, GET, (1, 1), 6),  # locked
    (bay_open, C, PUT, (1, 1), 6),  # nothing on the carriage
    (bay_open, C, GET, (1, 2), 6),  # not there
    (bay_open, C, GET, (1, 1), 0),
    (bay_faulty, C, GET, (1, 1), 6),
    (bay_disagrees, C, GET, (1, 1), 6),
    (at_bay, B, UNLOCK, (1, 2), 6),
    (lift_under_way, B, UNLOCK, (5, 3), 6),
    (waited, K, INNER, (1, E), 6),  # the carriage is elsewhere
    (outer_open_at_cabin, K, INNER, (1, E), 6),
    (outer_open_with_curtain, K, OUTER, (0,), 6),
]


@pytest.mark.parametrize(
    ("prepare", "unit", "code", "args", "expected"),
    TABLE,
    ids=[f"{prepare.__name__}-{unit}-{code}-{args}" for prepare, unit, code, args, _ in TABLE],
)
def test_refusal(prepare: Callable[[Bench], None], unit: str, code: int, args: tuple[int, ...], expected: int) -> None:
    bench = Bench(("bay:1-1", Car(5)), speed_up=4.0).execute()
    bench.sim.plant.lift.position = bench.sim.plant.lift.target = 2500.0
    prepare(bench)
    bench.sim.step(0.02)
    given = tuple(bench.epoch() if word == E else word for word in args)
    before = len(bench.sim.executed)
    assert bench.refusal(unit, code, *given) == expected
    assert len(bench.sim.executed) == before + (expected == 0)


@pytest.mark.parametrize("limit_ds", [0, 6001])
def test_a_limit_out_of_range_is_refused_with_2(limit_ds: int) -> None:
    bench = Bench().execute()
    assert bench.refusal(C, LIFT_TO, 1, 1, limit_ds=limit_ds) == 2


def test_reasons_are_looked_for_in_the_order_of_the_contract() -> None:
    """Everything is wrong at once; what is mended one by one shows the next reason."""
    bench = Bench(("bay:1-1", Car(5)), homed=False)
    bench.sim.set_key(MAINTENANCE)
    bench.beating = False
    bench.run(1.2)
    bench.seqs[C] = 5
    bench.send(C, 0)
    bench.sim.step(0.02)
    bench.seqs[C] = 3
    assert bench.refusal(C, 99, 77) == 12
    bench.seqs[C] = 6
    assert bench.refusal(C, 99, 77) == 1
    assert bench.refusal(C, GET, 77, 1) == 2
    assert bench.refusal(C, GET, 0, 1, 0) == 8
    bench.beating = True
    bench.run(0.2)
    assert bench.refusal(C, GET, 0, 1, 0) == 4
    bench.sim.set_key(MANUAL)
    bench.run(0.2)
    assert bench.refusal(C, GET, 0, 1, 0) == 5
    bench.sim.enabling(held=True)
    bench.run(0.2)
    bench.packml(RESET)
    bench.packml(START)
    assert bench.refusal(C, GET, 0, 1, 0) == 7
    for axis in bench.sim.plant.axes:
        axis.homed = True
    assert bench.refusal(C, GET, 0, 1, 0) == 11
    assert bench.refusal(C, GET, 0, 1, bench.epoch()) == 10
    bench.sim.press_clear(1)
    bench.sim.step(0.02)
    assert bench.refusal(C, GET, 0, 1, bench.epoch()) == 6
    assert bench.sim.executed == []


def test_a_disagreeing_carriage_holds_in_auto_and_only_shows_in_manual() -> None:
    bench = Bench().execute()
    load_disagrees(bench)
    bench.run(0.2)
    assert (bench.state, bench.stop_reason) == (11, 10)
    bench.sim.set_key(MANUAL)
    bench.sim.enabling(held=True)
    bench.run(0.2)
    assert bench.packml(5) == 0
    assert 16 in bench.alarms()
    assert bench.refusal(C, LIFT_TO, 1, 1) == 6
    assert bench.refusal(C, LIFT_TO, 1, 1, 0, 12) == 2
    assert bench.do(C, LIFT_TO, 1, 1, 0, 4) == (3, 0)
