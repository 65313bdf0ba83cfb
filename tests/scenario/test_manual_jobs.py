"""Jobs and places in a technician's hands."""

from __future__ import annotations

import asyncio

import pytest

from tests.scenario.by_hand import Technician
from tests.scenario.running import Running, running
from towerd.places import CARRIAGE
from towerd.plc.codes import Code

pytestmark = pytest.mark.looptime


def moved(run: Running) -> int:
    return sum(e.code not in (Code.SIGNAL, Code.NOP, Code.CANCEL) for e in run.tower.simulator.executed)


async def begun(run: Running) -> int:
    """An order's job is under way, its first lift running; the job's number."""
    await run.ask()
    await run.show_face()
    await run.daemon.until(lambda: bool(run.daemon.tables.jobs), "a job runs")
    return int(max(run.daemon.tables.jobs))


async def to_the_end(run: Running) -> None:
    def plays() -> bool:
        run.tower.simulator.press_clear(1)
        if "o_91" in run.daemon.matcher.watching:
            run.daemon.look("o_91")
        return run.state() == "completed" and run.at_rest()

    await run.daemon.until(plays, "the order is completed", 300)


async def test_a_held_job_gives_no_command_and_goes_on_when_resumed() -> None:
    async with running() as run:
        tech, job = Technician(run), await begun(run)
        assert (await tech.job(job, "hold")).ok
        assert (await tech.job(job, "hold")).reasons == ("job_over",)
        await asyncio.sleep(10)
        seen = moved(run)
        await asyncio.sleep(60)
        assert moved(run) == seen
        assert run.daemon.engine.view().jobs[0].state == "held"
        assert (await tech.job(job, "resume")).ok
        await to_the_end(run)


async def test_step_by_step_in_auto() -> None:
    async with running() as run:
        tech, job = Technician(run), await begun(run)
        assert (await tech.job(job, "hold")).ok
        await asyncio.sleep(20)
        for _ in range(3):
            seen = moved(run)
            assert (await tech.job(job, "step")).ok
            await asyncio.sleep(20)
            assert moved(run) == seen + 1
            assert run.daemon.tables.jobs[job].state == "held"
        assert (await tech.job(job, "resume")).ok
        await to_the_end(run)


async def test_step_by_step_in_manual_to_the_end_of_the_job() -> None:
    async with running() as run:
        tech, job = Technician(run), await begun(run)
        await tech.manual()
        await run.daemon.until(
            lambda: not any(step.open for step in run.daemon.tables.steps.values()), "what ran has ended"
        )
        for _ in range(20):
            run.tower.simulator.press_clear(1)
            answer = await tech.job(job, "step")
            assert answer.ok, answer
            if run.daemon.tables.jobs[job].state == "done":
                break
        assert run.daemon.tables.jobs[job].state == "done"
        await tech.auto()
        await run.daemon.until(lambda: bool(run.daemon.engine.view().hand.changes), "the way by hand is told")
        assert (await tech.confirm()).ok
        await to_the_end(run)


async def test_a_cancelled_job_puts_the_car_back_and_its_order_waits_for_a_word() -> None:
    async with running() as run:
        tech, job = Technician(run), await begun(run)
        await run.daemon.until(
            lambda: any(v.place == CARRIAGE for v in run.daemon.tables.vehicles.values()), "the car is on the carriage"
        )
        assert (await tech.job(job, "cancel")).ok
        await run.daemon.until(
            lambda: run.at_rest() and all(v.place.kind == "bay" for v in run.daemon.tables.vehicles.values()),
            "the car is back in a bay",
        )
        await asyncio.sleep(30)
        assert run.at_rest()
        assert run.state() == "delivering", "the order is not lost, and not begun again by itself"
        back = run.daemon.tables.jobs[max(run.daemon.tables.jobs)]
        assert back.purpose == "put_back"
        assert run.daemon.tables.vehicles[back.vehicle].condition == "reserved"
        assert (await tech.job(job, "resume")).ok
        await to_the_end(run)


async def test_a_job_declared_finished_where_the_car_stands() -> None:
    async with running() as run:
        tech, job = Technician(run), await begun(run)
        await run.daemon.until(
            lambda: any(v.place == CARRIAGE for v in run.daemon.tables.vehicles.values()), "the car is on the carriage"
        )
        assert (await tech.finish(job, "carriage")).reasons[0] in ("moving", "job_runs")
        assert (await tech.job(job, "hold")).ok
        await run.daemon.until(
            lambda: not any(step.open for step in run.daemon.tables.steps.values()), "what ran has ended"
        )
        assert (await tech.finish(job, "3-1")).reasons == ("sensors_disagree",)
        assert (await tech.finish(job, "9-9")).reasons == ("no_place",)
        assert (await tech.finish(job, "carriage")).ok
        assert run.daemon.tables.jobs[job].state == "done"
        await to_the_end(run)


async def test_a_bay_that_a_technician_disabled_is_left_alone() -> None:
    async with running() as run:
        tech = Technician(run)
        await run.ask()
        for place in ("2-3", "1-1"):
            assert (await tech.disable(place)).ok
        await run.show_face()
        await asyncio.sleep(60)
        assert moved(run) == 1, "homed, and nothing fetched"
        shown = {row.place: row for row in run.daemon.engine.view().places}
        assert shown["2-3"].disabled
        assert not shown["2-3"].plc_disabled
        for place in ("2-3", "1-1"):
            assert (await tech.disable(place, False)).ok
        await to_the_end(run)


async def test_places_are_set_by_hand_as_seen() -> None:
    async with running() as run:
        tech = Technician(run)
        await asyncio.sleep(20)
        await run.daemon.until(run.at_rest, "homing is over")
        assert (await tech.set_place("2-3", None)).reasons == ("sensors_disagree",)
        assert (await tech.set_place("2-3", "v_9999")).reasons == ("no_such_vehicle",)
        assert (await tech.set_place("9-9", None)).reasons == ("no_place",)
        # somebody finds that the two cars have changed places in the books
        assert (await tech.set_place("2-3", "v_0007")).ok
        assert str(run.daemon.tables.vehicles["v_0042"].place) == "unknown"
        assert (await tech.set_place("1-1", "v_0042")).ok
        assert (await tech.set_place("2-3", "v_0042")).ok
        assert (await tech.set_place("1-1", "v_0007")).ok
        run.daemon.tables.faults.clear()
