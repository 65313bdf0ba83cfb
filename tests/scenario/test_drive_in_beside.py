"""Two cabins: while a car is driven into one, whatever stage that has come to, the other serves customers."""

from __future__ import annotations

import asyncio

import pytest

from simulator.config import Actors
from tests.scenario.bringing import Bringing, two_cabins
from tests.scenario.running import Running, running
from tests.scenario.tower import Tower, small_tower
from towerd.plc.codes import Code

pytestmark = pytest.mark.looptime


def opened(run: Running) -> list[str]:
    return [one.unit for one in run.tower.simulator.executed if one.code == Code.OUTER_DOOR and one.args[0] == 1]


async def come_to(back: Bringing, stage: str) -> None:
    """As far as `stage`, and no further."""
    await back.open_door()
    if stage == "waiting":
        return
    back.driver.drive_in(back.car, misplaced=4 if stage == "positioning" else 0)
    if stage == "clearing":
        await back.until("securing")
        assert (await back.secure()).ok
    await back.until(stage)


async def finish(back: Bringing, stage: str) -> None:
    """From there to the car in its bay."""
    if stage == "waiting":
        await back.all_the_rest()
        return
    if stage == "positioning":
        back.driver.correct()
    if stage != "clearing":
        await back.until("securing")
        assert (await back.secure()).ok
    await back.until("clearing")
    back.driver.get_out()
    await asyncio.sleep(0.5)
    back.driver.press()
    await back.stored()


@pytest.mark.parametrize("stage", ["waiting", "positioning", "securing", "clearing"])
async def test_the_other_cabin_serves_a_customer_meanwhile(stage: str) -> None:
    async with running(two_cabins()) as run:
        back = Bringing(run)
        await back.take_one_out()
        await come_to(back, stage)
        before = len(opened(run))
        await run.ask("o_92", customer="c_other")
        await run.show_face("o_92")
        await run.until_state("completed", "o_92")
        assert opened(run)[before:] == [f"CABIN{3 - back.driver.cabin}"]
        assert back.row.state == stage, "whoever drives in is not disturbed"
        await finish(back, stage)


async def test_a_car_is_driven_in_and_stored_while_the_other_door_is_open() -> None:
    """The customer in the other cabin takes a long time to leave."""
    actors = Actors(auto_drive_off=False)
    async with running(Tower(small_tower(cabins=2, actors=actors))) as run:
        back = Bringing(run)
        await run.ask()
        await run.show_face()
        await run.until_state("ready")
        run.tower.simulator.drive_off(back.tables.orders["o_91"].cabin)
        await run.until_state("completed")
        await run.ask("o_92", customer="c_other")
        await run.show_face("o_92")
        await run.until_state("ready", "o_92")
        theirs = back.tables.orders["o_92"].cabin
        back.driver.cabin = 3 - theirs
        await back.open_door()
        await back.all_the_rest()
        assert run.state("o_92") == "ready"
        run.tower.simulator.drive_off(theirs)
        await run.until_state("completed", "o_92")
