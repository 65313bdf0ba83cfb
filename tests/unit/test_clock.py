"""Wall time never goes back behind what is on the disk."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from tests.support.values import AT
from towerd.clock import JUMP_S, SETTLED_S, ClockJudge, SystemClock, is_synchronised


def test_the_clock_never_reads_earlier_than_the_last_commit() -> None:
    wall = AT
    clock = SystemClock(None, lambda: wall)
    assert clock.now() == AT
    clock.committed(AT + timedelta(seconds=5))
    clock.committed(AT)
    assert clock.now() == AT + timedelta(seconds=5)
    wall = AT + timedelta(seconds=6)
    assert clock.now() == wall


def test_a_clock_that_went_back_while_the_tower_was_off() -> None:
    assert SystemClock(AT + timedelta(days=1), lambda: AT).now() == AT + timedelta(days=1)


def test_the_machines_own_clocks() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    first_s = clock.mono_s()
    assert clock.mono_s() >= first_s
    assert is_synchronised() in (True, False)


class Bench:
    """A clock that tests set; time passes by `after`."""

    def __init__(self, *, synchronised: bool, trusted: bool = False) -> None:
        self.wall, self.mono, self.synchronised = AT, 100.0, synchronised
        self.confirmed_mono_s: float | None = None
        self.clock = SystemClock(None, lambda: self.wall, lambda: self.mono)
        self.judge = ClockJudge(self.clock, lambda: self.synchronised, trusted=trusted)

    def after(self, seconds: float, set_by_s: float = 0.0) -> bool:
        """Whether the clock is believed after so long, and after somebody has set it."""
        self.mono += seconds
        self.wall += timedelta(seconds=seconds + set_by_s)
        return self.judge.sure(self.confirmed_mono_s)


def test_after_the_start_a_clock_is_believed_once_it_is_synchronised() -> None:
    bench = Bench(synchronised=False)
    assert not bench.after(0)
    assert not bench.after(3600)
    bench.synchronised = True
    assert bench.after(1)
    bench.synchronised = False
    assert not bench.after(1)


@pytest.mark.parametrize("set_by_s", [JUMP_S + 1, -JUMP_S - 1, 86400 * 400, -86400 * 400])
def test_a_clock_that_was_set_is_believed_again_once_it_is_synchronised_since(set_by_s: float) -> None:
    bench = Bench(synchronised=True)
    assert bench.after(5)
    assert not bench.after(1, set_by_s)
    assert not bench.after(SETTLED_S - 1)
    assert bench.after(1)
    assert not bench.after(1, -set_by_s)


@pytest.mark.parametrize("set_by_s", [JUMP_S, -JUMP_S, 0.5])
def test_a_small_step_is_no_jump(set_by_s: float) -> None:
    bench = Bench(synchronised=True)
    assert bench.after(1, set_by_s)


def test_many_small_steps_are_no_jump() -> None:
    bench = Bench(synchronised=True)
    assert all(bench.after(10, 1.0) for _ in range(200))


def test_a_technician_confirms_the_clock_until_it_jumps() -> None:
    bench = Bench(synchronised=False)
    bench.confirmed_mono_s = bench.mono
    assert bench.after(3600)
    assert not bench.after(1, 7200)
    assert not bench.after(3600)
    bench.confirmed_mono_s = bench.mono
    assert bench.after(1)


def test_a_trusted_clock_is_believed_whatever_happens() -> None:
    assert Bench(synchronised=False, trusted=True).after(1, -7200)
