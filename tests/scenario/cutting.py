"""Pulling the plug at a commit, and living on: shared by every sweep."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.scenario.tower import Daemon, Tower
from towerd.fsm.events import Stamped
from towerd.fsm.state import Tables, Volatile
from towerd.journal.sqlite import SqliteJournal
from towerd.ports import Changes

When = Literal["before", "after"]
# the first life that is not cut makes fewer commits; the sweep's own end is what proves that none was left out
MOST = 400


class PowerCut(BaseException):
    """Nothing catches it but the test."""


class CutJournal(SqliteJournal):
    """Loses power at commit number `at` of this life; 0 never."""

    def __init__(self, path: Path, at: int, when: When) -> None:
        super().__init__(path)
        self.commits = 0
        self._at, self._when = at, when

    def commit(self, stamped: Stamped, before: Volatile, changes: Changes, attachment: bytes | None) -> None:
        self.commits += 1
        if self.commits == self._at and self._when == "before":
            raise PowerCut
        super().commit(stamped, before, changes, attachment)
        if self.commits == self._at:
            raise PowerCut


@dataclass(frozen=True)
class Cut:
    """At which commit of the first life, and on which side of it; 0: never."""

    at: int = 0
    when: When = "before"


@dataclass(frozen=True)
class Story:
    """What people do in one life, when all is done, and by when of the loop's time, in s."""

    play: Callable[[Daemon], Awaitable[Any]]
    finished: Callable[[Daemon], bool]
    until_s: float = 400.0


@dataclass(frozen=True)
class Lives:
    """What the lives together came to: the tables, how many there were, how many commits the last one made."""

    tables: Tables
    lives: int
    commits: int


async def _live(tower: Tower, story: Story, journal: CutJournal) -> tuple[bool, Tables]:
    """One life; whether it was cut, and the tables it left."""
    daemon: Daemon = tower.daemon(journal)
    daemon.start()
    people = asyncio.ensure_future(story.play(daemon))
    engine = daemon.task
    assert engine is not None
    try:
        while not engine.done() and not story.finished(daemon):
            await asyncio.sleep(0.05)
            if people.done():
                # nobody acts any more: say why, instead of waiting for them
                people.result()
            assert asyncio.get_running_loop().time() < story.until_s, daemon.explain()
            assert not daemon.tables.faults, daemon.explain()
        cut = engine.done()
        if cut:
            error = engine.exception()
            assert isinstance(error, PowerCut), error
        return cut, daemon.tables
    finally:
        people.cancel()
        await asyncio.gather(people, return_exceptions=True)
        await daemon.kill()
        journal.close()


async def through(tower: Tower, path: Path, story: Story, cut: Cut) -> Lives:
    """Live until the story is finished, over a journal at `path` whose first life loses power at the cut."""
    plant = asyncio.create_task(tower.live())
    lives, dark, commits, tables = 0, True, 0, Tables()
    try:
        while dark:
            journal = CutJournal(path, cut.at if lives == 0 else 0, cut.when)
            dark, tables = await _live(tower, story, journal)
            lives, commits = lives + 1, journal.commits
            # the dark lasts longer or shorter than the PLC's patience with a silent PC
            await asyncio.sleep(0.3 if cut.at % 2 else 1.7)
    finally:
        plant.cancel()
        await asyncio.gather(plant, return_exceptions=True)
    return Lives(tables, lives, commits)
