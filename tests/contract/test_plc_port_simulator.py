"""The Plc port on the simulator: in process on a virtual clock, and over a real TCP connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import chain, count

import pytest

from simulator.config import SimulatorConfig
from simulator.core import Simulator
from simulator.runner import pace
from simulator.server import ModbusServer
from tests.support.fake_plc import FixedClock, Recorder
from tests.support.sim_transport import SimTransport
from towerd.bays.registers import bay_lock
from towerd.fsm.commands import WriteMailbox, WritePackml
from towerd.fsm.events import PlcLost, PlcObserved, PlcWriteUnanswered
from towerd.plc.config import LinkConfig
from towerd.plc.link import TcpTransport
from towerd.plc.session import PlcSession
from towerd.plc.snapshot import PackmlCommand, PackmlState, Snapshot, Unit
from towerd.plc.transport import Transport


@asynccontextmanager
async def running(simulator: Simulator, transport: Transport) -> AsyncIterator[tuple[PlcSession, Recorder]]:
    inbox, numbers = Recorder(), chain((4711,), count(5000))
    port = PlcSession(inbox, transport, LinkConfig(host="127.0.0.1"), FixedClock(), lambda: next(numbers))
    tasks = [asyncio.create_task(pace(simulator)), asyncio.create_task(port.run())]
    try:
        yield port, inbox
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until_state(inbox: Recorder, state: PackmlState) -> Snapshot:
    async with asyncio.timeout(10):
        while True:
            snapshot = (await inbox.next_of(PlcObserved)).snapshot
            if snapshot.system.packml_state is state:
                return snapshot


async def check_session_commands_and_a_restart(simulator: Simulator, port: PlcSession, inbox: Recorder) -> None:
    first = (await inbox.next_of(PlcObserved)).snapshot
    assert first.session == 4711 == first.system.pc_session_echo
    assert first.identity.simulated
    assert first.system.packml_state is PackmlState.STOPPED
    assert len(first.bay_words) == simulator.config.bay_count
    port.write_packml(WritePackml(PackmlCommand.RESET, 1, first.session))
    await until_state(inbox, PackmlState.IDLE)
    port.write_packml(WritePackml(PackmlCommand.START, 2, first.session))
    assert (await until_state(inbox, PackmlState.EXECUTE)).system.packml_ack_seq == 2
    command = bay_lock(1, 1)
    port.write_mailbox(WriteMailbox(Unit.BAYS, 1, first.session, command.code, command.args, 1, 100))
    async with asyncio.timeout(5):
        while (mailbox := (await inbox.next_of(PlcObserved)).snapshot.mailboxes[Unit.BAYS]).taken_seq != 1:
            pass
    assert mailbox.reject_seq in {0, 1}
    simulator.restart_plc()
    assert (await inbox.next_of(PlcLost)).reason == "PLC restarted"
    again = (await inbox.next_of(PlcObserved)).snapshot
    assert again.session != first.session
    assert again.identity.boot_id != first.identity.boot_id
    assert inbox.of(PlcWriteUnanswered) == []


@pytest.mark.looptime
async def test_in_process_on_a_virtual_clock() -> None:
    simulator = Simulator(SimulatorConfig(homed=True))
    async with running(simulator, SimTransport(simulator)) as (port, inbox):
        await check_session_commands_and_a_restart(simulator, port, inbox)


@pytest.mark.looptime
async def test_the_simulator_counts_the_link_alive_for_as_long_as_it_is_served() -> None:
    simulator = Simulator(SimulatorConfig(homed=True))
    transport = SimTransport(simulator)
    async with running(simulator, transport) as (_, inbox):
        await inbox.next_of(PlcObserved)
        await asyncio.sleep(60)
        assert {event.snapshot.system.link_state for event in inbox.of(PlcObserved)[20:]} == {1}
        transport.plugged = False
        await inbox.next_of(PlcLost)
        await asyncio.sleep(3)
        transport.plugged = True
        assert (await inbox.next_of(PlcObserved, 6.0)).snapshot.session != 4711
        assert len(inbox.of(PlcLost)) == 1


@pytest.mark.looptime
async def test_a_frozen_program_behind_a_live_server_is_a_loss() -> None:
    simulator = Simulator(SimulatorConfig(homed=True))
    async with running(simulator, SimTransport(simulator)) as (_, inbox):
        await inbox.next_of(PlcObserved)
        simulator.frozen = True
        assert "heartbeat" in (await inbox.next_of(PlcLost)).reason
        simulator.frozen = False
        await inbox.next_of(PlcObserved, 10.0)


async def test_over_tcp() -> None:
    simulator = Simulator(SimulatorConfig(homed=True))
    server = ModbusServer(simulator)
    port_number = await server.start()
    try:
        transport = TcpTransport(LinkConfig(host="127.0.0.1", port=port_number))
        async with running(simulator, transport) as (port, inbox):
            await check_session_commands_and_a_restart(simulator, port, inbox)
            await server.stop()
            await inbox.next_of(PlcLost)
            await server.start(port_number)
            await inbox.next_of(PlcObserved, 8.0)
    finally:
        await server.stop()
