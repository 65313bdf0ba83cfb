"""What one step changed, as rows. Pure.

Tables and rows are replaced, never changed, so what is the same object is the same value: an untouched table costs one
comparison of addresses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import compress, filterfalse
from operator import is_not
from typing import Any

from towerd.fsm.state import Tables, Touched
from towerd.journal.schema import META, TABLE_NAMES

Row = tuple[str, str | int, Any | None]


def _changed(name: str, old: Mapping[Any, Any], new: Mapping[Any, Any]) -> Iterator[Row]:
    # most rows of a long table are the same objects: they are passed over where it costs least
    for key in filterfalse(new.__contains__, old):
        yield name, key, None
    for key in compress(new, map(is_not, new.values(), map(old.get, new))):
        if old.get(key) != new[key]:
            yield name, key, new[key]


def _changed_among(
    name: str, old: Mapping[Any, Any], new: Mapping[Any, Any], keys: Collection[str | int]
) -> Iterator[Row]:
    gone = [key for key in keys if key in old and key not in new]
    yield from ((name, key, None) for key in gone)
    yield from ((name, key, new[key]) for key in keys if key in new and old.get(key) != new[key])


def diff(old: Tables, new: Tables, touched: Touched | None = None) -> tuple[Row, ...]:
    """The rows that make `new` out of `old`: table, key and row, None for a deleted one; `meta` is one row. New rows come in
    their order. `touched`: the only ones that may differ, where that is known.
    """
    if old is new:
        return ()
    rows: list[Row] = []
    if old.meta is not new.meta and old.meta != new.meta:
        rows.append((META, META, new.meta))
    for name in TABLE_NAMES:
        before, after = getattr(old, name), getattr(new, name)
        if before is not after:
            keys = None if touched is None else touched.get(name, ())
            found = _changed(name, before, after) if keys is None else _changed_among(name, before, after, keys)
            rows.extend(found)
    return tuple(rows)
