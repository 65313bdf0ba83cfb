"""The difference between two tables, and that it makes the one out of the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.values import tables
from towerd.fsm.kept_rows import FaceRow
from towerd.fsm.state import Meta, Tables
from towerd.journal.diff import diff

_FACES = st.dictionaries(st.sampled_from("abcdef"), st.builds(FaceRow, st.just("o"), st.sampled_from(["1", "2"])))
_TABLES = st.builds(Tables, meta=st.builds(Meta, boot=st.integers(0, 2)), faces=_FACES)


def _applied(old: Tables, rows: tuple[tuple[str, Any, Any], ...]) -> Tables:
    changed: dict[str, Any] = {}
    for name, key, row in rows:
        if name == "meta":
            changed["meta"] = row
            continue
        table = changed.setdefault(name, dict(getattr(old, name)))
        if row is None:
            del table[key]
        else:
            table[key] = row
    return replace(old, **changed)


def test_nothing_changed_gives_no_rows() -> None:
    old = tables()
    assert diff(old, old) == ()
    assert diff(old, tables()) == ()


def test_each_kind_of_change_gives_a_row() -> None:
    old = tables()
    fault = replace(old.faults[1001], count=2)
    new = replace(old, meta=Meta(boot=9), faults={1001: fault}, faces={}, alarms={**old.alarms})
    assert diff(old, new) == (("meta", "meta", Meta(boot=9)), ("faults", 1001, fault), ("faces", "ord-1", None))


@given(_TABLES, _TABLES)
def test_the_rows_make_the_new_out_of_the_old(old: Tables, new: Tables) -> None:
    assert _applied(old, diff(old, new)) == new
