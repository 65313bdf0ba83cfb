"""The journal's share of an event: durable commits against bare synchronised writes, and what recording costs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.ratio import Ratio, per_second
from tests.support.values import AT, order, snapshot, tables
from towerd.fsm.events import PlcObserved, Stamped
from towerd.fsm.state import Meta, Tables, Volatile
from towerd.journal import records
from towerd.journal.diff import diff
from towerd.journal.sqlite import SqliteJournal
from towerd.ports import Changes

COMMITS = 600
_STAMPED = Stamped(AT, 1.0, PlcObserved(snapshot()))
_BEFORE = Volatile(snapshot=snapshot())


def _after(old: Tables, number: int) -> Tables:
    return replace(old, meta=Meta(boot=number), orders={"ord-1": order(number=f"{number % 10000:04d}")})


def durable_commits(folder: Path) -> Ratio:
    """A whole snapshot with its rows, against an append of as many bytes with fdatasync. The disk limits both."""
    journal = SqliteJournal(folder / "journal.db")
    current = tables()

    def commit(number: int) -> None:
        nonlocal current
        new = _after(current, number)
        journal.commit(_STAMPED, _BEFORE, Changes(diff(current, new), ()), None)
        current = new

    commits = per_second(commit, COMMITS)
    journal.close()
    block = b"x" * (2 * len(records.encode_volatile(_BEFORE)))
    handle = os.open(folder / "plain", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def write(_number: int) -> None:
        os.write(handle, block)
        os.fdatasync(handle)

    writes = per_second(write, COMMITS)
    os.close(handle)
    return Ratio("journal: durable commits", commits, writes, "a second", "bare synchronised writes", least=0.1)


def untouched_tables() -> Ratio:
    """A step that changed nothing but the volatile state must cost next to nothing."""
    old = tables()
    new = replace(old)
    changed = _after(old, 1)
    idle = per_second(lambda _number: diff(old, new), 20_000)
    busy = per_second(lambda _number: records.encode_row("orders", changed.orders["ord-1"]), 20_000)
    return Ratio("journal: differences of untouched tables", idle, busy, "a second", "encoding one order", least=0.5)


def run() -> Iterator[Ratio]:
    """Every figure of this file."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        yield durable_commits(Path(folder))
    yield untouched_tables()
