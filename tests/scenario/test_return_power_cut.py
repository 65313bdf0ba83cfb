"""The plug is pulled at every commit of a whole return, before and after it; each time the car ends in its bay, once.

The visit that took the car out is played once; every return begins from a copy of that plant and of that journal.
"""

from __future__ import annotations

import asyncio
import copy
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulator.core import Simulator
from simulator.driver import Driver
from tests.scenario.cutting import MOST, Cut, Story, When, through
from tests.scenario.director import ORDER, Director, finished
from tests.scenario.tower import READ, Daemon, Tower, car, small_tower
from tests.support.sweeps import shards
from towerd.fsm.events import Stamped
from towerd.fsm.intake_events import CarSecured, DriveInRequested
from towerd.fsm.reducer import step
from towerd.fsm.reply import NOWHERE
from towerd.fsm.state import State, Tables
from towerd.journal.replay import replay
from towerd.journal.sqlite import SqliteJournal
from towerd.plc.codes import Code

SHARDS = 12
QUIET = (Code.SIGNAL, Code.NOP, Code.CANCEL, Code.HOME)


@dataclass
class Ready:
    """A tower whose car is out: the plant, the journal's file, and how many commands the visit took."""

    simulator: Simulator
    journal: Path
    executed: int
    vehicle: str


async def people(daemon: Daemon, driver: Driver, vehicle: str) -> None:
    """The customer and whoever passes by: they do their part whenever it is asked for."""
    asked = False
    while True:
        await asyncio.sleep(0.1)
        row = daemon.tables.intakes.get(1)
        if row is None or not row.open:
            if daemon.tables.loans[ORDER].state == "out" and daemon.engine.view().can_deliver and not asked:
                asked = True
                daemon.queue.post(DriveInRequested(None, vehicle, 1, False, "kiosk", NOWHERE))
        elif row.state == "waiting" and driver.may_drive_in:
            driver.drive_in(car(int(vehicle[2:])))
        elif row.state == "securing":
            daemon.queue.post(CarSecured(1, "kiosk", NOWHERE, READ))
        elif row.state == "clearing":
            driver.get_out()
            driver.press()


def stored(daemon: Daemon, vehicle: str) -> bool:
    tables = daemon.tables
    there = tables.vehicles[vehicle].place.kind == "bay"
    jobs = any(job.ended_at is None for job in tables.jobs.values())
    return there and not jobs and not any(one.open for one in tables.steps.values())


async def take_out(folder: Path) -> Ready:
    """A visit, to its end."""
    tower, director = Tower(small_tower(speed_up=8.0)), Director()
    plant = asyncio.create_task(tower.live())
    journal = SqliteJournal(folder / "out.db")
    daemon = tower.daemon(journal)
    daemon.start()
    acting = asyncio.create_task(director.play(daemon))
    await daemon.until(lambda: finished(daemon), "the car is out")
    vehicle = daemon.tables.orders[ORDER].vehicle
    for task in (acting, plant):
        task.cancel()
    await asyncio.gather(acting, plant, return_exceptions=True)
    await daemon.kill()
    journal.close()
    return Ready(tower.simulator, folder / "out.db", len(tower.simulator.executed), vehicle)


async def come_back(ready: Ready, folder: Path, at: int = 0, when: When = "before") -> tuple[Tower, Tables, int, int]:
    """A return from the copy; the tower, the tables, how many lives it took and how many commits the last one made."""
    folder.mkdir()  # noqa: ASYNC240 - virtual time, nothing else waits
    path = folder / "journal.db"
    shutil.copy(ready.journal, path)
    tower = Tower(small_tower(speed_up=8.0))
    tower.simulator = copy.deepcopy(ready.simulator)
    tower.sessions = iter(range(2001, 9999))  # type: ignore[assignment]
    story = Story(
        lambda daemon: people(daemon, Driver(tower.simulator.plant, 1), ready.vehicle),
        lambda daemon: stored(daemon, ready.vehicle),
        asyncio.get_running_loop().time() + 300,
    )
    came = await through(tower, path, story, Cut(at, when))
    return tower, came.tables, came.lives, came.commits


def motions(tower: Tower, ready: Ready) -> list[tuple[str, int, tuple[int, ...]]]:
    """What the machine did for the return."""
    done = tower.simulator.executed[ready.executed :]
    return [(str(e.unit), e.code, _where(e.code, e.args)) for e in done if e.code not in QUIET]


def _where(code: int, args: Any) -> tuple[int, ...]:
    # without the epoch: it is another after every start of the PLC
    return tuple(args[:1]) if code in (Code.INNER_DOOR, Code.OUTER_DOOR) else tuple(args[:2])


def check(tower: Tower, tables: Tables, ready: Ready, wanted: list[Any]) -> None:
    loan, vehicle = tables.loans[ORDER], tables.vehicles[ready.vehicle]
    assert (loan.state, vehicle.condition, vehicle.place.kind) == ("returned", "inspection", "bay")
    assert {key: str(row.place) for key, row in tables.vehicles.items()} == tower.truth()
    assert max(Counter((e.unit, e.session, e.seq) for e in tower.simulator.executed).values()) == 1
    assert motions(tower, ready) == wanted
    assert not tower.simulator.plant.collisions
    assert [job.purpose for job in tables.jobs.values()][-1] == "store"


@pytest.mark.looptime
@pytest.mark.parametrize("shard", shards(SHARDS))
async def test_every_commit_of_a_return(shard: int, tmp_path: Path) -> None:
    ready = await take_out(tmp_path)
    tower, tables, lives, commits = await come_back(ready, tmp_path / "whole")
    assert lives == 1
    wanted = motions(tower, ready)
    codes = [code for _unit, code, _args in wanted]
    assert codes.count(Code.FORK_GET) == codes.count(Code.FORK_PUT) == 1
    assert codes.count(Code.OUTER_DOOR) == codes.count(Code.INNER_DOOR) == 2
    check(tower, tables, ready, wanted)
    assert 0 < commits < MOST
    cuts: list[tuple[int, When]] = [(n, when) for n in range(1, commits + 1) for when in ("before", "after")]
    for at, when in cuts[shard::SHARDS]:
        tower, tables, lives, _ = await come_back(ready, tmp_path / f"{at}-{when}", at, when)
        assert lives == 2, f"the cut {when} {at} never came"
        check(tower, tables, ready, wanted)


@pytest.mark.looptime
async def test_the_history_of_a_return_told_again_makes_the_same_tables(tmp_path: Path) -> None:
    ready = await take_out(tmp_path)
    tower, tables, _lives, _commits = await come_back(ready, tmp_path / "v", 12, "after")
    journal = SqliteJournal(tmp_path / "v" / "journal.db")
    base, history = journal.history()

    def again(state: State, stamped: Stamped) -> Any:
        return step(state, stamped, tower.core)

    assert replay(base, history, again) == journal.load() == tables
    journal.close()
