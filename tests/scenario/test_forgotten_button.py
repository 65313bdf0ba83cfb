"""People walk away without pressing the button: told, paged, asked of the next visitor; the other cabin goes on working."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.scenario.bringing import Bringing, two_cabins
from tests.scenario.running import running
from tests.scenario.tower import Tower
from towerd.cabin.model import Signal
from towerd.faults import CABIN_UNATTENDED
from towerd.places import bay

pytestmark = pytest.mark.looptime

STOCK = ((bay(2, 3), 42), (bay(1, 1), 7))


def quickly_paged(page_s: float = 30.0) -> Tower:
    """Where something is left undone, people are told soon."""
    tower = two_cabins()
    tower.core = replace(tower.core, intake=replace(tower.core.intake, page_s=page_s))
    return tower


async def test_the_forgotten_button() -> None:
    async with running(quickly_paged(120.0)) as run:
        back = Bringing(run)
        await back.take_one_out()
        await back.open_door()
        await back.leave_it_secured()
        await back.daemon.until(lambda: back.owes("button"), "the button is owed")
        # told at once: by the sign, on the screens, to the operator far away
        await asyncio.sleep(0.5)
        assert back.sign() == Signal.LEAVE_CABIN
        view = back.daemon.engine.view()
        assert [(one.cabin, one.what) for one in view.owing] == [(1, "button")]
        assert "press the button" in view.owing[0].please
        assert (view.activity.what, view.activity.step) == ("driving_in", "cabin 1: button owed")
        assert CABIN_UNATTENDED not in back.tables.faults
        # the other cabin serves the next customer meanwhile
        run_before = len(run.forks())
        await run.ask("o_92", customer="c_other")
        await run.show_face("o_92")
        await run.until_state("completed", "o_92")
        assert run.forks()[run_before:][-1][1] == (0, 2)
        assert back.owes("button")
        # people are paged after a time, once
        await back.daemon.until(lambda: CABIN_UNATTENDED in back.tables.faults, "paged", 200)
        page_s = run.tower.core.intake.page_s
        assert back.owing is not None
        assert page_s <= (run.tower.clock.now() - back.owing.since_at).total_seconds() < page_s + 2
        # whoever comes next, to whichever cabin, is asked to look and press
        answer = await back.request(number="0000", staff=True)
        assert not answer.ok
        second = await back.request(number=back.tables.loans["o_92"].number, cabin=2)
        assert second.ok
        assert second.result["please"] == [view.owing[0].please]
        back.driver.press()
        await back.stored()
        assert CABIN_UNATTENDED not in back.tables.faults
        assert page_s < back.row.lost_s < page_s + 30
        assert back.tables.meta.button_lost_s == back.row.lost_s


async def test_the_next_visitor_walks_in_to_look() -> None:
    async with running(quickly_paged()) as run:
        back = Bringing(run)
        await back.take_one_out()
        await back.open_door()
        await back.leave_it_secured()
        await back.daemon.until(lambda: bool(back.owing and back.owing.paged), "paged")
        back.driver.come_back()
        await back.daemon.until(lambda: back.owing is None, "somebody is at it")
        assert CABIN_UNATTENDED not in back.tables.faults
        await back.nothing_moves()
        back.driver.get_out()
        back.driver.press()
        await back.stored()


@pytest.mark.parametrize("owed", ["answer", "vehicle", "position"])
async def test_what_else_is_left_undone_is_paged_too(owed: str) -> None:
    async with running(quickly_paged()) as run:
        back = Bringing(run)
        await back.take_one_out()
        await back.open_door()
        back.driver.drive_in(back.car, misplaced=4 if owed == "position" else 0)
        await back.until("positioning" if owed == "position" else "securing")
        if owed == "vehicle":
            await back.cancel()
        back.driver.get_out()
        await back.daemon.until(lambda: bool(back.owing and back.owing.paged), "paged")
        assert back.owes(owed)
        assert back.row.lost_s == 0.0
        await back.nothing_moves()
        back.drive_out()
        assert CABIN_UNATTENDED in back.tables.faults
        await back.daemon.until(lambda: CABIN_UNATTENDED not in back.tables.faults, "nothing is owed any more")


async def test_a_car_that_was_taken_in_keeps_nobody_waiting() -> None:
    async with running(two_cabins()) as run:
        back = Bringing(run)
        await back.take_one_out()
        await back.open_door()
        await back.leave_it_secured()
        back.driver.press()
        await back.until("storing")
        # the PLC forgets that somebody has looked, before the fork has come
        run.tower.simulator.restart_plc()
        await back.daemon.until(lambda: back.owes("button"), "the button is owed again")
        await run.ask("o_92", customer="c_other")
        await run.show_face("o_92")
        await run.until_state("completed", "o_92")
        assert run.forks()[-1][1] == (0, 2)
        assert back.owes("button")
        assert back.row.state == "storing"
        back.driver.press()
        await back.stored()


async def test_a_fork_that_a_plc_restart_leaves_in_the_cabin_waits_for_the_button() -> None:
    """The cabin shows empty then, and the PLC lets the fork in only once somebody has looked (plc-if.md 4.7, 5.8)."""
    async with running(quickly_paged()) as run:
        back = Bringing(run)
        await back.take_one_out()
        await back.open_door()
        await back.leave_it_secured()
        back.driver.press()
        plant = run.tower.simulator.plant
        await back.daemon.until(lambda: plant.carriage_car is not None and not plant.fork_centred, "the fork has it")
        run.tower.simulator.restart_plc(keep_reference=True)
        await back.daemon.until(lambda: back.owes("button"), "the button is owed")
        what = next(
            f"job {job.id}: {job.vehicle} to {job.target}" for job in back.tables.jobs.values() if job.ended_at is None
        )

        def waits() -> list[tuple[str, str]]:
            return [(row.code, row.what) for row in back.daemon.engine.view().waiting]

        await back.daemon.until(lambda: ("cabin_not_clear", what) in waits(), "the job says what it waits for")
        await back.daemon.until(lambda: CABIN_UNATTENDED in back.tables.faults, "paged", 200)
        assert not plant.fork_centred
        back.driver.press()
        await back.stored()
        assert CABIN_UNATTENDED not in back.tables.faults
