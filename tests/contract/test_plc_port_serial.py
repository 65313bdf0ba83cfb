"""The Plc port over a serial line that carries 19,200 and 115,200 baud, to the simulator's own RTU server. Real time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count

import pytest

from simulator.config import SimulatorConfig
from simulator.core import Simulator
from simulator.runner import pace
from simulator.serial_server import SerialServer
from tests.contract.test_plc_port_simulator import check_session_commands_and_a_restart
from tests.support.fake_plc import FixedClock, Recorder
from tests.support.rtu_watch import BadLine, WatchedTransport, without_heartbeat
from tests.support.serial_line import Line, serial_line
from towerd.fsm.events import PlcLost, PlcObserved
from towerd.plc.config import LinkConfig
from towerd.plc.session import PlcSession

pytestmark = [pytest.mark.e2e, pytest.mark.line]

BEAT_LIMIT_S = 0.3
CYCLE_LIMIT_S = 0.3


@dataclass
class Rig:
    simulator: Simulator
    transport: WatchedTransport
    line: Line
    port: PlcSession
    inbox: Recorder


@asynccontextmanager
async def rig(baud: int, **config: int) -> AsyncIterator[Rig]:
    simulator = Simulator(SimulatorConfig(homed=True, cabins=2))
    async with serial_line(baud) as line:
        server = SerialServer(simulator, baud)
        server.open(line.plc)
        link = LinkConfig(serial_port=line.pc, baud=baud, **config)
        inbox, numbers, transport = Recorder(), count(4711), WatchedTransport(link)
        port = PlcSession(inbox, transport, link, FixedClock(), lambda: next(numbers))
        tasks = [asyncio.create_task(pace(simulator)), asyncio.create_task(port.run())]
        try:
            yield Rig(simulator, transport, line, port, inbox)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            server.close()


@pytest.mark.parametrize("baud", [19200, 115200])
async def test_a_session_commands_and_a_restart(baud: int) -> None:
    async with rig(baud) as made:
        await check_session_commands_and_a_restart(made.simulator, made.port, made.inbox)


@pytest.mark.parametrize("max_registers", [48, 100])
async def test_the_heartbeat_is_never_late_at_19200_baud(max_registers: int) -> None:
    async with rig(19200, max_registers=max_registers) as made:
        await made.inbox.next_of(PlcObserved)
        for bay in range(12):  # BAY and ALM are read while this goes on
            made.simulator.fault("bay_disabled", bay=f"{1 + bay // 6}-{1 + bay % 6}")
            await made.inbox.next_of(PlcObserved)
        assert without_heartbeat(made.line, made.transport, made.inbox.times_of(PlcLost)) <= BEAT_LIMIT_S
        assert made.inbox.of(PlcLost) == []


async def test_on_a_bad_line_the_heartbeat_is_late_by_the_silences_only_and_no_value_is_wrong() -> None:
    async with rig(19200) as made:
        await made.inbox.next_of(PlcObserved)
        bad = BadLine(made.line, share=0.03, seed=8)
        await asyncio.sleep(25)
        assert bad.spoiled >= 5
        assert made.transport.lost_s
        assert without_heartbeat(made.line, made.transport, made.inbox.times_of(PlcLost)) <= BEAT_LIMIT_S
        observed = [event.snapshot for event in made.inbox.of(PlcObserved)]
        assert len({snapshot.bay_words for snapshot in observed}) == 1
        assert {snapshot.identity.boot_id for snapshot in observed} == {observed[0].identity.boot_id}
        assert {snapshot.lift for snapshot in observed} == {observed[0].lift}


async def test_a_line_that_is_pulled_is_a_loss_within_a_second_and_back_within_five() -> None:
    async with rig(19200) as made:
        await made.inbox.next_of(PlcObserved)
        loop = asyncio.get_running_loop()
        pulled_s = loop.time()
        made.line.pull()
        await made.inbox.next_of(PlcLost)
        assert loop.time() - pulled_s <= 1.1
        await asyncio.sleep(3)
        made.line.plug()
        plugged_s = loop.time()
        await made.inbox.next_of(PlcObserved, 6.0)
        assert loop.time() - plugged_s <= 5.0


async def test_a_fast_cycle_needs_less_than_300_ms_on_the_wire_at_19200_baud() -> None:
    """What the line itself takes; bench_rtu measures what comes to it."""
    async with rig(19200) as made:
        await made.inbox.next_of(PlcObserved)
        await asyncio.sleep(1)
        cycles = len(made.inbox.of(PlcObserved))
        made.line.requests.sent.clear()
        made.line.replies.sent.clear()
        while len(made.inbox.of(PlcObserved)) < cycles + 10:
            await made.inbox.next_of(PlcObserved)
        assert made.line.wire_s() / 10 <= CYCLE_LIMIT_S
