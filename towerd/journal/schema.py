"""The journal's schema: which tables there are, and what each holds.

The tables of `Tables` are alike: `id` keeps the order in which rows came, `key` is the primary key of the field's dict,
`doc` the row as JSON. Events are history; the newest two bases are copies of the tables from which their replay starts.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import Final

from towerd.fsm.state import Tables

APPLICATION_ID: Final = 0x54575244
"""`TWRD` in the file's header: this file is a journal of towerd and of nothing else."""

VERSION: Final = 7
"""Grows with every change of the schema. A file with a higher one is refused, one with a lower one is brought up to date."""

META: Final = "meta"
"""Table and only key of the single values."""

TABLE_NAMES: Final[tuple[str, ...]] = tuple(field.name for field in fields(Tables) if field.name != META)
"""Every keyed table, in the order of `Tables`."""

INTEGER_KEYS: Final = frozenset({"intakes", "jobs", "moves", "faults", "owing", "marks"})
"""Tables whose key is a number; all others have text."""


OUTBOX: Final = "CREATE TABLE outbox (event_seq INTEGER PRIMARY KEY, topic TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL) STRICT"
"""Messages that wait for the broker."""


def _keyed_table(name: str) -> str:
    kind = "INTEGER" if name in INTEGER_KEYS else "TEXT"
    return f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, key {kind} NOT NULL UNIQUE, doc TEXT NOT NULL) STRICT"


def upgrade(tables: Collection[str]) -> tuple[str, ...]:
    """What brings a file of an older version up to date, in order, in one transaction; `tables` are those that it has.

    Tables that came later are added. Alarms are shown anew by the PLC. Which messages the broker has is told by those that
    are left. What names people is brought over by `renaming.rename`, and history, which the older program wrote, ends here.
    """
    missing = (_keyed_table(name) for name in TABLE_NAMES if name not in tables)
    return (
        *missing,
        "DELETE FROM alarms",
        "UPDATE meta SET doc = json_set(doc, '$.outbox_done_seq',"
        " coalesce((SELECT min(event_seq) - 1 FROM outbox), json_extract(doc, '$.event_seq')))",
        f"PRAGMA user_version = {VERSION}",
    )


SCHEMA: Final[tuple[str, ...]] = (
    *(_keyed_table(name) for name in (META, *TABLE_NAMES)),
    "CREATE TABLE events (id INTEGER PRIMARY KEY, at TEXT NOT NULL, mono_s REAL NOT NULL, kind TEXT NOT NULL,"
    " event BLOB NOT NULL, before BLOB NOT NULL) STRICT",
    "CREATE TABLE bases (event_id INTEGER PRIMARY KEY) STRICT",
    "CREATE TABLE base_rows (event_id INTEGER NOT NULL REFERENCES bases ON DELETE CASCADE, name TEXT NOT NULL,"
    " id INTEGER NOT NULL, key ANY NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (event_id, name, id)) STRICT, WITHOUT ROWID",
    OUTBOX,
    "CREATE TABLE audit (audit_seq INTEGER PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL,"
    " previous_hash TEXT NOT NULL, hash TEXT NOT NULL) STRICT",
    # apart from `faces`, so that reading a row never touches what is secret
    "CREATE TABLE ciphertexts (order_id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, sealed BLOB NOT NULL) STRICT",
    "INSERT INTO bases VALUES (0)",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)
"""What makes an empty file a journal, in order, in one transaction."""
