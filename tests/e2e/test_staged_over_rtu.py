"""A car that is brought forward over Modbus RTU, on a pseudo-terminal and in real time (plc-if.md 1.8; orders-if.md 5.1 `staged`)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from simulator.serial_server import SerialServer
from tests.scenario.running import running
from tests.scenario.tower import Tower, small_tower
from towerd.orders.rules import OrderRules
from towerd.plc.codes import Code
from towerd.plc.config import LinkConfig
from towerd.plc.link import RtuTransport

pytestmark = pytest.mark.e2e

BAUD = 115200
SPEED_UP = 20.0


async def test_a_car_waits_in_the_cabin_before_its_customer_comes() -> None:
    tower = Tower(small_tower(speed_up=SPEED_UP))
    server = SerialServer(tower.simulator, BAUD)
    link = LinkConfig(serial_port=server.open_pty(), baud=BAUD)
    try:
        async with running(tower, (link, RtuTransport(link))) as run:
            now, ahead = tower.clock.now(), timedelta(seconds=OrderRules().stage_ahead_s)
            slot = {"from": _text(now + ahead + timedelta(seconds=2)), "until": _text(now + timedelta(hours=1))}
            await run.ask(slot=slot)
            await run.until_state("staged")
            order = run.daemon.tables.orders["o_91"]
            assert tower.truth()[order.vehicle] == "cabin:1"
            assert (run.outer_opened(), order.slot.from_at > tower.clock.now()) == (0, True)
            forks = run.forks()
            await run.show_face()
            await run.until_state("completed")
            assert [code for code, _place in forks] == [Code.FORK_GET, Code.FORK_PUT]
            assert run.forks() == forks, "it was there already"
            assert run.outer_opened() == 1
    finally:
        server.close()


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
