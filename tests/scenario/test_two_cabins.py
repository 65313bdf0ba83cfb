"""Two orders at once in two cabins: while one car is handed over, the carriage brings the other."""

from __future__ import annotations

import pytest

from simulator.config import Actors
from tests.scenario.running import Running, running
from tests.scenario.tower import Tower, small_tower
from towerd.plc.codes import Code
from towerd.plc.snapshot import Unit

pytestmark = pytest.mark.looptime

SLOW = Actors(auto_drive_off=True, customer_delay_s=25.0, boarding_s=2.0, driving_s=2.0)


async def two_customers(run: Running) -> None:
    await run.ask("o_1", customer="c_1")
    await run.ask("o_2", customer="c_2")
    await run.show_face("o_1")
    await run.daemon.until(lambda: run.state("o_1") != "accepted", "the first is known")
    await run.show_face("o_2")


def cabin_of(run: Running, order: str) -> int | None:
    number: int | None = run.daemon.tables.orders[order].cabin
    return number


async def test_one_is_handed_over_while_the_other_is_brought() -> None:
    async with running(Tower(small_tower(cabins=2, actors=SLOW))) as run:
        await two_customers(run)
        together = False

        def both_over() -> bool:
            nonlocal together
            carriage = run.daemon.tables.steps.get(Unit.CARRIAGE)
            works = carriage is not None and carriage.open and carriage.code in (Code.LIFT_TO, Code.FORK_GET)
            together = together or (run.state("o_1") == "ready" and works)
            return run.state("o_1") == run.state("o_2") == "completed" and run.at_rest()

        await run.daemon.until(both_over, "both visits are over", 300.0)
        assert together, "the carriage worked while the first door stood open"
        opened = [e.unit for e in run.tower.simulator.executed if e.code == Code.OUTER_DOOR and e.args[0] == 1]
        assert sorted(opened) == ["CABIN1", "CABIN2"]
        assert len(run.forks()) == len(set(run.forks())) == 4
        assert set(run.tower.truth().values()) == {"gone"}


async def test_a_cabin_that_nobody_has_confirmed_does_not_stop_the_other() -> None:
    """Somebody stands in the first cabin all the time; both cars come down in the second, one after the other."""
    async with running(Tower(small_tower(cabins=2))) as run:
        run.tower.simulator.person(1, True)
        await two_customers(run)

        def both_over() -> bool:
            return run.state("o_1") == run.state("o_2") == "completed" and run.at_rest()

        await run.daemon.until(both_over, "both visits are over", 300.0)
        opened = [e.unit for e in run.tower.simulator.executed if e.code == Code.OUTER_DOOR and e.args[0] == 1]
        assert opened == ["CABIN2", "CABIN2"]
        run.tower.simulator.person(1, False)


async def test_a_cabin_that_becomes_unsafe_on_the_way_is_done_without() -> None:
    """The car is on the carriage when somebody steps into its cabin, and stays: it is brought to the other one."""
    async with running(Tower(small_tower(cabins=2))) as run:
        await run.ask("o_1")
        await run.show_face("o_1")
        await run.daemon.until(lambda: "carriage" in run.tower.truth().values(), "the car is on the carriage")
        first = cabin_of(run, "o_1")
        assert first is not None
        run.tower.simulator.person(first, True)
        await run.until_state("completed", "o_1", limit_s=300.0)
        (opened,) = [e.unit for e in run.tower.simulator.executed if e.code == Code.OUTER_DOOR and e.args[0] == 1]
        assert opened == f"CABIN{3 - first}"
        run.tower.simulator.person(first, False)
