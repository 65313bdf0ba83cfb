"""The journal in one SQLite file. The only importer of apsw.

One connection, `locking_mode=EXCLUSIVE` (a full disk then is an error, never a SIGBUS in shared memory), WAL and
`synchronous=FULL`: when `commit` returns, the event and all it did are on the disk. While the file is open nothing else
in this process may open it: closing a second descriptor would drop the lock of the first.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import apsw

from towerd.errors import BugError, JournalError
from towerd.fsm.commands import (
    AppendAudit,
    AppendOutbox,
    CutHistory,
    DropSealed,
    JournalCommand,
    StoreSealed,
    TrimAudit,
    TrimOutbox,
)
from towerd.fsm.events import Stamped
from towerd.fsm.state import Tables, Volatile
from towerd.journal import records
from towerd.journal.forgetting import cut_history
from towerd.journal.renaming import OldNames, bring_up_to_date
from towerd.journal.schema import APPLICATION_ID, META, SCHEMA, TABLE_NAMES, VERSION
from towerd.ports import Changes

REBASE_EVERY: Final = 2_500
"""Events between two bases. History reaches back one to two of these, or of days, whichever is less."""
REBASE_AFTER: Final = timedelta(days=1)
WAL_LIMIT_BYTES: Final = 4 * 1024 * 1024
"""A longer WAL is cut back once it is in the file."""
FREED_AT_ONCE: Final = 2_000
FREED_WITH_A_FACE: Final = 64
"""Pages that the file gives back with each base, and with each face that goes: it shrinks after busy days, and no commit takes
long for it."""
_INCREMENTAL: Final = 2

RESTORE: Final = "stop towerd, keep the file for analysis and restore the last backup"
"""What to do about a damaged journal."""
_CURES: Final[tuple[tuple[type[apsw.Error], str, str], ...]] = (
    (apsw.BusyError, "is held by another process", "end the other towerd, or ask it through its API"),
    (apsw.NotADBError, "is no journal", "name another state_dir, or move the file away"),
    (apsw.CorruptError, "is damaged", RESTORE),
    (
        apsw.FullError,
        "cannot grow: the disk is full",
        "free some space and start again; nothing that was committed is lost",
    ),
    (apsw.ReadOnlyError, "cannot be written", "give the file and its folder to the user that towerd runs as"),
    (apsw.CantOpenError, "cannot be opened", "make its folder, and give it to the user that towerd runs as"),
    (apsw.PermissionsError, "cannot be opened", "give the file and its folder to the user that towerd runs as"),
    (apsw.IOError, "cannot be read or written", "look at the disk (dmesg, smartctl)"),
)


def _error(path: Path, error: apsw.Error) -> JournalError:
    for kind, what, cure in _CURES:
        if isinstance(error, kind):
            return JournalError(f"the journal {path} {what} ({error}): {cure}")
    return JournalError(f"the journal {path} failed ({type(error).__name__}: {error}): {RESTORE}")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        raise _error(path, error) from error
    except OSError as error:
        cure = "make its folder, and give it to the user that towerd runs as"
        raise JournalError(f"the journal {path} cannot be opened ({error.strerror}): {cure}") from error


@contextmanager
def _read(path: Path) -> Iterator[None]:
    """As `_told`, and what was read must make sense: text that is none, times that are none, JSON that is none."""
    try:
        with _told(path):
            yield
    except (ValueError, TypeError, KeyError) as error:
        raise JournalError(f"the journal {path} is damaged ({type(error).__name__}: {error}): {RESTORE}") from error


def _make(path: Path, vfs: str | None) -> None:
    """Make an empty journal, whole or not at all: it gets its name once all of it is on the disk."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    db = apsw.Connection(str(fresh), vfs=vfs)
    try:
        db.pragma("auto_vacuum", _INCREMENTAL)
        db.pragma("synchronous", "full")
        with db:
            for statement in SCHEMA:
                db.execute(statement)
    finally:
        db.close()
    fresh.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _check_whole(path: Path) -> None:
    """Raise JournalError where what is left of a journal would be taken for the journal of a new tower.

    Orders and cars would be forgotten, and `boot` and `event_seq` begin again: whoever hears us would drop all of it.
    """
    wal = path.with_name(f"{path.name}-wal")
    if not path.exists():
        if wal.exists() and wal.stat().st_size:
            raise JournalError(f"the journal {path} is gone, and its {wal.name} is still there: {RESTORE}")
    elif path.stat().st_size == 0:
        raise JournalError(
            f"the journal {path} is empty, as towerd never leaves it: restore the last backup; only where this tower"
            " has never run, delete the file"
        )


