"""The shop's books in SQLite: one transaction at a time decides, from whichever thread or process it comes.

Each transaction has a connection of its own, so that no lock of ours is needed: SQLite's is the only one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import MISSING, astuple, fields
from pathlib import Path
from typing import Any, TypeVar, cast

from simulator.shop.model import ShopError
from simulator.shop.rows import ROWS, Row

VERSION = 2
WAIT_S = 20.0
"""How long a transaction waits for another one."""

R = TypeVar("R", bound=Row)


def _columns(kind: type[Row]) -> str:
    return ", ".join(field.name for field in fields(kind))


def _made(kind: type[R], values: tuple[Any, ...]) -> R:
    """A row out of columns: SQLite has no truths of its own."""
    truths = [str(field.type).startswith("bool") for field in fields(kind)]
    made: R = cast("Any", kind)(*(_as_kept(value, truth) for value, truth in zip(values, truths, strict=True)))
    return made


def _as_kept(value: Any, truth: bool) -> Any:
    return bool(value) if truth and value is not None else value


def _add_columns(connection: sqlite3.Connection, kind: type[Row]) -> None:
    """What an older version did not keep of a row is in it what a new row begins with."""
    there = {row[1] for row in connection.execute(f"PRAGMA table_info({kind.TABLE})")}
    for field in fields(kind):
        if field.name not in there:
            begins = "NULL" if field.default in (None, MISSING) else repr(field.default)
            connection.execute(f"ALTER TABLE {kind.TABLE} ADD COLUMN {field.name} DEFAULT {begins}")


class Books:
    """The tables within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, row: Row) -> None:
        """Add a row, or replace the one of the same key."""
        names = [field.name for field in fields(row)]
        marks = ", ".join("?" for _ in names)
        changes = ", ".join(f"{name} = excluded.{name}" for name in names)
        # table and columns are those of our own row types
        self._connection.execute(
            f"INSERT INTO {row.TABLE} ({', '.join(names)}) VALUES ({marks}) ON CONFLICT ({', '.join(row.KEY)}) DO UPDATE SET {changes}",  # noqa: S608
            astuple(row),
        )

    def find(self, kind: type[R], *key: object) -> R | None:
        """The row of a key."""
        where = " AND ".join(f"{name} = ?" for name in kind.KEY)
        return next(iter(self.rows(kind, where, *key)), None)

    def rows(self, kind: type[R], where: str = "1", *values: object) -> list[R]:
        """The rows for which `where` holds, in the order in which they came."""
        text = f"SELECT {_columns(kind)} FROM {kind.TABLE} WHERE {where} ORDER BY rowid"  # noqa: S608 - as above
        return [_made(kind, found) for found in self._connection.execute(text, values)]

    def remove(self, kind: type[Row], where: str, *values: object) -> None:
        """Remove the rows for which `where` holds."""
        self._connection.execute(f"DELETE FROM {kind.TABLE} WHERE {where}", values)  # noqa: S608 - as above


class Ledger:
    """The file."""

    def __init__(self, path: Path) -> None:
        """Opened, and made where it is missing. Raises ShopError where it is of another version, OSError."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = path
        with self._connected() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise ShopError(f"{path} was written by another version of the shop: name another folder")
            for kind in ROWS:
                key = ", ".join(kind.KEY)
                connection.execute(f"CREATE TABLE IF NOT EXISTS {kind.TABLE} ({_columns(kind)}, PRIMARY KEY ({key}))")
                _add_columns(connection, kind)
            connection.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=WAIT_S, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            # what was erased is gone from the file as well
            connection.execute("PRAGMA secure_delete = ON")
            yield connection

    @contextmanager
    def change(self) -> Iterator[Books]:
        """A transaction that may write: nobody else's comes between its reading and its writing."""
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Books(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def look(self) -> Iterator[Books]:
        """One picture of all tables, to read."""
        with self._connected() as connection:
            connection.execute("BEGIN")
            yield Books(connection)
            connection.execute("ROLLBACK")
