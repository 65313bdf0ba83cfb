"""What one step changed, as rows. Pure.

Tables and rows are replaced, never changed, so what is the same object is the same value: an untouched table costs one
comparison of addresses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from towerd.fsm.state import Tables
from towerd.journal.schema import META, TABLE_NAMES

Row = tuple[str, str | int, Any | None]


def _changed(name: str, old: Mapping[Any, Any], new: Mapping[Any, Any]) -> Iterator[Row]:
    # most rows of a long table are the same objects: they are passed over where it costs least
    for key in old.keys() - new.keys():
        yield name, key, None
    for key in [key for key, row in new.items() if old.get(key) is not row]:
        if old.get(key) != new[key]:
            yield name, key, new[key]


def diff(old: Tables, new: Tables) -> tuple[Row, ...]:
    """The rows that make `new` out of `old`: table, key and row, None for a deleted one; `meta` is one row."""
    if old is new:
        return ()
    rows: list[Row] = []
    if old.meta is not new.meta and old.meta != new.meta:
        rows.append((META, META, new.meta))
    for name in TABLE_NAMES:
        before, after = getattr(old, name), getattr(new, name)
        if before is not after:
            rows.extend(_changed(name, before, after))
    return tuple(rows)
