"""A program that leaves out scans in which nothing can happen shows what one shows that works in each."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.cars import Car
from tests.unit.simulator_bench import ABORT, CLEAR, HELD, HOLD, STOP, UNHOLD, Bench

C, B, K = "CARRIAGE", "BAYS", "CABIN1"
LIFT_TO, FORK_PUT, UNLOCK, CANCEL, INNER_DOOR, OUTER_DOOR = 1, 3, 10, 90, 20, 21


class Seen(Bench):
    """Notes all that the PLC shows, every 100 ms; `awake` is not let sleep."""

    def __init__(self, *, awake: bool) -> None:
        self.awake = awake
        self.seen: list[list[int]] = []
        self.scans = self.worked = 0
        super().__init__(("bay:1-1", Car(5)))

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            if self.beating:
                self.beat()
            for _scan in range(5):
                if self.awake:
                    self.sim.plant.touch()
                self.sim.step(0.02)
                self.scans += 1
                self.worked += not self.sim.plc.asleep
            self.seen.append(list(self.sim.image.words))


def _moves(bench: Seen) -> None:
    seq = bench.send(C, LIFT_TO, 3, 4)
    bench.run(3)
    bench.packml(HOLD, settle_s=20)
    assert (bench.state, bench.status(C).state) == (HELD, 6)
    bench.packml(UNHOLD)
    assert bench.wait(C, seq) == (3, 0)


def _locks(bench: Seen) -> None:
    bench.done(C, LIFT_TO, 1, 1)
    seq = bench.send(B, UNLOCK, 1, 1)
    bench.run(0.3)
    bench.packml(HOLD, settle_s=5)
    bench.packml(UNHOLD)
    assert bench.wait(B, seq) == (3, 0)


def _is_cancelled_while_it_waits(bench: Seen) -> None:
    seq = bench.send(C, LIFT_TO, 3, 4)
    bench.run(3)
    bench.packml(HOLD, settle_s=5)
    bench.send(C, CANCEL, seq)
    assert bench.wait(C, seq) == (5, 0)


def _waits_for_somebody_to_leave_the_cabin(bench: Seen) -> None:
    bench.to_cabin_with(1, 1)
    seq = bench.send(C, FORK_PUT, 0, 1, bench.epoch())
    bench.run(4)
    bench.packml(HOLD, settle_s=5)
    bench.sim.motion(1, present=True)
    bench.run(5)
    bench.sim.motion(1, present=False)
    bench.sim.press_clear(1)
    bench.run(0.1)
    bench.packml(UNHOLD)
    assert bench.wait(C, seq) == (3, 0)


def _reopens_a_door_in_held(bench: Seen) -> None:
    bench.to_cabin_with(1, 1)
    seq = bench.send(K, INNER_DOOR, 0)
    bench.run(1.5)
    bench.packml(HOLD, settle_s=5)
    assert bench.status(K).state == 6
    bench.sim.fault("doorway_blocked", cabin=1)
    assert bench.wait(K, seq) == (4, 1)


def _loses_the_link_and_is_stopped(bench: Seen) -> None:
    seq = bench.send(C, LIFT_TO, 3, 4)
    bench.run(3)
    bench.beating = False
    bench.run(8)
    assert bench.state == HELD
    bench.beating = True
    bench.run(2)
    bench.packml(STOP, settle_s=3)
    assert bench.status(C).last_seq == seq


def _is_aborted_while_it_waits(bench: Seen) -> None:
    bench.done(K, OUTER_DOOR, 1, bench.epoch())
    bench.send(K, OUTER_DOOR, 0)
    bench.run(1)
    bench.packml(HOLD, settle_s=5)
    bench.packml(ABORT, settle_s=5)
    bench.packml(CLEAR, settle_s=5)


@pytest.mark.parametrize(
    "story",
    [
        _moves,
        _locks,
        _is_cancelled_while_it_waits,
        _waits_for_somebody_to_leave_the_cabin,
        _reopens_a_door_in_held,
        _loses_the_link_and_is_stopped,
        _is_aborted_while_it_waits,
    ],
)
def test_it_shows_the_same(story: Callable[[Seen], None]) -> None:
    asleep, awake = Seen(awake=False), Seen(awake=True)
    for bench in (asleep, awake):
        bench.execute()
        story(bench)
        bench.run(30)
    assert asleep.seen == awake.seen
    assert asleep.sim.executed == awake.sim.executed


def test_a_command_that_is_held_is_no_work() -> None:
    bench = Seen(awake=False)
    bench.execute()
    bench.send(C, LIFT_TO, 3, 4)
    bench.run(3)
    bench.packml(HOLD, settle_s=5)
    scans, worked = bench.scans, bench.worked
    bench.run(10)
    assert bench.scans - scans == 500
    assert bench.worked == worked
