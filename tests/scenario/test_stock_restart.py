"""Taking stock goes on after a restart: what was read is not read again, what was not is."""

from __future__ import annotations

import pytest

from tests.scenario.running import running
from tests.scenario.test_fetch import audited
from tests.scenario.test_swapped import all_read, take_stock

pytestmark = pytest.mark.looptime


async def test_taking_stock_goes_on_after_a_restart() -> None:
    async with running() as run:
        before = run.daemon
        assert (await take_stock(run)).ok
        await before.until(lambda: len(audited(run, "tag_read")) == 1, "the first tag is read")
        await before.kill()
        run.daemon = run.tower.daemon(run.journal)
        run.daemon.start()
        try:
            await run.daemon.until(lambda: all_read(run), "the rest is read", 300.0)
            assert sorted(one["bay"] for one in audited(run, "tag_read")) == ["bay:1-1", "bay:2-3"]
            assert {move.state for move in run.daemon.tables.moves.values()} == {"done"}
        finally:
            await run.daemon.kill()
