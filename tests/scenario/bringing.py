"""A car that is out and is brought back: what the people of a return do, one act at a time."""

from __future__ import annotations

import asyncio
from typing import Any

from simulator.cars import Car
from simulator.config import Actors
from simulator.driver import Driver
from tests.scenario.running import Running
from tests.scenario.tower import READ, Daemon, Tower, car, small_tower
from towerd.fsm.intake_events import CarSecured, DriveInCancelled, DriveInRequested
from towerd.fsm.intake_row import Intake, Owing
from towerd.fsm.reply import ReplyTo
from towerd.orders.readings import Reading
from towerd.plc.codes import Code

NUMBERS = {"v_0042": 42, "v_0007": 7}


def two_cabins(**changes: Any) -> Tower:
    """A tower with two cabins whose customers drive off at once."""
    actors = Actors(auto_drive_off=True, customer_delay_s=0.5, boarding_s=0.5, driving_s=0.5)
    return Tower(small_tower(cabins=2, actors=actors, **changes))


class Kiosk:
    """What is asked and answered at the kiosk of a running tower whose customer has a car out."""

    def __init__(self, run: Running) -> None:
        self.run = run
        self.daemon: Daemon = run.daemon
        self.driver = Driver(run.tower.simulator.plant, 1)
        self._asked = 0

    @property
    def tables(self) -> Any:
        return self.daemon.tables

    @property
    def loan(self) -> Any:
        return self.tables.loans["o_91"]

    @property
    def row(self) -> Intake:
        return self.tables.intakes[self.driver.cabin]  # type: ignore[no-any-return]

    @property
    def owing(self) -> Owing | None:
        """What is owed at the cabin."""
        return self.tables.owing.get(self.driver.cabin)  # type: ignore[no-any-return]

    def owes(self, what: str) -> bool:
        """Whether that is owed at the cabin."""
        return self.owing is not None and self.owing.what == what

    async def ask(self, make: Any) -> Any:
        """Post an event and wait for its answer."""
        self._asked += 1
        address = f"bringing-{self._asked}"
        self.daemon.queue.post(make(ReplyTo("api", address)))

        def answered() -> list[Any]:
            return [answer for answer in self.daemon.api_answers if answer.reply.address == address]

        await self.daemon.until(lambda: bool(answered()), "the kiosk is answered")
        return answered()[0]

    async def request(self, **changes: Any) -> Any:
        """Ask at the kiosk to drive in; by the loan's number unless told otherwise."""
        values = {"number": self.loan.number, "vehicle": None, "cabin": self.driver.cabin, "staff": False}
        return await self.ask(lambda reply: DriveInRequested(**{**values, **changes, "by": "kiosk", "reply": reply}))

    async def secure(self, reading: Reading = READ, *, damage: bool = False) -> Any:
        """Say that the car is secured, what its dashboard reads, and whether it has come to harm."""
        return await self.ask(lambda reply: CarSecured(self.driver.cabin, "kiosk", reply, reading, damage))

    def told(self, kind: str) -> dict[str, Any]:
        """What the newest event of that type tells."""
        bodies = [row.body for row in self.run.journal.outbox(0, 10_000) if row.body.get("type") == kind]
        return bodies[-1]["data"]  # type: ignore[no-any-return]

    async def cancel(self) -> Any:
        """Give it up."""
        return await self.ask(lambda reply: DriveInCancelled(self.driver.cabin, "kiosk", reply))

    async def until(self, state: str, limit_s: float = 60.0) -> None:
        await self.daemon.until(lambda: self.row.state == state, f"driving in is {state}", limit_s)

    async def open_door(self) -> None:
        """Ask, and wait until the door stands open."""
        answer = await self.request()
        assert answer.ok, answer
        await self.until("waiting")


class Bringing(Kiosk):
    """The customer, who brings it back."""

    @property
    def car(self) -> Car:
        """The car that is out."""
        return car(NUMBERS[self.loan.vehicle])

    async def take_one_out(self) -> None:
        """A visit, to its end."""
        await self.run.ask()
        await self.run.show_face()
        await self.run.until_state("completed")
        await self.daemon.until(self.run.at_rest, "the tower is at rest")

    async def all_the_rest(self) -> None:
        """From the open door to the car in its bay, as it should be."""
        self.driver.drive_in(self.car)
        await self.until("securing")
        assert (await self.secure()).ok
        await self.until("clearing")
        self.driver.get_out()
        await asyncio.sleep(0.5)
        self.driver.press()
        await self.stored()

    async def leave_it_secured(self, *, damage: bool = False) -> None:
        """Drive in, say that the car is secured, get out, and walk away without the button."""
        self.driver.drive_in(self.car)
        await self.until("securing")
        await self.secure(damage=damage)
        self.driver.get_out()

    def drive_out(self) -> None:
        """Drive the car out again; one that is none of this tower's is seen no more."""
        self.driver.drive_out()
        gone = self.run.tower.simulator.plant.gone
        for tag in [tag for tag in gone if tag not in {car(number).tag for number in NUMBERS.values()}]:
            del gone[tag]

    async def stored(self) -> None:
        """The car is accepted and brought up."""
        await self.until("done")
        vehicle = self.loan.vehicle
        await self.daemon.until(lambda: self.tables.vehicles[vehicle].place.kind == "bay", "the car is in a bay")
        await self.daemon.until(self.run.at_rest, "the tower is at rest")
        self.check_back()

    def check_back(self) -> None:
        """The loan has ended, and staff must look at the car before it is offered again."""
        vehicle = self.tables.vehicles[self.loan.vehicle]
        assert (self.loan.state, vehicle.condition) == ("returned", "inspection")
        assert self.loan.ended_at is not None
        assert [job.purpose for job in self.tables.jobs.values()][-1] == "store"

    def moved(self) -> list[Any]:
        """What the machine really did, but for its signs."""
        return [e for e in self.run.tower.simulator.executed if e.code not in (Code.SIGNAL, Code.NOP)]

    async def nothing_moves(self, for_s: float = 15.0) -> None:
        """Time passes, and no door, lock or axis is commanded."""
        before = len(self.moved())
        await asyncio.sleep(for_s)
        assert self.moved()[before:] == []

    def sign(self) -> int:
        return int(self.run.tower.simulator.plc.cabins[self.driver.cabin - 1].signal)
