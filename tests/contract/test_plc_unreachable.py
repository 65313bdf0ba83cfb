"""An address at which nobody is, or nobody yet: refused, no route, silence, and connections that take their time."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import pairwise

import pytest

from simulator.config import SimulatorConfig
from simulator.core import Simulator
from simulator.runner import pace
from simulator.server import ModbusServer
from tests.support.fake_plc import FakePlc, FakeTransport, FixedClock, Recorder
from tests.support.plc_bench import CONFIG, Bench
from towerd.fsm.events import PlcLost, PlcObserved
from towerd.plc.config import LinkConfig
from towerd.plc.link import TcpTransport, make_transport
from towerd.plc.registers import blocks
from towerd.plc.session import PlcSession
from towerd.plc.transport import NoReplyError, NotConnectedError

CONNECT_LIMIT_S = 0.5
CTL = blocks()["CTL"].start
STALE_S, BACK_S, PLC_PATIENCE_S = 1.0, 5.0, 1.0


class SlowTransport(FakeTransport):
    """Connections that take `connect_s`; past the limit they fail, as the real one's do. Nobody may connect twice at once."""

    connect_s = 0.0
    connecting = 0

    async def connect(self) -> None:
        assert self.connecting == 0, "two connect at once"
        assert not self.connected
        self.connecting += 1
        try:
            await asyncio.sleep(min(self.connect_s, CONNECT_LIMIT_S))
            if self.connect_s >= CONNECT_LIMIT_S:
                self.connects.append(self.plc.now())
                raise NotConnectedError("no answer")
            await super().connect()
        finally:
            self.connecting -= 1


def slow_bench() -> tuple[Bench, SlowTransport]:
    plc = FakePlc(asyncio.get_running_loop().time)
    transport, inbox = SlowTransport(plc), Recorder()
    return Bench(plc, transport, inbox, PlcSession(inbox, transport, CONFIG, FixedClock())), transport


@pytest.mark.looptime
@pytest.mark.parametrize("out_s", [1.1, 1.7, 2.9, 4.4, 6.0, 7.5, 9.3, 20.0])
async def test_a_black_hole_is_a_loss_within_1_s_and_in_use_5_s_after_its_end(out_s: float) -> None:
    """Whenever the link returns between two tries: one that hangs has to end first."""
    bench, transport = slow_bench()
    loop = asyncio.get_running_loop()
    async with bench.running():
        cut_s = loop.time()
        transport.unreachable, transport.connect_s = True, 60.0
        await bench.inbox.next_of(PlcLost)
        assert loop.time() - cut_s <= STALE_S + 0.01
        await asyncio.sleep(cut_s + out_s - loop.time())
        transport.unreachable, transport.connect_s = False, 0.0
        back_s = loop.time()
        await bench.inbox.next_of(PlcObserved, 10.0)
        assert loop.time() - back_s <= BACK_S
        assert len(bench.inbox.of(PlcLost)) == 1


@pytest.mark.looptime
@pytest.mark.parametrize("connect_s", [0.1, 0.3, 0.45])
async def test_a_slow_connection_keeps_the_session_and_the_heartbeat_in_time(connect_s: float) -> None:
    """A lost reply ends the connection; the next one takes its time, and the PLC hears its heartbeat within its second."""
    bench, transport = slow_bench()
    transport.connect_s = connect_s
    async with bench.running() as snapshot:
        for _ in range(3):
            transport.faults.append(NoReplyError("no reply"))
            await asyncio.sleep(3)
        assert (await bench.observed()).session == snapshot.session
        assert bench.inbox.of(PlcLost) == []
        beats_s = [at_s for at_s, address, _ in bench.plc.writes if address == CTL]
        gaps_s = [later - earlier for earlier, later in pairwise(beats_s)]
        assert max(gaps_s) < connect_s + 0.15 < PLC_PATIENCE_S
        assert len(transport.connects) == 4


