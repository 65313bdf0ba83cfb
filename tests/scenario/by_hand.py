"""A technician at a running tower: the key, the enabling switch, and commands with their answers."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import Any

from tests.scenario.running import Running
from towerd.fsm.commands import Answer
from towerd.fsm.manual_events import (
    BayServiceChanged,
    ChangesConfirmed,
    HandAction,
    HandVerb,
    JobCommanded,
    JobFinished,
    JobVerb,
    JogRequested,
    LeaseReleased,
    LeaseTaken,
    ManualCancelled,
    ManualRequested,
    PlaceSet,
)
from towerd.fsm.reply import ReplyTo
from towerd.places import Place, parse_place
from towerd.plc.snapshot import Unit

AUTO, MANUAL, MAINTENANCE = 1, 2, 3


@dataclass
class AtTheCabinet:
    """Who turns the key, holds the switch and leads the machine from state to state."""

    run: Running
    name: str = "ada"
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def _answered(self, address: str, limit_s: float) -> Answer:
        found: list[Answer] = []

        def there() -> bool:
            found[:] = [one for one in self.run.daemon.api_answers if one.reply.address == address]
            return bool(found)

        await self.run.daemon.until(there, f"{address} is answered", limit_s)
        return found[0]

    def post(self, make: Any) -> str:
        """Put an event in the queue without waiting; the address of its answer."""
        address = f"{self.name}-{next(self._numbers)}"
        self.run.daemon.queue.post(make(ReplyTo("api", address)))
        return address

    async def ask(self, make: Any, limit_s: float = 120.0) -> Answer:
        return await self._answered(self.post(make), limit_s)

    async def turn_key(self, position: int) -> None:
        self.run.tower.simulator.set_key(position)
        await asyncio.sleep(0.5)

    async def manual(self) -> None:
        """Key to Manual, switch held, machine in Execute: ready for commands by hand."""
        await self.turn_key(MANUAL)
        self.run.tower.simulator.enabling(True)
        await asyncio.sleep(0.5)
        await self.execute()

    async def execute(self) -> None:
        """Lead the machine to Execute from wherever it is."""
        for _ in range(6):
            state = self.run.daemon.engine.view().packml
            command = {"held": "unhold", "stopped": "reset", "idle": "start", "aborted": "clear"}.get(str(state))
            if state == "execute":
                return
            if command is not None:
                await self.run.packml(command, by=self.name)
            await asyncio.sleep(0.5)
        raise AssertionError(f"still {self.run.daemon.engine.view().packml}")

    async def auto(self) -> None:
        """Switch let go, key to Auto, machine in Execute."""
        self.run.tower.simulator.enabling(False)
        await self.turn_key(AUTO)
        await self.execute()


@dataclass
class Technician(AtTheCabinet):
    """`name` is the account; every method that asks gives the answer."""

    def action(self, verb: HandVerb, place: str | None, value: int, override: int) -> Any:
        where = parse_place(place) if place else None
        return lambda reply: ManualRequested(HandAction(verb, where, value, override), self.name, reply)

    async def do(self, verb: HandVerb, place: str | None = None, value: int = 0, override: int = 0) -> Answer:
        """One command by hand, and its end."""
        return await self.ask(self.action(verb, place, value, override))

    async def done(self, verb: HandVerb, place: str | None = None, value: int = 0, override: int = 0) -> None:
        answer = await self.do(verb, place, value, override)
        assert answer.ok, answer

    def begin(self, verb: HandVerb, place: str | None = None, value: int = 0, override: int = 0) -> str:
        """One command by hand; its end is not waited for."""
        return self.post(self.action(verb, place, value, override))

    async def end(self, address: str) -> Answer:
        return await self._answered(address, 120.0)

    async def cancel(self, unit: Unit = Unit.CARRIAGE) -> Answer:
        return await self.ask(lambda reply: ManualCancelled(unit, self.name, reply))

    async def take(self, *, force: bool = False) -> Answer:
        return await self.ask(lambda reply: LeaseTaken(self.name, force, reply))

    async def release(self) -> Answer:
        return await self.ask(lambda reply: LeaseReleased(self.name, reply))

    async def job(self, number: int, verb: JobVerb) -> Answer:
        return await self.ask(lambda reply: JobCommanded(number, verb, self.name, reply))

    async def finish(self, number: int, place: str) -> Answer:
        where = parse_place(place)
        return await self.ask(lambda reply: JobFinished(number, where, "moved by hand", self.name, reply))

    async def set_place(self, place: str, vehicle: str | None, *, override: bool = False) -> Answer:
        where = parse_place(place)
        return await self.ask(lambda reply: PlaceSet(where, vehicle, "looked", self.name, reply, override))

    async def disable(self, place: str, disabled: bool = True) -> Answer:
        where: Place = parse_place(place)
        return await self.ask(lambda reply: BayServiceChanged(where, disabled, "repair", self.name, reply))

    async def confirm(self) -> Answer:
        return await self.ask(lambda reply: ChangesConfirmed(self.name, reply))

    async def jog(self, axis: int, direction: int, *, step: int = 0) -> Answer:
        now_s = asyncio.get_running_loop().time()
        return await self.ask(lambda reply: JogRequested(axis, direction, 100, step, now_s, self.name, reply))

    async def hold_down(self, axis: int, direction: int, seconds: float) -> None:
        """Hold a jog key down: a word every 100 ms."""
        for _ in range(round(seconds * 10)):
            now_s = asyncio.get_running_loop().time()
            self.post(lambda reply, now_s=now_s: JogRequested(axis, direction, 100, 0, now_s, self.name, reply))
            await asyncio.sleep(0.1)
