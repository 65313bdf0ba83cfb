from __future__ import annotations

import pytest

from simulator.program.crc import crc16_words
from tests.unit.simulator_bench import IDLE, JOG, MANUAL, RESET, Bench


class JogBench(Bench):
    def __init__(self, **config: object) -> None:
        super().__init__(**config)
        self.sim.set_key(MANUAL)
        self.sim.enabling(held=True)
        self.run(0.2)
        self.packml(RESET)
        assert self.state == IDLE
        self.token = 0

    def jog(self, axis: int, direction: int, step: int = 0, new: bool = True, spoil: int = 0) -> None:
        self.token += new
        words = [self.token, axis, direction & 0xFFFF, 100, step]
        self.sim.write(JOG, [*words, crc16_words([*words, self.session]) ^ spoil])

    def hold_down(self, axis: int, direction: int, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.jog(axis, direction)
            self.run(0.1)

    @property
    def lift_mm(self) -> float:
        return self.sim.plant.lift.position


@pytest.fixture
def bench() -> JogBench:
    return JogBench()


def test_jog_moves_at_manual_speed_as_long_as_the_token_does(bench: JogBench) -> None:
    bench.hold_down(0, 1, 2.0)
    assert bench.sim.plant.lift.velocity == pytest.approx(200)
    bench.run(0.3)
    bench.run(1)
    assert not bench.sim.plant.lift.moving
    assert 300 < bench.lift_mm < 550


def test_a_step_runs_to_its_end_and_needs_a_new_token(bench: JogBench) -> None:
    bench.jog(0, 1, step=200)
    bench.run(3)
    assert bench.lift_mm == pytest.approx(200)
    bench.jog(0, 1, step=200, new=False)
    bench.run(3)
    assert bench.lift_mm == pytest.approx(200)


@pytest.mark.parametrize("why", ["check", "switch", "key", "link"])
def test_jog_stops(bench: JogBench, why: str) -> None:
    bench.hold_down(0, 1, 1.0)
    if why == "check":
        bench.jog(0, 1, spoil=1)
    elif why == "switch":
        bench.sim.enabling(held=False)
    elif why == "key":
        bench.sim.set_key(1)
    else:
        bench.beating = False
        bench.hold_down(0, 1, 1.0)
    bench.run(0.7)
    assert not bench.sim.plant.lift.moving
    at = bench.lift_mm
    bench.run(1)
    assert bench.lift_mm == at


def test_the_fork_goes_out_only_into_an_unlocked_bay(bench: JogBench) -> None:
    bench.hold_down(2, 1, 0.5)
    assert bench.sim.plant.fork.position == 0


def test_no_jog_of_the_lift_with_the_fork_out(bench: JogBench) -> None:
    bench.sim.plant.fork.position = 500
    bench.hold_down(0, 1, 0.5)
    assert bench.lift_mm == 0
    bench.hold_down(2, -1, 6)
    assert bench.sim.plant.fork_centred


def test_no_jog_in_auto() -> None:
    bench = JogBench()
    bench.sim.set_key(1)
    bench.run(0.2)
    bench.hold_down(0, 1, 0.5)
    assert bench.lift_mm == 0


def test_a_fresh_token_that_finds_a_condition_lost_stops_the_axis(bench: JogBench) -> None:
    bench.hold_down(0, 1, 1.0)
    bench.sim.enabling(held=False)
    bench.jog(0, 1)
    bench.hold_down(0, 1, 1.0)
    assert not bench.sim.plant.lift.moving
