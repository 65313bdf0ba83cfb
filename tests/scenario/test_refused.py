"""Of a refused order nothing stays but the answer, and the history without it still makes the same tables."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.scenario.tower import Tower
from towerd.fsm.reducer import step
from towerd.journal.replay import replay
from towerd.journal.sqlite import SqliteJournal

pytestmark = pytest.mark.looptime
NOBODY = {"make": "Nobody", "model": "None", "colour": "grey"}


async def test_a_refused_orders_claims_are_nowhere_on_the_disk(tmp_path: Path) -> None:
    tower = Tower()
    journal = SqliteJournal(tmp_path / "journal.db")
    daemon = tower.daemon(journal)
    plant = asyncio.create_task(tower.live())
    daemon.start()
    await daemon.until(lambda: daemon.engine.state.volatile.snapshot is not None, "the machine is seen")
    daemon.order("o_refused", "c_nobodys_business", vehicle=NOBODY)
    await daemon.until(lambda: bool(daemon.bus.answers), "the order is answered")
    assert not daemon.bus.answers[0].ok
    assert daemon.bus.answers[0].reasons == ("no_such_vehicle",)
    daemon.order("o_refused", "c_nobodys_business", vehicle=NOBODY)
    await daemon.until(lambda: len(daemon.bus.answers) == 2, "the same gets the same answer")
    assert daemon.bus.answers[1].reasons == daemon.bus.answers[0].reasons
    await daemon.kill()
    plant.cancel()
    await asyncio.gather(plant, return_exceptions=True)
    base, history = journal.history()
    assert replay(base, history, lambda state, stamped: step(state, stamped, tower.core)) == journal.load()
    journal.close()
    held = b"".join(path.read_bytes() for path in await asyncio.to_thread(lambda: sorted(tmp_path.iterdir())))
    assert b"c_nobodys_business" not in held
    assert "OrderRequested" not in {type(recorded.stamped.event).__name__ for recorded in history}