def _dumps(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


class SqliteJournal:
    """`ports.Journal` in a file. Every method is synchronous; raises JournalError with what, which file and what to do."""

    def __init__(self, path: Path, vfs: str | None = None, names: Callable[[], OldNames] | None = None) -> None:
        """Open the file at `path`, or make it (0600). Raises JournalError where it is damaged, newer, foreign or locked.

        `vfs` names another file system of SQLite than its own; tests use it to fill the disk. `names` gives aliases for the
        customers of a file of an older version; without it such a file is refused.
        """
        self.path = path
        self._names = names
        with _told(path):
            _check_whole(path)
            if not path.exists():
                _make(path, vfs)
            self._db = apsw.Connection(str(path), vfs=vfs)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        self._db.pragma("locking_mode", "exclusive")
        self._check_header()
        self._db.pragma("journal_mode", "wal")
        self._db.pragma("synchronous", "full")
        self._db.pragma("secure_delete", True)
        self._db.pragma("journal_size_limit", WAL_LIMIT_BYTES)
        self._db.pragma("foreign_keys", True)
        found = _one(self._db, "PRAGMA quick_check(1)")
        if found != "ok":
            raise JournalError(f"the journal {self.path} is damaged ({' '.join(found.split())}): {RESTORE}")
        if self._db.pragma("user_version") < VERSION:
            if self._names is None:
                raise JournalError(f"the journal {self.path} was written by an older towerd: start towerd once")
            # a power cut leaves the file as it was, or as it is to be
            with self._db:
                bring_up_to_date(self._rows, self._names())
                _write_base(self._db)
        if self._db.pragma("auto_vacuum") != _INCREMENTAL:
            # free pages can be given back only by a file that was written for it
            self._db.pragma("auto_vacuum", _INCREMENTAL)
            self._db.execute("VACUUM")
        # what a power cut left of pages that were overwritten since
        _truncate_wal(self._db)
        self._since_base = _one(self._db, "SELECT count(*) FROM events WHERE id > (SELECT max(event_id) FROM bases)")
        self._based_at = _based_at(self._db)

    def _check_header(self) -> None:
        application, version = self._db.pragma("application_id"), self._db.pragma("user_version")
        if application != APPLICATION_ID:
            raise JournalError(f"{self.path} belongs to another program: name another state_dir, or move the file away")
        if version < 1:
            raise JournalError(f"the journal {self.path} is damaged (schema {version}): {RESTORE}")
        if version > VERSION:
            raise JournalError(
                f"the journal {self.path} was written by a newer towerd (schema {version}, this one knows {VERSION}):"
                " install that version again"
            )

    def _rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._db.execute(sql, values).fetchall()

    def load(self) -> Tables:
        """The tables as last committed, rows in the order in which they came. Raises JournalError."""
        with _read(self.path):
            rows = [
                (name, key, doc)
                for name in (META, *TABLE_NAMES)
                for key, doc in self._rows(f"SELECT key, doc FROM {name} ORDER BY id")  # noqa: S608 - own names
            ]
            return _tables(rows)

    def commit(self, stamped: Stamped, before: Volatile, changes: Changes, attachment: bytes | None) -> None:
        """One transaction: event, volatile state, rows and appends. On return it is on the disk; on JournalError
        nothing of it is. Raises BugError where a ciphertext is to be kept and none came.
        """
        kind, event = records.encode_event(stamped.event)
        encoded = [
            (name, key, None if row is None else records.encode_row(name, row)) for name, key, row in changes.rows
        ]
        cut = any(isinstance(command, CutHistory) for command in changes.appends)
        with _told(self.path), self._db:
            self._db.execute(
                "INSERT INTO events (at, mono_s, kind, event, before) VALUES (?, ?, ?, ?, ?)",
                (stamped.at.isoformat(), stamped.mono_s, kind, event, records.encode_volatile(before, event)),
            )
            for name, key, doc in encoded:
                self._write_row(name, key, doc)
            for command in changes.appends:
                self._append(command, attachment)
            if cut:
                cut_history(self._rows)
                _write_base(self._db)
        self._since_base += 1
        self._based_at = self._based_at or stamped.at
        if self._since_base >= REBASE_EVERY or stamped.at - self._based_at >= REBASE_AFTER:
            self.rebase()
        if cut:
            with _told(self.path):
                _truncate_wal(self._db)

    def _write_row(self, name: str, key: str | int, doc: str | None) -> None:
        if doc is None:
            self._db.execute(f"DELETE FROM {name} WHERE key = ?", (key,))  # noqa: S608 - own names
            return
        self._db.execute(
            # an update in place keeps the row's id, and with it the order of the rows
            f"INSERT INTO {name} (key, doc) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET doc = excluded.doc",  # noqa: S608
            (key, doc),
        )

    def _append(self, command: JournalCommand, attachment: bytes | None) -> None:
        match command:
            case AppendOutbox(event_seq, topic, at, body):
                self._db.execute(
                    "INSERT INTO outbox VALUES (?, ?, ?, ?)", (event_seq, topic, at.isoformat(), _dumps(body))
                )
            case AppendAudit(audit_seq, at, body, previous_hash, digest):
                row = (audit_seq, at.isoformat(), _dumps(body), previous_hash, digest)
                self._db.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?)", row)
            case TrimOutbox(up_to_seq):
                self._db.execute("DELETE FROM outbox WHERE event_seq <= ?", (up_to_seq,))
            case TrimAudit(up_to_seq):
                self._db.execute("DELETE FROM audit WHERE audit_seq <= ?", (up_to_seq,))
            case StoreSealed(key, sha256):
                if attachment is None:
                    raise BugError(f"something is to be kept for {key}, and no ciphertext came with the event")
                self._db.execute("INSERT OR REPLACE INTO ciphertexts VALUES (?, ?, ?)", (key, sha256, attachment))
            case DropSealed(key):
                self._db.execute("DELETE FROM ciphertexts WHERE order_id = ?", (key,))
                _free(self._db, FREED_WITH_A_FACE)

    def rebase(self) -> None:
        """Start history anew from here; what lies before the base before this one is deleted. Raises JournalError."""
        with _told(self.path), self._db:
            _write_base(self._db)
            self._db.execute(
                "DELETE FROM bases WHERE event_id NOT IN (SELECT event_id FROM bases ORDER BY 1 DESC LIMIT 2)"
            )
            # the newest event stays, so that ids are never given twice
            self._db.execute(
                "DELETE FROM events WHERE id <= (SELECT min(event_id) FROM bases) AND id < (SELECT max(id) FROM events)"
            )
            self._based_at = _based_at(self._db)
            _free(self._db, FREED_AT_ONCE)
        self._since_base = 0

    def history(self) -> tuple[Tables, list[records.Recorded]]:
        """The oldest base and every event since, for `replay`. Raises JournalError."""
        with _read(self.path):
            base = _one(self._db, "SELECT min(event_id) FROM bases")
            sql = "SELECT name, key, doc FROM base_rows WHERE event_id = ? ORDER BY id"
            tables = _tables(self._rows(sql, base))
            sql = "SELECT at, mono_s, kind, event, before FROM events WHERE id > ? ORDER BY id"
            return tables, [
                records.Recorded(
                    Stamped(datetime.fromisoformat(at), mono_s, records.decode_event(kind, event)),
                    records.decode_volatile(before, event),
                )
                for at, mono_s, kind, event, before in self._rows(sql, base)
            ]

    def told(self, kind: str) -> list[Stamped]:
        """The events of one kind that the history still holds, in order. Raises JournalError."""
        sql = "SELECT at, mono_s, event FROM events WHERE kind = ? ORDER BY id"
        with _read(self.path):
            return [
                Stamped(_aware(at), mono_s, records.decode_event(kind, event))
                for at, mono_s, event in self._rows(sql, kind)
            ]

    def last_at(self) -> datetime | None:
        """When the newest event was taken, aware UTC; None in a new journal. Raises JournalError."""
        with _read(self.path):
            at: str | None = _one(self._db, "SELECT at FROM events ORDER BY id DESC LIMIT 1")
            return None if at is None else _aware(at)

    def outbox(self, after_seq: int, limit: int) -> Sequence[AppendOutbox]:
        """At most `limit` messages with a greater `event_seq` than `after_seq`, in order. Raises JournalError."""
        sql = "SELECT event_seq, topic, at, body FROM outbox WHERE event_seq > ? ORDER BY event_seq LIMIT ?"
        with _read(self.path):
            rows = self._rows(sql, after_seq, limit)
            return [
                AppendOutbox(seq, topic, datetime.fromisoformat(at), json.loads(body)) for seq, topic, at, body in rows
            ]

    def face(self, order: str) -> bytes | None:
        """The ciphertext kept for an order, or under another key, None where there is none. Raises JournalError."""
        with _told(self.path):
            sealed: bytes | None = self._db.execute("SELECT sealed FROM ciphertexts WHERE order_id = ?", (order,)).get
        return sealed

    def audit(self, after_seq: int, limit: int) -> Sequence[dict[str, Any]]:
        """At most `limit` audit rows after `after_seq`: audit_seq, at (as written), body, previous_hash, hash."""
        sql = (
            "SELECT audit_seq, at, body, previous_hash, hash FROM audit WHERE audit_seq > ? ORDER BY audit_seq LIMIT ?"
        )
        with _read(self.path):
            return [
                {"audit_seq": seq, "at": at, "body": json.loads(body), "previous_hash": previous, "hash": digest}
                for seq, at, body, previous, digest in self._rows(sql, after_seq, limit)
            ]

    def close(self) -> None:
        """Checkpoint and close; a second call does nothing. Raises JournalError."""
        with _told(self.path):
            self._db.close()


