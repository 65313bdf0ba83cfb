"""What one step changed, as rows. Pure.

Tables and rows are replaced, never changed, so what is the same object is the same value: an untouched table costs one
comparison of addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, compress, filterfalse
from operator import is_not
from typing import Any

from towerd.fsm.state import Tables, Touched
from towerd.journal.schema import META, TABLE_NAMES

Row = tuple[str, str | int, Any | None]


def _suspects(old: Mapping[Any, Any], new: Mapping[Any, Any]) -> Iterator[Any]:
    """Keys of rows that are not the very same objects. Most of a long table are: they are passed over where it costs least."""
    return chain(filterfalse(new.__contains__, old), compress(new, map(is_not, new.values(), map(old.get, new))))


def _changed(name: str, old: Mapping[Any, Any], new: Mapping[Any, Any], keys: Iterable[Any]) -> Iterator[Row]:
    # no row is None: that is one which is not there
    return ((name, key, new.get(key)) for key in keys if old.get(key) != new.get(key))


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
            keys = _suspects(before, after) if touched is None else touched.get(name, ())
            rows.extend(_changed(name, before, after, keys))
    return tuple(rows)
