"""Mains lost, and a generator that carries the tower: cars still come out."""

from __future__ import annotations

import asyncio

import pytest

from tests.scenario.running import Running, running
from tests.scenario.test_fetch import ask_move, until_ended
from tests.scenario.tower import Tower, small_tower
from towerd.plc.codes import Code
from towerd.plc.snapshot import Unit

pytestmark = pytest.mark.looptime


async def lose_mains(run: Running) -> None:
    """Mains go; the machine holds where it is, and nothing moves."""
    run.tower.simulator.fault("mains_lost")
    await run.daemon.until(lambda: run.daemon.engine.view().packml == "held", "the machine is held")
    assert run.daemon.engine.view().stop_reason == "mains lost"
    codes = {one.code for one in run.daemon.engine.view().obstacles}
    assert "PLC-006" in codes, codes


async def take_over(run: Running) -> None:
    """The generator carries the tower, and a technician lets it go on."""
    run.tower.simulator.fault("on_generator")
    await run.daemon.until(
        lambda: 6 not in run.daemon.engine.state.volatile.snapshot.alarms.active, "the alarm is gone"
    )
    await run.packml("unhold")
    await run.daemon.until(lambda: run.daemon.engine.view().can_deliver, "the tower goes on")


async def test_a_visit_goes_on_under_the_generator() -> None:
    async with running(Tower(small_tower(generator=True))) as run:
        await run.ask()
        await run.show_face()

        def lifts() -> bool:
            step = run.daemon.tables.steps.get(Unit.CARRIAGE)
            return step is not None and step.state == "running" and step.code == Code.LIFT_TO

        await run.daemon.until(lifts, "the lift moves")
        await lose_mains(run)
        forks = len(run.forks())
        await asyncio.sleep(10)
        assert len(run.forks()) == forks
        await take_over(run)

        def plays() -> bool:
            run.tower.simulator.press_clear(1)
            if "o_91" in run.daemon.matcher.watching:
                run.daemon.look("o_91")
            return run.state() == "completed" and run.at_rest()

        await run.daemon.until(plays, "the visit is over", 300.0)
        assert len(run.forks()) == len(set(run.forks())) == 2


async def test_a_technician_gets_a_car_out_under_the_generator() -> None:
    async with running(Tower(small_tower(generator=True))) as run:
        await lose_mains(run)
        await take_over(run)
        answer = await ask_move(run, "fetch", "2-3")
        assert answer.ok, answer
        move = await until_ended(run, answer.result["move"])
        assert move.state == "done"
        assert run.tower.truth()["v_0042"] == "gone"
