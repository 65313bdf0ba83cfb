"""The Plc port on a fake PLC, ready to run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import chain, count

from tests.support.fake_plc import FakePlc, FakeTransport, FixedClock, Recorder
from towerd.fsm.commands import WriteMailbox
from towerd.fsm.events import PlcObserved
from towerd.plc.codes import Code
from towerd.plc.config import LinkConfig
from towerd.plc.session import PlcSession
from towerd.plc.snapshot import Snapshot, Unit

CONFIG = LinkConfig(host="127.0.0.1")


@dataclass
class Bench:
    plc: FakePlc
    transport: FakeTransport
    inbox: Recorder
    port: PlcSession

    async def observed(self) -> Snapshot:
        return (await self.inbox.next_of(PlcObserved)).snapshot

    def lift(self, seq: int, session: int) -> WriteMailbox:
        return WriteMailbox(Unit.CARRIAGE, seq, session, Code.LIFT_TO, (2, 3, 0, 0), 77, 600)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Snapshot]:
        task = asyncio.create_task(self.port.run())
        try:
            yield await self.observed()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def make(config: LinkConfig = CONFIG, draws: tuple[int, ...] = (0, 4711, 4712, 4713)) -> Bench:
    plc = FakePlc(asyncio.get_running_loop().time)
    transport, inbox = FakeTransport(plc), Recorder()
    numbers = chain(draws, count(5000))
    return Bench(plc, transport, inbox, PlcSession(inbox, transport, config, FixedClock(), lambda: next(numbers)))
