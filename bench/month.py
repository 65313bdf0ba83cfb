"""What a month leaves in the journal: every day 200 customers order with a selfie, drive a car out and bring it back.

    python -m bench.month [--days 30] [--a-day 200] [--selfie-kb 125]

The core, the simulated machine and the journal's file are the real ones, at their own speed: time passes by itself between two
polls. Nothing is synchronised to the disk, which changes no size. Orders, faces, loans, answers, the outbox and the history go as
on a tower (orders-if.md 2, 7.1; fsm/keeping.py). A month takes a quarter of an hour. The last line is a ratio: what lies in the
files after the last face's time, over what has come in.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import apsw

from bench.figure import scratch
from simulator.driver import Driver
from tests.scenario.tower import READ, Tower, car, small_tower
from tests.support.sync_tower import START, TICK_S, SyncTower
from towerd.fsm import commands as cmd
from towerd.fsm import events as ev
from towerd.fsm.intake_events import CarSecured, DriveInRequested
from towerd.fsm.manual_events import ConditionSet
from towerd.fsm.reducer import step
from towerd.fsm.reply import ReplyTo
from towerd.fsm.state import Tables
from towerd.journal.diff import diff
from towerd.journal.records import encode_event, encode_volatile, unpack
from towerd.journal.sqlite import SqliteJournal
from towerd.ports import Changes

KIOSK = ReplyTo("api", "kiosk")
DAY_S = 86_400.0
BROKER_BEHIND = 50
LIMIT_MB = 50.0
ACT_LIMIT_S = 60.0


class _File(apsw.VFSFile):
    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        """Nothing waits for the disk here."""


class Unsynced(apsw.VFS):
    """Files that are never synchronised, for what takes no interest in power cuts."""

    NAME: ClassVar = "unsynced"

    def __init__(self) -> None:
        super().__init__(self.NAME, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> _File:  # noqa: N802
        """As SQLite's own."""
        return _File("", name, flags)


@dataclass(slots=True)
class Flow:
    """What came in, in bytes, and how many face keys were destroyed."""

    raw: int = 0
    destroyed: int = 0


class Journaled(SyncTower):
    """A tower whose events are journaled in a file, and whose broker hears of everything."""

    def keep(self, journal: SqliteJournal, selfie_bytes: int) -> None:
        """From now on everything is journaled."""
        self.journal, self.flow, self.sealed = journal, Flow(), os.urandom(selfie_bytes)

    def reopen(self) -> None:
        """Open the closed journal again."""
        self.journal = SqliteJournal(self.journal.path, Unsynced.NAME)

    def take(self, event: ev.Event) -> None:
        """One event through the core, into the file, and out to the world."""
        if not hasattr(self, "journal"):
            super().take(event)
            return
        stamped = ev.Stamped(START + timedelta(seconds=self.now_s), self.now_s, event)
        before = self.state
        after, commands = step(before, stamped, self.tower.core)
        appends = tuple(command for command in commands if isinstance(command, cmd.JournalCommand))
        rows = diff(before.tables, after.tables)
        if rows or appends:
            face = self.sealed if any(isinstance(command, cmd.StoreSealed) for command in appends) else b""
            self.journal.commit(stamped, before.volatile, Changes(rows, appends), face or None)
            packed = encode_event(event)[1]
            self.flow.raw += len(face) + len(unpack(packed)) + len(unpack(encode_volatile(before.volatile, b"")))
            self.flow.raw += sum(len(repr(command)) for command in appends)
        self.state = after
        for command in commands:
            self.flow.destroyed += isinstance(command, cmd.DestroyFaceKey)
            self._carry_out(command)
        self.told.clear()
        meta = self.state.tables.meta
        if meta.event_seq - meta.outbox_done_seq > BROKER_BEHIND:
            self.take(ev.OutboxAcknowledged(meta.event_seq))

    def rest(self, seconds: float) -> None:
        """Nothing happens but what time brings about."""
        end_s = self.now_s + seconds
        while self.timers and min(self.timers.values()) <= end_s:
            name, due_s = min(self.timers.items(), key=lambda timer: timer[1])
            self.now_s = max(self.now_s, due_s)
            del self.timers[name]
            self.take(ev.TimerExpired(name))
        self.now_s = max(self.now_s, end_s)

    def until(self, reached: Callable[[], bool], what: str) -> None:
        """Let the machine work. Raises RuntimeError where it comes to nothing."""
        for _ in range(round(ACT_LIMIT_S / TICK_S)):
            if reached():
                return
            self.tick()
        raise RuntimeError(f"{what}: not within {ACT_LIMIT_S:g} s; {self.state.tables.orders}")


