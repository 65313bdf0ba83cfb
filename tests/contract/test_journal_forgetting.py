"""Forgetting a customer in the journal's file: nothing of them is in it nor beside it, and all else is as it was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from tests.contract.test_sqlite_journal import TICK, commit_rows, crashed
from tests.support.values import AT, order, tables
from towerd.fsm.commands import CutHistory
from towerd.fsm.events import Stamped
from towerd.fsm.privacy_events import ErasureRequested
from towerd.fsm.reply import NOWHERE
from towerd.fsm.state import Meta, Tables, Volatile
from towerd.journal import forgetting, sqlite
from towerd.journal.diff import diff
from towerd.journal.schema import TABLE_NAMES
from towerd.journal.sqlite import SqliteJournal
from towerd.ports import Changes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    opened = SqliteJournal(path)
    yield opened
    opened.close()


def churned(journal: SqliteJournal) -> tuple[Tables, list[str]]:
    """Orders that come, change and go until pages have been balanced many times; the names that they bore."""
    chance, current, names = random.Random(2), commit_rows(journal, Tables(), tables()), []
    for number in range(400):
        name = f"cust-{chance.randrange(10**9):09d}"
        names.append(name)
        one = replace(order(f"o_{number}"), customer=name, reason="x" * chance.randrange(700))
        kept = dict(list(current.orders.items())[-80:])
        changed = replace(current, orders={**kept, one.id: one})
        current = commit_rows(journal, current, changed)
    return current, names


def test_after_forgetting_nothing_of_a_customer_is_in_the_file_nor_beside_it(
    journal: SqliteJournal, path: Path
) -> None:
    current, names = churned(journal)
    nobody = replace(current, orders={})
    forgetting = Changes(diff(current, nobody), (CutHistory(),))
    journal.commit(Stamped(AT, 1.0, ErasureRequested(names[0], "h", "lin", NOWHERE)), Volatile(), forgetting, None)
    on_disk = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert [name for name in names if name.encode() in on_disk] == []
    assert (journal.load(), journal.history(), journal.last_at()) == (nobody, (nobody, []), AT)
    # the next event stands on the new base
    after = commit_rows(journal, nobody, replace(nobody, meta=Meta(boot=3)))
    base, history = journal.history()
    assert (base, len(history), after) == (nobody, 1, journal.load())


def test_after_a_power_cut_in_the_midst_of_it_the_next_start_leaves_nothing_either(
    journal: SqliteJournal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = commit_rows(journal, Tables(), replace(tables(), loans={}))
    truncate = sqlite._truncate_wal

    def cut(_db: apsw.Connection) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sqlite, "_truncate_wal", cut)
    forgetting_it = Changes(diff(current, replace(current, orders={}, customers={})), (CutHistory(),))
    with pytest.raises(KeyboardInterrupt):
        journal.commit(TICK, Volatile(), forgetting_it, None)
    assert b"cust-1" in path.with_name(f"{path.name}-wal").read_bytes()
    monkeypatch.setattr(sqlite, "_truncate_wal", truncate)
    after = crashed(path, path.parent / "after")
    assert after.load().orders == {}
    assert [one.name for one in (path.parent / "after").iterdir() if b"cust-1" in one.read_bytes()] == []
    after.close()


def test_tables_of_people_are_tables() -> None:
    assert set(forgetting.OF_PEOPLE) <= set(TABLE_NAMES)
