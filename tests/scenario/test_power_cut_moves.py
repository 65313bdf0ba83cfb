"""The plug is pulled at every commit of a fetch and of a move; each time the car gets where it was asked to go, once."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.scenario.cutting import MOST, Cut, Story, When, through
from tests.scenario.test_power_cut import QUIET, without_homing
from tests.scenario.tower import Daemon, Tower, small_tower
from tests.support.sweeps import shards
from towerd.fsm.moves_events import MoveRequested
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import Tables
from towerd.places import OUT, Place, bay
from towerd.plc.codes import Code

SHARDS = 12
ASKED: dict[str, tuple[str, Place | None]] = {"fetch": ("2-3", None), "move": ("v_0042", bay(3, 4))}


@dataclass
class Technician:
    """Imports the stock and asks once; asks again only where the tower has no trace of it."""

    purpose: Any
    asked: int = 0

    async def play(self, daemon: Daemon) -> None:
        asked_stock = asked_move = False
        while True:
            await asyncio.sleep(0.1)
            tables = daemon.tables
            if daemon.engine.state.volatile.snapshot is None:
                continue
            if not tables.vehicles:
                if not asked_stock:
                    asked_stock = True
                    daemon.import_stock()
            elif not tables.moves and not asked_move:
                asked_move = True
                self.asked += 1
                what, target = ASKED[self.purpose]
                daemon.queue.post(MoveRequested(self.purpose, what, target, "lin", ReplyTo("api", "move")))


def finished(daemon: Daemon) -> bool:
    """The move has ended, and the tower is at rest."""
    moves = daemon.tables.moves.values()
    return bool(moves) and not any(one.open for one in moves) and not any(s.open for s in daemon.tables.steps.values())


@dataclass
class Errand:
    """What one move, however often cut, came to."""

    tower: Tower
    tables: Tables
    commits: int
    lives: int
    motions: list[tuple[str, int, tuple[int, ...]]] = field(default_factory=list)


async def errand(folder: Path, purpose: str, at: int = 0, when: When = "before") -> Errand:
    folder.mkdir()  # noqa: ASYNC240 - virtual time, nothing else waits
    tower = Tower(small_tower(speed_up=8.0))
    story = Story(Technician(purpose).play, finished)
    came = await through(tower, folder / "journal.db", story, Cut(at, when))
    motions = [(str(e.unit), e.code, tuple(e.args)) for e in tower.simulator.executed if e.code not in QUIET]
    return Errand(tower, came.tables, came.commits, came.lives, motions)


def check(done: Errand, purpose: str, wanted: list[tuple[str, int, tuple[int, ...]]]) -> None:
    tower, tables = done.tower, done.tables
    (move,) = tables.moves.values()
    assert (move.state, move.purpose, move.by) == ("done", purpose, "lin")
    remembered = {key: "gone" if row.place == OUT else str(row.place) for key, row in tables.vehicles.items()}
    assert remembered == tower.truth()
    assert remembered["v_0042"] == ("gone" if purpose == "fetch" else "bay:3-4")
    executed = tower.simulator.executed
    assert max(Counter((e.unit, e.session, e.seq) for e in executed).values()) == 1
    assert without_homing(done.motions) == wanted
    opened = [e for e in executed if e.code == Code.OUTER_DOOR and e.args[0] == 1]
    assert len(opened) == (1 if purpose == "fetch" else 0)


@pytest.mark.looptime
@pytest.mark.parametrize("shard", shards(SHARDS))
@pytest.mark.parametrize("purpose", list(ASKED))
async def test_every_commit(purpose: str, shard: int, tmp_path: Path) -> None:
    whole = await errand(tmp_path / "whole", purpose)
    assert whole.lives == 1
    wanted = without_homing(whole.motions)
    check(whole, purpose, wanted)
    assert 0 < whole.commits < MOST
    cuts: list[tuple[int, When]] = [(n, when) for n in range(1, whole.commits + 1) for when in ("before", "after")]
    for at, when in cuts[shard::SHARDS]:
        done = await errand(tmp_path / f"{at}-{when}", purpose, at, when)
        assert done.lives == 2, f"the cut {when} {at} never came"
        check(done, purpose, wanted)
