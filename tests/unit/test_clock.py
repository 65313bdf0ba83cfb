"""Wall time never goes back behind what is on the disk."""

from __future__ import annotations

from datetime import UTC, timedelta

from tests.support.values import AT
from towerd.clock import SystemClock, is_synchronised


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
