"""A tower that runs: plant and daemon started, stock imported, and at the end everything stopped and compared."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from simulator.runner import pace
from tests.scenario.tower import Daemon, Tower
from tests.support.memory_journal import MemoryJournal
from tests.support.orders_kit import claims
from towerd.fsm import events as ev
from towerd.fsm.reply import ReplyTo
from towerd.places import OUT
from towerd.plc.codes import Code
from towerd.plc.config import LinkConfig
from towerd.plc.snapshot import Unit
from towerd.plc.transport import Transport

QUIET = (Code.SIGNAL, Code.NOP, Code.CANCEL)
MOVING = (Code.FORK_GET, Code.FORK_PUT)
BEFORE_THE_DOOR = (
    (Unit.BAYS, Code.BAY_UNLOCK),
    (Unit.CARRIAGE, Code.FORK_GET),
    (Unit.BAYS, Code.BAY_LOCK),
    (Unit.CARRIAGE, Code.LIFT_TO),
    (Unit.CABIN1, Code.INNER_DOOR),
    (Unit.CARRIAGE, Code.FORK_PUT),
)
"""Every command of a delivery, before the outer door opens."""


@dataclass
class Running:
    """One life of the daemon beside its plant."""

    tower: Tower
    daemon: Daemon
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    strangers: set[str] = field(default_factory=set)

    def state(self, order: str = "o_91") -> str:
        """The state of an order, or `none`."""
        row = self.daemon.tables.orders.get(order)
        return "none" if row is None else str(row.state)

    async def until_state(self, state: str, order: str = "o_91", limit_s: float = 120.0) -> None:
        await self.daemon.until(lambda: self.state(order) == state, f"{order} is {state}", limit_s)

    async def ask(self, order: str = "o_91", **changes: Any) -> None:
        """Order a car and wait for the answer, which is yes."""
        answered = len(self.daemon.bus.answers)
        self.daemon.order(order, **changes)
        await self.daemon.until(lambda: len(self.daemon.bus.answers) > answered, "the order is answered")
        assert self.daemon.bus.answers[-1].ok, self.daemon.bus.answers[-1].reasons

    async def show_face(self, order: str = "o_91") -> None:
        await self.daemon.until(lambda: order in self.daemon.matcher.watching, "the face is looked for")
        self.daemon.look(order)

    async def send(self, kind: str, jti: str, **changes: Any) -> Any:
        """A token about something; its answer."""
        now = self.tower.clock.now()
        now_s, answered = int(now.timestamp()), len(self.daemon.bus.answers)
        raw = claims(kind, **{"jti": jti, "iat": now_s, "exp": now_s + 3600, **changes})
        reply = ReplyTo("mqtt", "rsp/shop", "", f"r_{jti}")
        self.daemon.queue.post(ev.OrderRequested(kind, raw, f"sha-{jti}", reply))
        await self.daemon.until(lambda: len(self.daemon.bus.answers) > answered, f"{kind} is answered")
        return self.daemon.bus.answers[-1]

    async def packml(self, command: str, by: str = "technician") -> None:
        """A technician asks; the PLC has answered before this returns."""
        answered = len(self.daemon.api_answers)
        self.daemon.queue.post(ev.PackmlRequested(command, by, ReplyTo("api", command)))
        await self.daemon.until(lambda: len(self.daemon.api_answers) > answered, f"{command} is answered")
        assert self.daemon.api_answers[-1].ok, self.daemon.api_answers[-1]
        await self.daemon.until(lambda: self.daemon.engine.state.volatile.packml is None, f"the PLC took {command}")
        assert self.daemon.engine.state.volatile.packml_refusal is None

    def at_rest(self) -> bool:
        """Nothing runs, nothing is under way."""
        tables = self.daemon.tables
        jobs = any(job.state == "running" for job in tables.jobs.values())
        return not jobs and "FORK" not in tables.steps and not any(step.open for step in tables.steps.values())

    def forks(self) -> list[tuple[int, tuple[int, ...]]]:
        """Every movement of a car that the PLC really carried out."""
        return [(e.code, tuple(e.args[:2])) for e in self.tower.simulator.executed if e.code in MOVING]

    def outer_opened(self) -> int:
        """How often an outer door was opened by command."""
        return sum(e.code == Code.OUTER_DOOR and e.args[0] == 1 for e in self.tower.simulator.executed)

    def check(self) -> None:
        """Inventory equals truth, nothing was done twice, no fault stands, nothing collided."""
        tables = self.daemon.tables
        remembered = {
            f"v_{row.record.tag - 3054420000:04d}": "gone" if row.place == OUT else str(row.place)
            for row in tables.vehicles.values()
        }
        assert remembered == {car: place for car, place in self.tower.truth().items() if car not in self.strangers}
        counted = Counter((e.unit, e.session, e.seq) for e in self.tower.simulator.executed)
        assert max(counted.values()) == 1
        assert not tables.faults, tables.faults
        assert not self.tower.simulator.plant.collisions


@asynccontextmanager
async def running(
    tower: Tower | None = None, line: tuple[LinkConfig, Transport] | None = None
) -> AsyncIterator[Running]:
    """Start plant and daemon, import the stock; stop both at the end, and check what came of it. Over a real `line` in real time."""
    tower = tower or Tower()
    journal = MemoryJournal()
    daemon = Daemon(tower, journal, line)
    plant = asyncio.create_task(tower.live() if line is None else pace(tower.simulator))
    daemon.start()
    run = Running(tower, daemon, journal)
    try:
        await daemon.until(lambda: daemon.engine.view().can_deliver, "the tower is ready")
        daemon.import_stock()
        await daemon.until(lambda: bool(daemon.api_answers), "the stock is imported")
        assert daemon.api_answers[0].ok, daemon.api_answers[0]
        yield run
        run.check()
    finally:
        # a test may have put another life in its place
        await run.daemon.kill()
        plant.cancel()
        await asyncio.gather(plant, return_exceptions=True)
