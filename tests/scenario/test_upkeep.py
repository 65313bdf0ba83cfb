"""A visit leaves its traces in the wear of every device it worked, at the times that the mechanics need."""

from __future__ import annotations

import asyncio

import pytest

from tests.scenario.director import Director, finished
from tests.scenario.tower import Tower, small_tower
from tests.support.memory_journal import MemoryJournal

pytestmark = pytest.mark.looptime


async def test_a_visit_is_counted_and_timed_close_to_the_mechanical_minimum() -> None:
    tower = Tower(config=small_tower(speed_up=1.0))
    daemon = tower.daemon(MemoryJournal())
    plant = asyncio.create_task(tower.live())
    daemon.start()
    play = asyncio.create_task(Director().play(daemon))
    await daemon.until(lambda: finished(daemon), "the visit is over", 400.0)
    wear = daemon.tables.wear
    place = next(job.source for job in daemon.tables.jobs.values())
    lock = f"lock {place.floor}-{place.position}"
    assert set(wear) == {"lift", "turntable", "fork", lock, "inner_door 1", "outer_door 1"}
    assert {name: row.commands for name, row in wear.items() if row.commands} == {
        "fork": 2,
        lock: 2,
        "inner_door 1": 2,
        "outer_door 1": 2,
    }
    assert {name: row.samples for name, row in wear.items() if name in ("lift", "fork")} == {"lift": 2, "fork": 2}
    for row in wear.values():
        # what polling adds is a good tenth of a second to a command; a lock needs but one second
        assert row.samples == 0 or 0.97 <= row.recent_ratio <= 1.35, row
    assert [view.device for view in daemon.engine.view().devices] == sorted(daemon.tables.wear)
    await daemon.kill()
    play.cancel()
    plant.cancel()
    await asyncio.gather(play, plant, return_exceptions=True)
