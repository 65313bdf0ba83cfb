"""Leaving nothing of a customer in the journal's file but the rows as they are (orders-if.md 3, `erase`).

A deleted row's bytes are overwritten (`secure_delete`), but copies of it may lie in gaps that rows left as the pages were
balanced. So every table that names people is written anew: its pages are freed, which overwrites them whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

Execute = Callable[[str, tuple[Any, ...]], list[tuple[Any, ...]]]

OF_PEOPLE: Final = (
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
REWRITTEN_AT_MOST: Final = 20_000
"""Waiting messages that are written anew; of more, each is changed where it lies, so that the tower does not stand still."""


def _rewrite(execute: Execute, table: str) -> None:
    rows = execute(f"SELECT * FROM {table}", ())  # noqa: S608 - own names
    execute(f"DELETE FROM {table}", ())  # noqa: S608
    for row in rows:
        execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608


def forget(execute: Execute, customers: Sequence[str]) -> None:
    """Within the transaction of the event that ends here: messages name these customers no more, the history is gone.

    Of the event itself its number and time stay: ids are never given twice, and the clock never reads earlier. The
    caller makes the base that the next event stands on.
    """
    for customer in customers:
        execute(
            "UPDATE outbox SET body = json_set(body, '$.customer', json('null'))"
            " WHERE json_extract(body, '$.customer') = ?",
            (customer,),
        )
    [[waiting]] = execute("SELECT count(*) FROM outbox", ())
    for table in (*OF_PEOPLE, *(("outbox",) if waiting <= REWRITTEN_AT_MOST else ())):
        _rewrite(execute, table)
    newest = execute("SELECT id, at, mono_s FROM events ORDER BY id DESC LIMIT 1", ())
    for table in ("base_rows", "bases", "events"):
        execute(f"DELETE FROM {table}", ())  # noqa: S608
    for number, at, mono_s in newest:
        execute("INSERT INTO events VALUES (?, ?, ?, '', x'', x'')", (number, at, mono_s))
