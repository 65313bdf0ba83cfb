"""Leaving nothing of a customer in the journal's file but the rows as they are (orders-if.md 3, `erase`).

A deleted row's bytes are overwritten (`secure_delete`), but copies of it may lie in gaps that rows left as the pages were
balanced. So every table that names people is written anew: its pages are freed, which overwrites them whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

Execute = Callable[..., list[tuple[Any, ...]]]
"""Runs a statement with its values and gives the rows."""

OF_PEOPLE: Final = (
    "vehicles",
    "orders",
    "loans",
    "intakes",
    "jobs",
    "answers",
    "faces",
    "photos",
    "customers",
    "erasures",
    "drives",
)
"""Tables that say something of people."""


def _rewrite(execute: Execute, table: str) -> None:
    rows = execute(f"SELECT * FROM {table}")  # noqa: S608 - own names
    execute(f"DELETE FROM {table}")  # noqa: S608
    for row in rows:
        execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", *row)  # noqa: S608


def cut_history(execute: Execute) -> None:
    """Within the transaction of the event that ends here: of what was dropped nothing is in the file, and the history is gone.

    Of the event itself its number and time stay: ids are never given twice, and the clock never reads earlier. The
    caller makes the base that the next event stands on.
    """
    for table in OF_PEOPLE:
        _rewrite(execute, table)
    newest = execute("SELECT id, at, mono_s FROM events ORDER BY id DESC LIMIT 1")
    for table in ("base_rows", "bases", "events"):
        execute(f"DELETE FROM {table}")  # noqa: S608
    for number, at, mono_s in newest:
        execute("INSERT INTO events VALUES (?, ?, ?, '', x'', x'')", number, at, mono_s)
