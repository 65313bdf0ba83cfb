"""Two cabins: a job that was to bring a car to one is finished by hand in the other. The order goes on there, or ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.scenario.by_hand import MAINTENANCE, Technician
from tests.scenario.running import Running, running
from tests.scenario.tower import Tower, car, small_tower
from towerd.faults import INVENTORY_DISAGREES
from towerd.fsm.events import FaultReset
from towerd.plc.codes import Code

pytestmark = pytest.mark.looptime

NUMBERS = {"v_0042": 42, "v_0007": 7}
BAYS = {"v_0042": "2-3", "v_0007": "1-1"}


async def stopped_on_the_way(run: Running, tech: Technician) -> tuple[int, str, int]:
    """The ordered car is on the carriage and its job held; the job, the car and the cabin where it was to go."""
    await run.ask("o_1", customer="c_1")
    await run.show_face("o_1")
    await run.daemon.until(lambda: "carriage" in run.tower.truth().values(), "the car is on the carriage")
    job = run.daemon.tables.jobs[max(run.daemon.tables.jobs)]
    assert (await tech.job(job.id, "hold")).ok
    await run.daemon.until(run.at_rest, "what ran has ended")
    assert job.target.kind == "cabin"
    return job.id, job.vehicle, job.target.position


async def by_the_fork(run: Running, tech: Technician, vehicle: str, number: int) -> None:
    """With the machine's own fork: the books follow."""
    place = f"cabin:{number}"
    await tech.manual()
    await tech.done("lock", BAYS[vehicle])
    await tech.done("goto", place)
    run.tower.simulator.press_clear(number)
    await asyncio.sleep(0.3)
    await tech.done("inner_door", place, 1)
    await tech.done("put", place)
    await tech.done("inner_door", place, 0)
    assert str(run.daemon.tables.vehicles[vehicle].place) == place


async def with_a_crane(run: Running, tech: Technician, vehicle: str, number: int) -> None:
    """Behind the books: they know nothing of it."""
    await tech.turn_key(MAINTENANCE)
    run.tower.simulator.place_vehicle(car(NUMBERS[vehicle]), f"cabin:{number}")
    await asyncio.sleep(1.0)


async def back_to_auto(run: Running, tech: Technician, number: int) -> None:
    """The cabin is looked into, and what changed is confirmed."""
    await tech.auto()
    run.tower.simulator.press_clear(number)
    if "changes_unconfirmed" in run.daemon.engine.view().why_not:
        assert (await tech.confirm()).ok
    await tech.execute()


async def looked(run: Running, tech: Technician) -> None:
    """A crane leaves its trace: the carriage was found empty. Somebody has looked."""
    for number in list(run.daemon.tables.faults):
        assert number == INVENTORY_DISAGREES
        assert (await tech.ask(lambda reply, number=number: FaultReset(number, "ada", reply))).ok


Brought = Callable[[Running, Technician, str, int], Coroutine[Any, Any, None]]


def opened(run: Running) -> list[str]:
    return [one.unit for one in run.tower.simulator.executed if one.code == Code.OUTER_DOOR and one.args[0] == 1]


@pytest.mark.parametrize("brought", [by_the_fork, with_a_crane])
async def test_the_order_goes_on_in_the_other_cabin(brought: Brought) -> None:
    async with running(Tower(small_tower(cabins=2))) as run:
        tech = Technician(run)
        job, vehicle, wanted = await stopped_on_the_way(run, tech)
        other = 3 - wanted
        await brought(run, tech, vehicle, other)
        assert (await tech.finish(job, f"cabin:{wanted}")).reasons == ("sensors_disagree",)
        assert (await tech.finish(job, f"cabin:{other}")).ok
        assert run.daemon.tables.jobs[job].state == "done"
        await back_to_auto(run, tech, other)
        assert str(run.daemon.tables.vehicles[vehicle].place) == f"cabin:{other}"

        def ready() -> bool:
            if "o_1" in run.daemon.matcher.watching:
                run.daemon.look("o_1")
            return run.state("o_1") == "ready"

        await run.daemon.until(ready, "the door is open for the customer")
        if not run.tower.simulator.plant.booths[other - 1].delivered:
            run.tower.simulator.drive_off(other)
        await run.until_state("completed", "o_1")
        assert opened(run) == [f"CABIN{other}"], "handed over where it was put, and carried nowhere else"
        await looked(run, tech)


@pytest.mark.parametrize("brought", [by_the_fork, with_a_crane])
async def test_a_cancelled_order_has_its_car_put_away_from_there(brought: Brought) -> None:
    async with running(Tower(small_tower(cabins=2))) as run:
        tech = Technician(run)
        job, vehicle, wanted = await stopped_on_the_way(run, tech)
        other = 3 - wanted
        await brought(run, tech, vehicle, other)
        assert (await run.send("cancel", "t_1", sub="c_1", order="o_1")).ok
        assert (await tech.finish(job, f"cabin:{other}")).ok
        await back_to_auto(run, tech, other)

        def stored() -> bool:
            return run.daemon.tables.vehicles[vehicle].place.kind == "bay" and run.at_rest()

        await run.daemon.until(stored, "the car is in a bay", 300.0)
        assert run.state("o_1") == "cancelled"
        assert opened(run) == []
        await looked(run, tech)


async def test_a_second_customer_gets_the_cabin_that_is_left_free() -> None:
    """A second customer waits meanwhile; only the cabin that the first was to have is left free."""
    async with running(Tower(small_tower(cabins=2))) as run:
        tech = Technician(run)
        job, vehicle, wanted = await stopped_on_the_way(run, tech)
        other = 3 - wanted
        await run.ask("o_2", customer="c_2")
        await run.show_face("o_2")
        await by_the_fork(run, tech, vehicle, other)
        assert (await tech.finish(job, f"cabin:{other}")).ok
        await back_to_auto(run, tech, other)

        def over() -> bool:
            for order in ("o_1", "o_2"):
                if order in run.daemon.matcher.watching:
                    run.daemon.look(order)
            for number in (1, 2):
                run.tower.simulator.press_clear(number)
            return run.state("o_1") == run.state("o_2") == "completed" and run.at_rest()

        await run.daemon.until(over, "both have got their cars", 300.0)
        assert opened(run)[0] == f"CABIN{other}"
        assert len(opened(run)) == 2