def _one(db: apsw.Connection, sql: str) -> Any:
    return db.execute(sql).get


def _write_base(db: apsw.Connection) -> None:
    """The tables as they are now, for the history to begin at; within a transaction."""
    db.execute("INSERT OR IGNORE INTO bases SELECT coalesce(max(id), 0) FROM events")
    newest = _one(db, "SELECT max(event_id) FROM bases")
    db.execute("DELETE FROM base_rows WHERE event_id = ?", (newest,))
    for name in (META, *TABLE_NAMES):
        copy = f"INSERT INTO base_rows SELECT ?, ?, id, key, doc FROM {name}"  # noqa: S608 - own names
        db.execute(copy, (newest, name))


def _based_at(db: apsw.Connection) -> datetime | None:
    """When the newest base was made; None in a new journal."""
    at: str | None = db.execute("SELECT at FROM events WHERE id = (SELECT max(event_id) FROM bases)").get
    return None if at is None else _aware(at)


def _free(db: apsw.Connection, pages: int) -> None:
    """Make the file shorter by so many of the pages that hold nothing."""
    db.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()


def _truncate_wal(db: apsw.Connection) -> None:
    """Bring all of it into the file, and leave none of the old pages beside it."""
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def load_whole(journal: SqliteJournal) -> Tables:
    """The tables. Raises JournalError where they are not those that the journal's events have led to."""
    tables = journal.load()
    if tables.meta.boot == 0 and journal.last_at() is not None:
        # boot and event_seq would begin again, and whoever hears us would drop all of it
        raise JournalError(f"the journal {journal.path} is damaged (the row 'meta' is missing): {RESTORE}")
    return tables


def _aware(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} carries no zone")
    return at


def _tables(rows: Sequence[tuple[Any, ...]]) -> Tables:
    tables: dict[str, dict[Any, Any]] = {name: {} for name in (META, *TABLE_NAMES)}
    for name, key, doc in rows:
        tables[name][key] = records.decode_row(name, doc)
    meta = tables.pop(META)
    return Tables(**({META: meta[META]} if meta else {}), **tables)  # type: ignore[arg-type]
