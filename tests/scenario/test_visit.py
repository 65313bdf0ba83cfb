"""One visit, from the order to the car that has left."""

from __future__ import annotations

import asyncio

import pytest

from tests.scenario.tower import Tower
from tests.support.memory_journal import MemoryJournal
from towerd.places import OUT

pytestmark = pytest.mark.looptime


async def test_a_face_brings_the_car() -> None:
    tower = Tower()
    journal = MemoryJournal()
    daemon = tower.daemon(journal)
    plant = asyncio.create_task(tower.live())
    daemon.start()
    await daemon.until(lambda: daemon.engine.view().can_deliver, "the tower is ready")
    daemon.import_stock()
    await daemon.until(lambda: bool(daemon.api_answers), "the stock is imported")
    assert daemon.api_answers[0].ok, daemon.api_answers[0]
    daemon.order()
    await daemon.until(lambda: bool(daemon.bus.answers), "the order is answered")
    assert daemon.bus.answers[0].ok, daemon.bus.answers[0].reasons
    await daemon.until(lambda: "o_91" in daemon.matcher.watching, "the face is looked for")
    daemon.look(None)
    daemon.look("o_91")
    await asyncio.sleep(5)
    daemon.look("o_91")
    await daemon.until(lambda: daemon.tables.orders["o_91"].state == "completed", "the order is completed")
    vehicle = daemon.tables.orders["o_91"].vehicle
    assert daemon.tables.vehicles[vehicle].place == OUT
    assert tower.truth()[vehicle] == "gone"
    assert daemon.tables.loans["o_91"].state == "out"
    assert not daemon.tables.faults
    await daemon.kill()
    plant.cancel()
    await asyncio.gather(plant, return_exceptions=True)
