"""Alarms over hours, on the whole tower: shelves end, what nobody acknowledges comes back, people are paged in steps."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.scenario.running import Running, running
from tests.scenario.tower import Tower
from towerd.faults import ALARM_FLOOD, PAGING_FAILED
from towerd.fsm.alarm_events import AlarmAcknowledged, AlarmShelved, PageEnded
from towerd.fsm.alarm_rules import AlarmRules, PageStep
from towerd.fsm.reply import ReplyTo
from towerd.view import AlarmView

pytestmark = pytest.mark.looptime

HOT = "PLC-037"
RULES = AlarmRules(reannounce_s=60.0, steps=(PageStep(0.0, "low"), PageStep(24.0, "low")), page_retry_s=5.0)


def tower(rules: AlarmRules = RULES) -> Tower:
    made = Tower()
    made.core = replace(made.core, alarms=rules)
    return made


def told(run: Running, code: str = HOT) -> list[str]:
    rows = run.journal.outbox(0, 10_000)
    return [row.body["what"] for row in rows if row.topic == "alarm/event" and row.body["code"] == code]


def shown(run: Running, code: str = HOT) -> AlarmView | None:
    return next((one for one in run.daemon.engine.view().alarms if one.code == code), None)


def paged(run: Running, code: str = HOT) -> list[int]:
    return [page.step for page in run.daemon.pages if page.message["code"] == code]


async def do(run: Running, event: Any) -> None:
    answered = len(run.daemon.api_answers)
    run.daemon.queue.post(event)
    await run.daemon.until(lambda: len(run.daemon.api_answers) > answered, "it is answered")
    assert run.daemon.api_answers[-1].ok, run.daemon.api_answers[-1]


async def reborn(run: Running, dark_s: float) -> None:
    """The process dies and starts again over its journal."""
    await run.daemon.kill()
    await asyncio.sleep(dark_s)
    run.daemon = run.tower.daemon(run.journal)
    run.daemon.start()
    await run.daemon.until(lambda: run.daemon.engine.view().plc_good, "the PLC is there")


async def quiet_start(run: Running) -> None:
    """Nothing of the start is left to acknowledge, and the cabinet gets hot."""
    await asyncio.sleep(5)
    await do(run, AlarmAcknowledged("all", "jo", ReplyTo("api", "ack")))
    await run.daemon.until(lambda: not run.daemon.tables.alarms, "no alarm is left")
    run.daemon.pages.clear()
    run.tower.simulator.fault("cabinet_hot")
    await run.daemon.until(lambda: shown(run) is not None, "it is hot", 10.0)


async def cool_down(run: Running) -> None:
    run.tower.simulator.fault("cabinet_hot", False)
    await asyncio.sleep(1)


async def test_a_shelf_ends_by_itself_also_where_nobody_was_at_home_meanwhile() -> None:
    async with running(tower()) as run:
        await quiet_start(run)
        await do(run, AlarmShelved(HOT, 120.0, "the fan is on order", "bo", ReplyTo("api", "shelve")))
        await asyncio.sleep(65)
        view = shown(run)
        assert view is not None
        assert (view.state, view.active, view.silenced_by) == ("shelved", True, "bo")
        assert told(run) == ["raised", "paged", "shelved"], "neither announced nor paged"
        await reborn(run, 5.0)
        await asyncio.sleep(40)
        assert shown(run).state == "shelved"  # type: ignore[union-attr]
        await asyncio.sleep(15)
        assert shown(run).state == "unacked_active"  # type: ignore[union-attr]
        assert told(run)[3:5] == ["unshelved", "paged"], "and people are told again"
        await cool_down(run)


async def test_what_nobody_acknowledges_comes_back_over_restarts_and_reaches_the_last_step_again_and_again() -> None:
    async with running(tower()) as run:
        await quiet_start(run)
        await asyncio.sleep(26)
        assert paged(run) == [0, 1]
        await reborn(run, 10.0)
        await asyncio.sleep(40)
        assert told(run).count("reannounced") == 1
        assert paged(run) == [1], "the last step, again"
        await reborn(run, 80.0)
        await asyncio.sleep(2)
        assert told(run).count("reannounced") == 2, "long overdue: at once"
        await do(run, AlarmAcknowledged(HOT, "jo", ReplyTo("api", "ack")))
        await asyncio.sleep(200)
        assert told(run).count("reannounced") == 2
        assert told(run)[-1] == "acknowledged"
        await cool_down(run)
        assert told(run)[-1] == "cleared"


async def test_paging_that_fails_is_tried_again_and_shown_and_goes_on_when_it_works() -> None:
    async with running(tower()) as run:
        run.daemon.page_fails = "exit code 1"
        await quiet_start(run)
        await run.daemon.until(lambda: PAGING_FAILED in run.daemon.tables.faults, "it is shown", 60.0)
        assert len(paged(run)) == 3
        assert paged(run, "TWR-5003") != [], "it may reach somebody by another step"
        run.daemon.page_fails = None
        await run.daemon.until(lambda: PAGING_FAILED not in run.daemon.tables.faults, "it reaches people", 120.0)
        assert "paged" in told(run)
        await do(run, AlarmAcknowledged("all", "jo", ReplyTo("api", "ack")))
        await cool_down(run)


async def test_a_storm_of_alarms_is_told_as_one_and_pages_for_what_is_grave() -> None:
    rules = replace(RULES, flood_count=4, flood_window_s=120.0, flood_pages_from="high")
    async with running(tower(rules)) as run:
        await quiet_start(run)
        for _ in range(6):
            await cool_down(run)
            run.tower.simulator.fault("cabinet_hot")
            await asyncio.sleep(1)
        assert ALARM_FLOOD in run.daemon.tables.faults
        assert run.daemon.engine.view().alarm_flood
        assert shown(run) is not None, "never from the list"
        assert paged(run, "TWR-5002") == [0]
        seen = len(paged(run))
        await asyncio.sleep(60)
        assert len(paged(run)) == seen, "a hot cabinet is no reason to wake anybody now"
        await run.daemon.until(lambda: ALARM_FLOOD not in run.daemon.tables.faults, "the flood is over", 120.0)
        await run.daemon.until(lambda: len(paged(run)) > seen, "and the cabinet is still hot", 60.0)
        await do(run, AlarmAcknowledged("all", "jo", ReplyTo("api", "ack")))
        await cool_down(run)


async def test_an_end_that_comes_after_the_restart_is_no_surprise() -> None:
    async with running(tower()) as run:
        await quiet_start(run)
        run.daemon.queue.post(PageEnded("4711", False, "too late"))
        await asyncio.sleep(1)
        assert PAGING_FAILED not in run.daemon.tables.faults
        await do(run, AlarmAcknowledged("all", "jo", ReplyTo("api", "ack")))
        await cool_down(run)