def small(folder: Path, selfie_bytes: int) -> Journaled:
    """A tower with two cars and a quick machine, over a journal in `folder`."""
    if Unsynced.NAME not in apsw.vfs_names():
        _KEPT.append(Unsynced())
    tower = Journaled(lambda *_: None, Tower(small_tower(speed_up=30.0)))
    tower.tick(3.0)
    tower.import_stock()
    tower.tick(12.0)
    tower.keep(SqliteJournal(folder / "journal.db", Unsynced.NAME), selfie_bytes)
    return tower


_KEPT: list[Unsynced] = []
"""A file system is registered as long as somebody holds it."""


def visit(tower: Journaled, number: int) -> None:
    """Somebody orders, shows the face, drives off, comes back two minutes later; staff release the car."""
    order, driver = f"o_{number}", Driver(tower.simulator.plant, 1)
    tower.order(number, number)
    tower.look(order)

    def tables() -> Tables:
        # replaced with each step
        return tower.state.tables

    def stored() -> bool:
        idle = all(job.state != "running" for job in tables().jobs.values())
        return idle and tables().vehicles[loan.vehicle].place.kind == "bay"

    tower.until(lambda: order in tables().orders and tables().orders[order].state == "completed", "the car is out")
    tower.rest(120.0)
    loan = tables().loans[order]
    tower.take(DriveInRequested(loan.number, None, None, False, "kiosk", KIOSK))
    tower.until(lambda: driver.may_drive_in, "the door is open")
    driver.drive_in(car(int(loan.vehicle[2:])))
    tower.until(lambda: tables().intakes[1].state == "securing", "the car is seen")
    tower.take(CarSecured(1, "kiosk", KIOSK, READ, damage=False))
    driver.get_out()
    tower.tick(0.5)
    driver.press()
    tower.until(stored, "the car is stored")
    if tables().vehicles[loan.vehicle].condition != "available":
        tower.take(ConditionSet(loan.vehicle, "available", (), "", "lin", KIOSK))


def files_mb(folder: Path) -> dict[str, float]:
    """The sizes of the journal's files."""
    return {path.name: round(path.stat().st_size / 1e6, 2) for path in sorted(folder.iterdir())}


def tables_mb(journal: Path) -> dict[str, float]:
    """What the largest tables take of a closed journal."""
    with apsw.Connection(str(journal)) as raw:
        rows = raw.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 6").fetchall()
    raw.close()
    return {str(name): round(float(str(size)) / 1e6, 2) for name, size in rows}


def main() -> int:
    """Live through the days, and tell the sizes; 1 where more is left than wanted."""
    parser = argparse.ArgumentParser(prog="python -m bench.month", description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--a-day", type=int, default=200)
    parser.add_argument("--selfie-kb", type=int, default=125)
    options = parser.parse_args()
    largest: Counter[str] = Counter()
    with scratch() as folder:
        tower = small(folder, options.selfie_kb * 1000)
        for day in range(options.days):
            morning_s = tower.now_s
            for number in range(options.a_day):
                visit(tower, day * options.a_day + number)
                tower.rest(max(0.0, morning_s + (number + 1) * DAY_S / options.a_day - tower.now_s))
            largest |= Counter(files_mb(folder))
            print(f"day {day + 1}: {files_mb(folder)}", flush=True)
        tower.rest(DAY_S + 3600.0)
        left = files_mb(folder)
        faces, drops = len(tower.state.tables.faces), tower.flow.destroyed
        tower.journal.close()
        print(f"largest at the end of a day: {dict(largest)}")
        print(
            f"25 h after the last order: {left}; {faces} faces left, {drops} keys destroyed; {tables_mb(folder / 'journal.db')}"
        )
    left_mb, raw_mb = sum(left.values()), tower.flow.raw / 1e6
    print(
        f"left: {left_mb:.1f} MB of {raw_mb:.0f} MB that came in, ratio {left_mb / raw_mb:.3f}; wanted at most {LIMIT_MB:g} MB"
    )
    return 0 if left_mb <= LIMIT_MB and not faces else 1


if __name__ == "__main__":
    raise SystemExit(main())
