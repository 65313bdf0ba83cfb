"""A customer thinks again: until the outer door opens the order ends and the car goes back by itself (orders-if.md 3.4)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from simulator.config import Kinematics
from tests.scenario.running import BEFORE_THE_DOOR, Running, running
from tests.scenario.tower import Tower, small_tower
from towerd.orders.rules import OrderRules
from towerd.plc.codes import Code
from towerd.plc.snapshot import Unit

pytestmark = pytest.mark.looptime


def works_on(run: Running, code: Code, unit: Unit = Unit.CARRIAGE) -> Callable[[], bool]:
    def looks() -> bool:
        step = run.daemon.tables.steps.get(unit)
        return step is not None and step.open and step.code == code

    return looks


async def cancelled(run: Running) -> None:
    answer = await run.send("cancel", "x_1", order="o_91", sub="c_7Hq2", reason="changed_mind")
    assert answer.ok, answer.reasons
    assert run.state() == "cancelled"


async def test_who_orders_a_car_that_is_on_its_way_back_is_served() -> None:
    async with running() as run:
        await run.ask(vehicle={"id": "v_0042"})
        await run.show_face()
        await run.daemon.until(works_on(run, Code.INNER_DOOR, Unit.CABIN1), "the car is before its cabin")
        await cancelled(run)
        await run.daemon.until(works_on(run, Code.LIFT_TO), "the car is on its way back")
        [offer] = [one for one in run.daemon.engine.view().offers if one.vehicle.id == "v_0042"]
        assert (offer.vehicle.condition, offer.orderable_from_at) == ("moving", None)
        await run.ask("o_92", customer="c_9", vehicle={"id": "v_0042"})
        await run.show_face("o_92")
        await run.until_state("completed", "o_92")


async def car_is_back(run: Running) -> None:
    """The car stands in a bay again, and the PLC had to refuse nothing on the way: no command crossed another (plc-if.md 5)."""

    def back() -> bool:
        vehicle = run.daemon.tables.vehicles["v_0042"]
        return vehicle.place.kind == "bay" and vehicle.condition == "available" and run.at_rest()

    def clear() -> bool:
        # whoever next looks sees that nobody is in there (plc-if.md 5.8)
        run.tower.simulator.press_clear(1)
        return back()

    await run.daemon.until(clear, "the car is back in a bay")
    shown = run.daemon.engine.state.volatile.snapshot
    assert shown is not None
    assert {unit: box.reject_code for unit, box in shown.mailboxes.items()} == dict.fromkeys(shown.mailboxes, 0)


@pytest.mark.parametrize(("unit", "code"), BEFORE_THE_DOOR)
async def test_on_its_way(unit: Unit, code: Code) -> None:
    # doors and locks so slow that whatever comes next would meet them under way
    tower = Tower(small_tower(kinematics=replace(Kinematics(), lock_s=8.0, inner_door_s=12.0)))
    async with running(tower) as run:
        await run.ask(vehicle={"id": "v_0042"})
        await run.show_face()
        await run.daemon.until(works_on(run, code, unit), f"{unit} works on {code.name}")
        await cancelled(run)
        await car_is_back(run)
        assert run.outer_opened() == 0


async def staged(run: Running) -> None:
    """The car waits in the cabin: the decision has aged out while the tower was held on the way."""
    await run.ask()
    await run.show_face()
    await run.daemon.until(works_on(run, Code.LIFT_TO), "the car is under way")
    await run.packml("hold")
    await asyncio.sleep(301)
    await run.packml("unhold")
    await run.until_state("staged")


async def test_when_staged() -> None:
    async with running() as run:
        await staged(run)
        await cancelled(run)
        await car_is_back(run)
        assert run.outer_opened() == 0
        # and it can be ordered again
        await run.ask("o_92", vehicle={"id": "v_0042"})
        assert run.daemon.tables.orders["o_92"].vehicle == "v_0042"


async def test_a_decision_that_ages_out_is_made_again_at_the_gate() -> None:
    async with running() as run:
        await staged(run)
        assert run.outer_opened() == 0
        await asyncio.sleep(20)
        assert run.outer_opened() == 0, "presence is never enough"
        await run.show_face()
        await run.until_state("completed")
        assert run.outer_opened() == 1


async def test_while_the_outer_door_opens_it_is_too_late() -> None:
    async with running() as run:
        await run.ask(vehicle={"id": "v_0042"})
        await run.show_face()
        await run.daemon.until(works_on(run, Code.OUTER_DOOR, Unit.CABIN1), "the outer door opens")
        answer = await run.send("cancel", "x_1", order="o_91", sub="c_7Hq2", reason="changed_mind")
        assert answer.reasons == ("too_late",)
        await run.until_state("completed")


async def test_who_does_not_come_back_gives_the_cabin_free() -> None:
    tower = Tower()
    tower.core = replace(tower.core, rules=OrderRules(walk_in_s=340.0))
    async with running(tower) as run:
        await staged(run)
        await run.until_state("no_show")
        await car_is_back(run)
        assert run.outer_opened() == 0