@pytest.mark.looptime
async def test_a_command_beside_a_hanging_connection_is_answered_at_once() -> None:
    """Whoever waits for the wire does not hold up whoever asks."""
    bench, transport = slow_bench()
    async with bench.running() as snapshot:
        transport.unreachable, transport.connect_s = True, 60.0
        await bench.inbox.next_of(PlcLost)
        while not transport.connecting:  # noqa: ASYNC110 - a step of virtual time
            await asyncio.sleep(0.01)
        before = len(bench.inbox.posted)
        bench.port.write_mailbox(bench.lift(1, snapshot.session))
        assert len(bench.inbox.posted) == before + 1


@contextmanager
def black_hole(port: int = 0) -> Iterator[tuple[int, socket.socket]]:
    """A port whose queue is full: who connects hears nothing, as from behind a pulled cable."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(0)
    fillers = [socket.socket() for _ in range(4)]
    try:
        for one in fillers:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield listener.getsockname()[1], listener
    finally:
        for one in (*fillers, listener):
            one.close()


@pytest.mark.parametrize(
    ("config", "why"),
    [
        (LinkConfig(host="127.0.0.1", port=9), "127.0.0.1:9: connection refused"),
        (LinkConfig(host="255.255.255.255"), "255.255.255.255:502: network is unreachable"),
        (LinkConfig(serial_port="/dev/no-such-line"), "/dev/no-such-line: no such file or directory"),
    ],
)
async def test_what_the_system_says_is_told(config: LinkConfig, why: str) -> None:
    transport = make_transport(config)
    with pytest.raises(NotConnectedError, match=f"^no connection to {why}$"):
        await transport.connect()
    assert not transport.connected


async def test_a_connection_that_hangs_ends_at_its_limit_and_leaves_nothing_behind() -> None:
    loop = asyncio.get_running_loop()
    with black_hole() as (port, _):
        transport = TcpTransport(LinkConfig(host="127.0.0.1", port=port, timeout_ms=50))
        sockets = open_sockets()
        for _ in range(3):
            began_s = loop.time()
            with pytest.raises(NotConnectedError, match=f"{port}: no answer within 0.25 s"):
                await transport.connect()
            assert 0.2 < loop.time() - began_s < 0.75
            assert not transport.connected
        assert open_sockets() == sockets


def open_sockets() -> int:
    """How many sockets this process holds."""
    links = (f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd"))
    return sum(os.readlink(link).startswith("socket:") for link in links if os.path.lexists(link))


@asynccontextmanager
async def linked(port: int) -> AsyncIterator[Recorder]:
    config = LinkConfig(host="127.0.0.1", port=port)
    inbox = Recorder()
    session = PlcSession(inbox, TcpTransport(config), config, FixedClock())
    task = asyncio.create_task(session.run())
    try:
        yield inbox
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_plc_behind_a_pulled_cable_is_lost_in_1_s_and_back_in_5_s() -> None:
    """In real time, on a real port: the PLC is there, then a black hole is in its place, then the PLC again."""
    simulator, loop = Simulator(SimulatorConfig(homed=True)), asyncio.get_running_loop()
    server = ModbusServer(simulator)
    port = await server.start()
    pacing = asyncio.create_task(pace(simulator))
    try:
        async with linked(port) as inbox:
            await inbox.next_of(PlcObserved)
            await server.stop()
            with black_hole(port):
                cut_s = loop.time()
                lost = await inbox.next_of(PlcLost)
                assert loop.time() - cut_s <= STALE_S + 0.3
                await asyncio.sleep(1.5)
            await server.start(port)
            back_s = loop.time()
            await inbox.next_of(PlcObserved, 10.0)
            assert loop.time() - back_s <= BACK_S
    finally:
        pacing.cancel()
        await asyncio.gather(pacing, return_exceptions=True)
        await server.stop()
    assert lost.reason == f"no good values for 1 s: no connection to 127.0.0.1:{port}: no answer within 0.5 s"
