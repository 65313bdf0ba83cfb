"""The plug is pulled at every commit of a whole visit, before and after it; each time the visit comes to its end.

Cut `before` commit n: what commit n-1 asked for has left, nothing of n is known. Cut `after`: n is on the disk, and
nothing that it asked for has left. Between them they are every moment at which the journal and the machine can disagree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.scenario.cutting import MOST, Cut, Story, When, through
from tests.scenario.director import ORDER, Director, finished
from tests.scenario.tower import Tower, small_tower
from tests.support.sweeps import shards
from towerd.fsm.config import CoreConfig
from towerd.fsm.events import Stamped
from towerd.fsm.reducer import step
from towerd.fsm.state import State, Tables
from towerd.journal.replay import replay
from towerd.journal.sqlite import SqliteJournal
from towerd.places import OUT
from towerd.plc.codes import Code

SHARDS = 10
QUIET = (Code.SIGNAL, Code.NOP, Code.CANCEL)


@dataclass
class Visit:
    """What one visit, however often cut, came to."""

    tower: Tower
    director: Director
    tables: Tables
    commits: int
    lives: int
    motions: list[tuple[str, int, tuple[int, ...]]] = field(default_factory=list)


async def visit(folder: Path, at: int = 0, when: When = "before") -> Visit:
    folder.mkdir()  # noqa: ASYNC240 - virtual time, nothing else waits
    tower, director = Tower(small_tower(speed_up=8.0)), Director()
    came = await through(tower, folder / "journal.db", Story(director.play, finished), Cut(at, when))
    done = Visit(tower, director, came.tables, came.commits, came.lives)
    done.motions = [(str(e.unit), e.code, tuple(e.args)) for e in tower.simulator.executed if e.code not in QUIET]
    return done


def without_homing(motions: Sequence[tuple[str, int, tuple[int, ...]]]) -> list[tuple[str, int, tuple[int, ...]]]:
    return [motion for motion in motions if motion[1] != Code.HOME]


def without_reopening(
    motions: Sequence[tuple[str, int, tuple[int, ...]]],
) -> list[tuple[str, int, tuple[int, ...]]]:
    """A daemon that dies with the door open to a customer who has not boarded yet closes it, and asks for the face again:
    that one closing and opening is left out.
    """
    doors = [index for index, motion in enumerate(motions) if motion[1] == Code.OUTER_DOOR]
    if len(doors) != 4 or [motions[index][2][0] for index in doors] != [1, 0, 1, 0]:
        return list(motions)
    return [motion for index, motion in enumerate(motions) if index not in doors[1:3]]


def check(done: Visit, wanted: list[tuple[str, int, tuple[int, ...]]]) -> None:
    tower, tables = done.tower, done.tables
    vehicle = tables.orders[ORDER].vehicle
    assert vehicle is not None
    assert tables.vehicles[vehicle].place == OUT
    assert tables.loans[ORDER].state == "out"
    remembered = {key: "gone" if row.place == OUT else str(row.place) for key, row in tables.vehicles.items()}
    assert remembered == tower.truth()
    executed = tower.simulator.executed
    assert max(Counter((e.unit, e.session, e.seq) for e in executed).values()) == 1
    assert without_reopening(without_homing(done.motions)) == wanted
    opened = [e for e in executed if e.code == Code.OUTER_DOOR and e.args[0] == 1]
    assert len(opened) in (1, 2)
    # whoever opened the gate had seen the face in the same life
    lives = [e.session - 1001 - _reconnects(done) for e in opened]
    assert len(set(lives)) == len(lives), "no life opens twice"
    assert all(done.director.looks_by_life[life] > 0 for life in lives)


def _reconnects(done: Visit) -> int:
    # one session a life: the link is not broken in this test
    sessions = {e.session for e in done.tower.simulator.executed}
    assert max(sessions) - 1001 < done.lives
    return 0


@pytest.mark.looptime
@pytest.mark.parametrize("shard", shards(SHARDS))
async def test_every_commit(shard: int, tmp_path: Path) -> None:
    whole = await visit(tmp_path / "whole")
    assert whole.lives == 1
    wanted = without_homing(whole.motions)
    codes = [code for _unit, code, _args in wanted]
    assert codes.count(Code.FORK_GET) == codes.count(Code.FORK_PUT) == 1
    check(whole, wanted)
    assert 0 < whole.commits < MOST
    cuts: list[tuple[int, When]] = [(n, when) for n in range(1, whole.commits + 1) for when in ("before", "after")]
    for at, when in cuts[shard::SHARDS]:
        done = await visit(tmp_path / f"{at}-{when}", at, when)
        assert done.lives == 2, f"the cut {when} {at} never came"
        check(done, wanted)


@pytest.mark.looptime
async def test_the_history_told_again_makes_the_same_tables(tmp_path: Path) -> None:
    done = await visit(tmp_path / "v", 20, "after")
    journal = SqliteJournal(tmp_path / "v" / "journal.db")
    base, history = journal.history()
    config: CoreConfig = done.tower.core

    def again(state: State, stamped: Stamped) -> Any:
        return step(state, stamped, config)

    assert replay(base, history, again) == journal.load() == done.tables
    journal.close()
