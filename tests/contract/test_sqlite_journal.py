"""What only a journal on a disk can do: refuse a file, run out of space, survive a crash, tell its history."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import apsw
import pytest

from tests.support.values import AT, tables
from towerd.errors import JournalError
from towerd.fsm.commands import AppendAudit, AppendOutbox, DropSealed, StoreSealed
from towerd.fsm.events import BusChanged, Stamped, TimerExpired
from towerd.fsm.state import Meta, State, Tables, Volatile
from towerd.journal import sqlite
from towerd.journal.diff import diff
from towerd.journal.replay import replay
from towerd.journal.schema import VERSION
from towerd.journal.sqlite import SqliteJournal
from towerd.ports import Changes

TICK = Stamped(AT, 1.5, TimerExpired("tick"))


class Renamed:
    """`OldNames` with a letter before."""

    def bring_over(self, customer: str) -> str:
        return f"p-{customer}"

    def adopt(self, handle: str) -> str | None:
        return None

    def digest(self, payload_sha256: str, exp_s: int) -> str:
        return f"{payload_sha256} until {exp_s}"


def commit_rows(journal: SqliteJournal, old: Tables, new: Tables, *appends: AppendOutbox) -> Tables:
    journal.commit(TICK, Volatile(), Changes(diff(old, new), appends), None)
    return new


def _counted(journal: SqliteJournal, count: int) -> None:
    old = Tables()
    for boot in range(1, count + 1):
        old = commit_rows(journal, old, Tables(meta=Meta(boot=boot)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    opened = SqliteJournal(path)
    yield opened
    opened.close()


def test_the_file_is_its_owners_alone(journal: SqliteJournal, path: Path) -> None:
    _counted(journal, 1)
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}
    assert not path.with_name("journal.db-shm").exists()


def test_another_process_is_kept_out(journal: SqliteJournal, path: Path) -> None:
    code = "import sys; from pathlib import Path; from towerd.journal.sqlite import SqliteJournal; SqliteJournal(Path(sys.argv[1]))"
    other = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60)  # noqa: PLW1510
    assert other.returncode == 1
    assert f"JournalError: the journal {path} is held by another process" in other.stderr
    _counted(journal, 1)


def test_the_file_shrinks_once_what_was_kept_has_gone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "REBASE_EVERY", 3)
    journal = SqliteJournal(path)
    journal.commit(TICK, Volatile(), Changes((), (StoreSealed("ord-1", "ab"),)), bytes(2_000_000))
    journal.commit(TICK, Volatile(), Changes((), (DropSealed("ord-1"),)), None)
    journal.commit(TICK, Volatile(), Changes((), ()), None)
    journal.close()
    assert path.stat().st_size < 500_000


def test_a_newer_file_is_refused(path: Path) -> None:
    SqliteJournal(path).close()
    with apsw.Connection(str(path)) as raw:
        raw.pragma("user_version", 99)
    raw.close()
    with pytest.raises(JournalError, match=rf"newer towerd \(schema 99, this one knows {VERSION}\): install"):
        SqliteJournal(path)


@pytest.mark.parametrize(("waiting", "done_seq"), [((), 5), ((4, 5), 3)], ids=["all sent", "two wait"])
def test_an_older_file_is_brought_up_to_date_and_forgets_nothing(
    path: Path, waiting: tuple[int, ...], done_seq: int
) -> None:
    journal = SqliteJournal(path)
    rows = tables()
    kept = [("vehicles", "car-1", rows.vehicles["car-1"]), ("meta", "meta", rows.meta)]
    messages = tuple(AppendOutbox(seq, "event", AT, {"n": seq}) for seq in waiting)
    journal.commit(TICK, Volatile(), Changes(tuple(kept), messages), None)
    journal.close()
    with apsw.Connection(str(path)) as raw:
        for name in ("moves", "intakes", "wear", "pages", "marks"):
            raw.execute(f"DROP TABLE {name}")
        raw.execute("INSERT INTO alarms (key, doc) VALUES ('PLC-001', '{\"as\": \"another version wrote it\"}')")
        raw.pragma("user_version", 1)
    raw.pragma("journal_mode", "delete")
    raw.pragma("auto_vacuum", 0)
    raw.execute("VACUUM")
    raw.close()
    with pytest.raises(JournalError, match="older towerd: start towerd once"):
        SqliteJournal(path)
    for names in (Renamed, None):
        journal = SqliteJournal(path, names=names)
        [car] = journal.load().vehicles.values()
        assert car == replace(rows.vehicles["car-1"], record=replace(car.record, owner="p-dealer"))
        assert journal.load().meta == replace(rows.meta, outbox_done_seq=done_seq)
        base, history = journal.history()
        assert (base, history) == (journal.load(), [])
        assert journal.last_at() == TICK.at
        journal.close()
    journal = SqliteJournal(path)
    _counted(journal, 1)
    journal.close()


def test_a_database_of_another_program_is_refused(path: Path) -> None:
    with apsw.Connection(str(path)) as raw:
        raw.execute("CREATE TABLE notes (text)")
    raw.close()
    with pytest.raises(JournalError, match="belongs to another program"):
        SqliteJournal(path)


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_text("dear diary, " * 1000)
    with pytest.raises(JournalError, match="is no journal"):
        SqliteJournal(path)


def test_a_damaged_file_is_refused(path: Path) -> None:
    journal = SqliteJournal(path)
    many = tuple(AppendOutbox(seq, "t", AT, {"text": "x" * 500}) for seq in range(200))
    journal.commit(TICK, Volatile(), Changes((), many), None)
    journal.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size - 40_960)
        file.write(b"\xff" * 20_480)
    with pytest.raises(JournalError, match=r"is damaged .* restore the last backup"):
        SqliteJournal(path)


def test_a_row_that_does_not_fit_is_told_by_table_and_field(path: Path) -> None:
    SqliteJournal(path).close()
    with apsw.Connection(str(path)) as raw:
        raw.execute("INSERT INTO faces (key, doc) VALUES ('ord-1', '{\"order\": \"ord-1\"}')")
    raw.close()
    journal = SqliteJournal(path)
    with pytest.raises(JournalError, match="'faces' cannot be read: sha256: Field required"):
        journal.load()
    journal.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE meta SET doc = CAST(x'7b22ff227d' AS TEXT)",
        "UPDATE meta SET key = CAST(x'ff00' AS TEXT)",
        "UPDATE events SET at = CAST(x'ff00' AS TEXT)",
        "UPDATE events SET at = 'yesterday'",
        "UPDATE events SET at = '2026-11-25T09:00:00'",
        "UPDATE events SET event = x'7aff'",
        "UPDATE outbox SET body = '{'",
        "UPDATE outbox SET at = ''",
        "UPDATE audit SET body = CAST(x'ff' AS TEXT)",
        "PRAGMA user_version = 0",
    ],
)
def test_damage_within_a_whole_file_is_told(path: Path, damage: str) -> None:
    journal = SqliteJournal(path)
    appends = (AppendOutbox(1, "event", AT, {}), AppendAudit(1, AT, {}, "", "h"))
    journal.commit(TICK, Volatile(), Changes((("meta", "meta", Meta(boot=1)),), appends), None)
    journal.close()
    with apsw.Connection(str(path)) as raw:
        raw.execute(damage)
    raw.close()
    with pytest.raises(JournalError, match=r"damaged|cannot be read"):
        read_all(SqliteJournal(path))


def read_all(journal: SqliteJournal) -> None:
    try:
        journal.load()
        journal.last_at()
        journal.history()
        journal.outbox(0, 10)
        journal.audit(0, 10)
    finally:
        journal.close()


def test_what_is_left_of_a_journal_is_no_new_journal(path: Path) -> None:
    path.touch()
    with pytest.raises(JournalError, match=r"is empty.* restore the last backup.* delete the file"):
        SqliteJournal(path)
    assert path.stat().st_size == 0
    path.unlink()
    wal = path.with_name("journal.db-wal")
    wal.write_bytes(b"x" * 4096)
    with pytest.raises(JournalError, match=r"is gone, and its journal.db-wal is still there"):
        SqliteJournal(path)
    assert not path.exists()
    wal.unlink()
    # what a power cut at the very first start has left has no name yet
    path.with_name("journal.db.new").write_bytes(b"half")
    SqliteJournal(path).close()
    assert [file.name for file in path.parent.iterdir()] == ["journal.db"]


def test_the_time_of_the_newest_event_is_known(journal: SqliteJournal) -> None:
    assert journal.last_at() is None
    _counted(journal, 2)
    assert journal.last_at() == AT


def test_a_closed_journal_says_so(path: Path) -> None:
    journal = SqliteJournal(path)
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match=r"failed \(ConnectionClosedError"):
        journal.load()


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="No such file or directory"):
        SqliteJournal(tmp_path / "nowhere" / "journal.db")


class _FullDisk(apsw.VFS):
    """A file system on which writes succeed until `full` is set."""

    def __init__(self) -> None:
        self.full = False
        super().__init__("full-disk", "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> _File:
        return _File(name, flags, self)


class _File(apsw.VFSFile):
    def __init__(self, name: str | apsw.URIFilename | None, flags: list[int], disk: _FullDisk) -> None:
        self._disk = disk
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        if self._disk.full:
            raise apsw.FullError("no space left on device")
        super().xWrite(data, offset)


def test_a_full_disk_is_an_error_and_loses_nothing(path: Path) -> None:
    disk = _FullDisk()
    journal = SqliteJournal(path, vfs="full-disk")
    first = commit_rows(journal, Tables(), Tables(meta=Meta(boot=1)))
    disk.full = True
    with pytest.raises(JournalError, match=r"the disk is full .*: free some space"):
        commit_rows(journal, first, Tables(meta=Meta(boot=2)))
    disk.full = False
    assert journal.load() == first
    assert commit_rows(journal, first, Tables(meta=Meta(boot=3))) == journal.load()
    journal.close()


def crashed(path: Path, into: Path, wal_bytes: int | None = None) -> SqliteJournal:
    """What a power cut leaves of an open journal: the file and the part of the WAL that reached the disk."""
    into.mkdir()
    copy = into / path.name
    shutil.copyfile(path, copy)
    wal = path.with_name(path.name + "-wal").read_bytes()
    copy.with_name(copy.name + "-wal").write_bytes(wal[:wal_bytes])
    return SqliteJournal(copy)


def test_after_a_power_cut_the_last_commit_is_there(journal: SqliteJournal, path: Path) -> None:
    wanted = commit_rows(journal, Tables(), tables())
    after = crashed(path, path.parent / "after")
    assert after.load() == wanted
    after.close()


def test_a_torn_write_leaves_whole_commits_only(journal: SqliteJournal, path: Path) -> None:
    _counted(journal, 8)
    size = path.with_name("journal.db-wal").stat().st_size
    boots = []
    for cut in range(0, size, size // 12):
        after = crashed(path, path.parent / f"cut-{cut}", cut)
        boots.append(after.load().meta.boot)
        assert after.history()[1] == [] if boots[-1] == 0 else len(after.history()[1]) == boots[-1]
        after.close()
    assert boots == sorted(boots)
    assert boots[0] == 0
    assert len(set(boots)) > 4


def _step(state: State, stamped: Stamped) -> tuple[State, list[object]]:
    """A core of one rule: a broker that comes counts an event more, unless it was there before."""
    grown = replace(state.tables.meta, event_seq=state.tables.meta.event_seq + 1)
    changed = isinstance(stamped.event, BusChanged) and not state.volatile.bus_connected
    return State(replace(state.tables, meta=grown) if changed else state.tables, state.volatile), []


def test_history_replayed_gives_the_tables(journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "REBASE_EVERY", 5)
    current = Tables()
    for count in range(17):
        before = Volatile(bus_connected=count % 3 == 0)
        stamped = Stamped(AT, float(count), BusChanged(True))
        state, _ = _step(State(current, before), stamped)
        journal.commit(stamped, before, Changes(diff(current, state.tables), ()), None)
        current = state.tables
    base, history = journal.history()
    assert base.meta.event_seq > 0
    assert 5 <= len(history) < 11
    assert replay(base, history, _step) == current == journal.load()  # type: ignore[arg-type]


def test_history_reaches_back_a_day_or_two(journal: SqliteJournal) -> None:
    current = Tables()
    for hour in range(100):
        stamped = Stamped(AT + timedelta(hours=hour), float(hour), BusChanged(True))
        state, _ = _step(State(current), stamped)
        journal.commit(stamped, Volatile(), Changes(diff(current, state.tables), ()), None)
        current = state.tables
    base, history = journal.history()
    assert AT + timedelta(hours=51) <= history[0].stamped.at <= AT + timedelta(hours=75)
    assert replay(base, history, _step) == current  # type: ignore[arg-type]


def test_rebasing_twice_at_one_event_is_harmless(journal: SqliteJournal) -> None:
    _counted(journal, 3)
    journal.rebase()
    journal.rebase()
    base, history = journal.history()
    assert replay(base, history, lambda state, _: (state, [])).meta.boot in (0, 3)
    assert journal.load().meta.boot == 3


def test_secrets_do_not_stay_in_the_file(journal: SqliteJournal, path: Path) -> None:
    from towerd.fsm.commands import DropSealed, StoreSealed

    secret = b"sealed-" * 300
    journal.commit(TICK, Volatile(), Changes((), (StoreSealed("ord-1", "aa"),)), secret)
    journal.commit(TICK, Volatile(), Changes((), (DropSealed("ord-1"),)), None)
    journal.close()
    assert b"sealed-" not in path.read_bytes()
